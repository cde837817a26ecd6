//! What an app does for itself by `runtime:app`: files, variables, standard streams and signals.

#![cfg(feature = "host")]

mod app;
mod files;
mod grants;
mod signals;
mod streams;
mod watch;
