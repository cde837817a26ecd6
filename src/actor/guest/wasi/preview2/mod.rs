//! WASI preview 2: the interfaces that a component imports, for the same files, folders and streams that modules have by preview 1,
//! and by the same functions.
//!
//! `guest` is what a component has of them, as resources of one table; `link` gives it the interfaces. What opens files and folders is
//! `filesystem`, and what is in `folders` is told entry by entry; they are `opened`, and `names` says with which words a guest is told of them and of `failure`s. Bytes go through `streams`
//! (the interfaces), over a file by `file_streams`, over the standard streams by `input` and by the `sink` of an output, and `io` is what
//! waits for them, unless a `stop` comes. `cli`, `random` and `sockets` are the rest, and clocks are wasmtime-wasi's; `http`
//! is a cargo feature, and sends requests to where they are granted.

mod cli;
mod failure;
mod file_streams;
mod filesystem;
mod folders;
mod guest;
#[cfg(feature = "http")]
mod http;
mod input;
mod io;
mod link;
mod names;
mod opened;
mod random;
mod sink;
mod sockets;
mod stop;
mod streams;
#[cfg(test)]
mod tests;

pub(crate) use guest::{Granted, HasPreview2, Preview2};
pub(crate) use link::link_preview2;
