//! How an actor is reached: [`mailbox`] by those that ask, [`control`] by those that stop it, and `waiting` for that. Checked by loom.

pub mod control;
pub mod mailbox;
pub mod reason;
mod waiting;
