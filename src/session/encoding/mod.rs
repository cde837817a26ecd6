//! How values go between JavaScript and the runtime, whatever the engine: written once, over the few things that each engine's
//! interface has to give ([`Js`]).
//!
//! An argument is read as what it is, not as what it should become: that is decided by the export's signature, in the
//! actor. A result goes back as JavaScript's own value; a failure as `{ failure: code, message, … }`, which no success
//! looks like. Properties are defined, never assigned: an assignment asks the setters of prototypes, which are the app's.

mod answer;
mod args;
mod failure;
mod js;
mod records;
mod reply;
mod values;

pub use args::{Args, Names, Others, calls};
pub use js::{Js, JsResult, Shape, Unfit};
pub use records::Encode;
pub(in crate::session) use records::Fields;
pub use reply::reply;
