//! What goes to an actor and comes from it: plain data and the channels it travels by.
//!
//! In reading order: [`limits`] and [`config`] are what an instance is made with, [`message`] what it can be asked, [`host_call`] what goes out
//! when its guest calls a host function, [`native`] host functions that do not go out, [`replies`] where answers come together, [`pipe`] the bytes of its standard streams, [`loan`] where large
//! answers are copied to, [`http`] who judges the requests of components.

pub mod config;
pub mod host_call;
pub mod http;
pub mod limits;
pub mod loan;
pub mod message;
pub mod native;
pub mod pipe;
pub mod replies;
