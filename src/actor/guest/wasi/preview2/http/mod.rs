//! `wasi:http`: requests of a component to where they are granted.
//!
//! The interfaces and what they hand out are wasmtime-wasi-http's, with bounds: `fields`, `outgoing` and `incoming` are what a component
//! calls, `as_it_is` says so of a function, and `held` bounds what is kept for it. What sends is our own: `state` judges a request by its
//! URL, `send` has it wait for its `turn` and sends it, `connect` judges each address and connects to that very one, `tls` goes over it, and
//! the `reply` is read piece by piece. `failure` has the words for what goes wrong. Each request has a connection of its own, no redirect is
//! followed and no proxy asked.

mod as_it_is;
mod connect;
mod failure;
mod fields;
mod held;
mod incoming;
mod outgoing;
mod reply;
mod send;
mod state;
mod tls;
mod turn;

pub(super) use state::Http;
