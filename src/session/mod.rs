//! One host's grants, ceilings and routing, for a binding to convert values on top of: what every JavaScript engine needs of `runtime:wasm`,
//! with no engine in it.
//!
//! A [`WasmHost`] is what is granted and the runtime that does the work; any number of environments may share it. A [`Session`] is one
//! environment: an event loop with its JavaScript, on a thread that alone calls it. It only sends messages and never waits for a guest: what
//! takes time is a future, or comes by a ticket.

mod abort;
mod cache_folder;
mod compile;
pub mod encoding;
mod environment;
mod given;
mod granted;
mod handed;
mod handles;
mod host;
mod host_calls;
mod ids;
mod instantiate;
mod limits;
mod lists;
mod memory;
mod pieces;
mod replies;
mod requests;
mod routing;
mod streams;
mod tickets;
mod under_way;

pub use cache_folder::{cache_folder, chosen_cache, user_cache};
pub use environment::Session;
pub use granted::PreopenWanted;
pub use handed::Handed;
pub use handles::Handle;
pub use host::{Assemble, HostOptions, WasmHost, cache_in};
pub use host_calls::Event;
pub use instantiate::{Given, InstanceOptions, Made};
pub use lists::Piece;
pub use replies::Sent;
pub use requests::{CallBounds, Closed};
pub use tickets::EventLoop;
