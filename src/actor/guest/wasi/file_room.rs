//! Descriptors are the process's, and it keeps some for itself.

use crate::limits::FILES_HEAD_ROOM;
use rustix::event::{EventfdFlags, eventfd};
use rustix::process::{Resource, getrlimit};
use std::os::fd::AsRawFd;

/// May guests open another file, or is what is left for the rest of the process?
///
/// The system gives out the lowest number that is free. So the numbers at the upper end stay free as long as no guest opens a
/// file once all below are taken.
pub(super) fn has_room_for_a_file() -> bool {
    let Some(limit) = getrlimit(Resource::Nofile).current else { return true };
    let lowest = eventfd(0, EventfdFlags::CLOEXEC);
    lowest.is_ok_and(|lowest| (lowest.as_raw_fd() as u64) + FILES_HEAD_ROOM < limit)
}
