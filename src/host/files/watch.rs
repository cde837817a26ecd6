//! Tells of changes in folders and of files.
//!
//! A file is watched by the folder that it is in, so that it is seen also when another one takes its place. What is watched is what was opened,
//! not whatever has its name by then. Its end is told by the folder above: the system itself tells of it only once nobody holds it open any
//! more, and who is granted a folder does.

use super::with_caps;
use crate::caps::{Caps, FsWatched};
use crate::host::failure::Failure;
use deno_core::{CancelFuture, CancelHandle, OpState, Resource, ResourceId, op2};
use rustix::fs::inotify::{self, CreateFlags, ReadFlags, Reader, WatchFlags};
use rustix::fs::{fstat, readlink};
use rustix::io::Errno;
use serde::Serialize;
use std::borrow::Cow;
use std::cell::RefCell;
use std::collections::HashMap;
use std::ffi::{OsStr, OsString};
use std::io;
use std::mem::MaybeUninit;
use std::os::fd::{AsRawFd, OwnedFd};
use std::os::unix::ffi::OsStrExt;
use std::rc::Rc;
use tokio::io::unix::AsyncFd;

/// What is told of.
const CHANGES: WatchFlags = WatchFlags::CREATE
    .union(WatchFlags::MOVED_TO)
    .union(WatchFlags::MODIFY)
    .union(WatchFlags::ATTRIB)
    .union(WatchFlags::CLOSE_WRITE)
    .union(WatchFlags::DELETE)
    .union(WatchFlags::MOVED_FROM)
    .union(WatchFlags::DELETE_SELF)
    .union(WatchFlags::MOVE_SELF)
    .union(ADDED);
/// What is told of the folder above.
const REMOVALS: WatchFlags = WatchFlags::DELETE.union(ADDED);
/// A folder may be watched itself and be above another one.
const ADDED: WatchFlags = WatchFlags::ONLYDIR.union(WatchFlags::MASK_ADD);
/// Room for some hundred changes; the system keeps the others meanwhile.
const BUFFER_BYTES: usize = 16 * 1024;

/// One change.
#[derive(Debug, PartialEq, Eq, Serialize)]
struct Change {
    kind: &'static str,
    path: String,
}

/// A folder that is watched.
struct Target {
    /// As the app names it, or the file in it.
    path: String,
    /// The only name in it that counts.
    name: Option<OsString>,
}

/// A folder that is in another one.
struct Child {
    name: OsString,
    /// The number of its own watch.
    number: i32,
}

/// What the system is to tell of, by the number of the watch.
#[derive(Default)]
struct Targets {
    /// Folders, and for whom. Two files may be in one.
    folders: HashMap<i32, Vec<Target>>,
    /// The folders above those, of which nothing else is told.
    parents: HashMap<i32, Vec<Child>>,
}

struct Watcher {
    inotify: AsyncFd<OwnedFd>,
    targets: RefCell<Targets>,
    closed: Rc<CancelHandle>,
}

impl Resource for Watcher {
    fn name(&self) -> Cow<'_, str> {
        "watcher".into()
    }

    fn close(self: Rc<Self>) {
        self.closed.cancel();
    }
}

#[op2]
#[smi]
pub(in crate::host) async fn op_wasm_host_watch(
    state: Rc<RefCell<OpState>>,
    #[serde] paths: Vec<String>,
) -> Result<ResourceId, Failure> {
    let (inotify, targets) = with_caps(state.clone(), move |caps| watch(caps, paths)).await?;
    // SAFETY: the descriptor is open for as long as what owns it, which nobody takes out.
    let inotify = unsafe { AsyncFd::register(inotify) };
    let inotify = inotify.map_err(|error| Failure::io("nothing can be watched", &error.into()))?;
    let watcher = Watcher { inotify, targets: RefCell::new(targets), closed: CancelHandle::new_rc() };
    Ok(state.borrow_mut().resource_table.add(watcher))
}

fn watch(caps: &Caps, paths: Vec<String>) -> Result<(OwnedFd, Targets), Failure> {
    let inotify = inotify::init(CreateFlags::NONBLOCK | CreateFlags::CLOEXEC);
    let inotify = inotify.map_err(|error| Failure::io("nothing can be watched", &error.into()))?;
    let mut targets = Targets::default();
    for path in paths {
        let failed = |error| Failure::of_path(&path, "watched", error);
        let FsWatched { folder, name, above, .. } = caps.open_to_watch(&path).map_err(failed)?;
        // By the open folder itself, whatever has its name by now.
        let number = inotify::add_watch(&inotify, opened(&folder), CHANGES).map_err(|error| failed(error.into()))?;
        if let Some(above) = above
            && !targets.folders.contains_key(&number)
        {
            match watch_from_above(&inotify, &above, &folder) {
                Ok((parent, name)) => targets.parents.entry(parent).or_default().push(Child { name, number }),
                // Who may not look into the folder above learns of the end when nobody holds it open.
                Err(Errno::ACCESS) => {}
                Err(error) => return Err(failed(error.into())),
            }
        }
        targets.folders.entry(number).or_default().push(Target { path, name });
    }
    Ok((inotify, targets))
}

/// The path of what is open.
fn opened(folder: &OwnedFd) -> String {
    format!("/proc/self/fd/{}", folder.as_raw_fd())
}

/// Watches the folder above for what is removed from it: the number of that watch, and the name to look for.
fn watch_from_above(inotify: &OwnedFd, above: &OwnedFd, folder: &OwnedFd) -> rustix::io::Result<(i32, OsString)> {
    let number = inotify::add_watch(inotify, opened(above), REMOVALS)?;
    let path = readlink(opened(folder), Vec::new())?;
    let name = path.to_bytes().rsplit(|byte| *byte == b'/').next().unwrap_or_default();
    // It was removed before anybody would tell.
    if fstat(folder)?.st_nlink == 0 {
        return Err(Errno::NOENT);
    }
    Ok((number, OsStr::from_bytes(name).to_owned()))
}

/// Waits for the next changes; null once nothing is watched any more.
#[op2]
#[serde]
pub(in crate::host) async fn op_wasm_host_watch_next(
    state: Rc<RefCell<OpState>>,
    #[smi] watcher: ResourceId,
) -> Result<Option<Vec<Change>>, Failure> {
    let Ok(watcher) = state.borrow().resource_table.get::<Watcher>(watcher) else { return Ok(None) };
    let changes = watcher.next().or_cancel(watcher.closed.clone()).await;
    changes.unwrap_or(Ok(None)).map_err(|error| Failure::io("what is watched cannot be read", &error))
}

impl Watcher {
    async fn next(&self) -> io::Result<Option<Vec<Change>>> {
        loop {
            let mut ready = self.inotify.readable().await?;
            let mut changes = Vec::new();
            match self.read(&mut changes) {
                Err(Errno::AGAIN) => ready.clear_ready(),
                Err(Errno::INTR) | Ok(()) => {}
                Err(error) => return Err(error.into()),
            }
            if !changes.is_empty() {
                return Ok(Some(changes));
            }
            if self.targets.borrow().folders.is_empty() {
                return Ok(None);
            }
        }
    }

    /// Reads what there is, once.
    fn read(&self, changes: &mut Vec<Change>) -> rustix::io::Result<()> {
        let mut buffer = [MaybeUninit::uninit(); BUFFER_BYTES];
        let mut reader = Reader::new(self.inotify.get_ref(), &mut buffer);
        let mut targets = self.targets.borrow_mut();
        loop {
            let event = reader.next()?;
            targets.tell(event.wd(), event.events(), event.file_name().map(|name| name.to_bytes()), changes);
            if reader.is_buffer_empty() {
                return Ok(());
            }
        }
    }
}

impl Targets {
    /// Adds what an event comes to.
    fn tell(&mut self, number: i32, events: ReadFlags, name: Option<&[u8]>, changes: &mut Vec<Change>) {
        let mut add = |kind, path: String| {
            let change = Change { kind, path };
            if changes.last() != Some(&change) {
                changes.push(change);
            }
        };
        if events.contains(ReadFlags::QUEUE_OVERFLOW) {
            self.folders.values().flatten().for_each(|target| add("overflow", target.path.clone()));
            return;
        }
        let gone = events.intersects(ReadFlags::DELETE_SELF | ReadFlags::MOVE_SELF | ReadFlags::UNMOUNT);
        for target in self.folders.get(&number).into_iter().flatten() {
            match (name, kind_of(events)) {
                (None, _) if gone => add("remove", target.path.clone()),
                (Some(name), Some(kind)) => match &target.name {
                    None => {
                        add(kind, format!("{}/{}", target.path.trim_end_matches('/'), String::from_utf8_lossy(name)))
                    }
                    Some(only) if only.as_bytes() == name => add(kind, target.path.clone()),
                    Some(_) => {}
                },
                _ => {}
            }
        }
        if events.contains(ReadFlags::MOVE_SELF) {
            // It is in another folder now, or has another name.
            self.parents.values_mut().for_each(|children| children.retain(|child| child.number != number));
        }
        if events.contains(ReadFlags::DELETE) {
            for removed in self.removed(number, name.unwrap_or_default()) {
                add("remove", removed.path);
            }
        }
        if events.contains(ReadFlags::IGNORED) {
            self.folders.remove(&number);
            self.parents.remove(&number);
        }
    }

    /// Takes out what was of a folder of this name in the one above.
    fn removed(&mut self, above: i32, name: &[u8]) -> Vec<Target> {
        let Some(children) = self.parents.get_mut(&above) else { return Vec::new() };
        let gone: Vec<Child> = children.extract_if(.., |child| child.name.as_bytes() == name).collect();
        gone.iter().filter_map(|child| self.folders.remove(&child.number)).flatten().collect()
    }
}

fn kind_of(events: ReadFlags) -> Option<&'static str> {
    if events.intersects(ReadFlags::CREATE | ReadFlags::MOVED_TO) {
        Some("create")
    } else if events.intersects(ReadFlags::DELETE | ReadFlags::MOVED_FROM) {
        Some("remove")
    } else if events.contains(ReadFlags::CLOSE_WRITE) {
        Some("close")
    } else if events.intersects(ReadFlags::MODIFY | ReadFlags::ATTRIB) {
        Some("modify")
    } else {
        None
    }
}
