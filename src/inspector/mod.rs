//! `run --inspect`: a page with the instances that are there, and metrics, for a browser or a scraper on this machine.
//!
//! ```text
//! address.rs   where to listen; nowhere but on the loopback without a word that says so
//! token.rs     the secret that each request has to name
//! server.rs    the thread, the connections and their bounds
//! guard.rs     who is let in: the Host header, the token, where a form comes from
//! routes.rs    what there is to ask for
//! report.rs    a snapshot as JSON, for the page
//! page.rs      the page and the headers that keep it harmless
//! shared.rs    what all requests share
//! page.html    the page: one file, nothing from elsewhere
//! ```
//!
//! It has a thread and an event loop of its own, so it answers while the app computes and while guests run on, and holds up neither. What it tells
//! comes from [`Runtime::snapshot`](crate::registry::Runtime::snapshot), which waits for nobody.

mod address;
mod guard;
mod page;
mod report;
mod routes;
mod server;
mod shared;
mod token;

pub(crate) use address::Address;
pub(crate) use server::{Inspector, Options};
pub(crate) use token::{TOKEN_VARIABLE, Token};
