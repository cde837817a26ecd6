//! What the machine, or the control group this process is in, has to give.

use super::resources::Resources;
use rustix::process::{Resource, getrlimit, getuid};
use std::fs;
use std::path::{Path, PathBuf};

/// Memory maps that a process may have where `/proc` does not say: what Linux begins with.
const MAPS_BY_DEFAULT: u64 = 65_530;

/// Bytes of memory.
pub(super) fn memory_bytes() -> u64 {
    // SAFETY: these calls take a number and give one.
    let (pages, bytes) = unsafe { (libc::sysconf(libc::_SC_PHYS_PAGES), libc::sysconf(libc::_SC_PAGESIZE)) };
    let total = u64::try_from(pages).unwrap_or(0).saturating_mul(u64::try_from(bytes).unwrap_or(0));
    MEMORY.least().map_or(total, |limit| total.min(limit))
}

/// The files that hold a limit: the controller they belong to, and their names in the two versions of control groups.
struct GroupLimit {
    controller: &'static str,
    file: &'static str,
    file_of_v1: &'static str,
}

const MEMORY: GroupLimit = GroupLimit { controller: "memory", file: "memory.max", file_of_v1: "memory.limit_in_bytes" };
const THREADS: GroupLimit = GroupLimit { controller: "pids", file: "pids.max", file_of_v1: "pids.max" };

impl GroupLimit {
    /// The least limit of this process's control groups and those above them.
    fn least(&self) -> Option<u64> {
        read("/proc/self/cgroup").lines().filter_map(|line| self.least_of(line)).min()
    }

    /// The least limit of one control group and those above it. `line` is one of `/proc/self/cgroup`.
    fn least_of(&self, line: &str) -> Option<u64> {
        let mut parts = line.splitn(3, ':').skip(1);
        let (root, file) = match parts.next()? {
            "" => (PathBuf::from("/sys/fs/cgroup"), self.file),
            name if name == self.controller => (Path::new("/sys/fs/cgroup").join(name), self.file_of_v1),
            _ => return None,
        };
        let group = Path::new(parts.next()?.trim_start_matches('/'));
        group.ancestors().filter_map(|group| number(&root.join(group).join(file))).min()
    }
}

/// How much of each thing this process may have now. What has no limit has a very large one.
pub(super) fn limits() -> Resources {
    let maps = number(Path::new("/proc/sys/vm/max_map_count"));
    let all_threads = number(Path::new("/proc/sys/kernel/threads-max"));
    // The user's own limit does not bind the superuser.
    let of_user = getrlimit(Resource::Nproc).current.filter(|_| !getuid().is_root());
    let of_group = THREADS.least();
    Resources {
        maps: maps.unwrap_or(MAPS_BY_DEFAULT),
        threads: [all_threads, of_user, of_group].into_iter().flatten().min().unwrap_or(u64::MAX),
        files: getrlimit(Resource::Nofile).current.unwrap_or(u64::MAX),
    }
}

/// What this process has at this moment, as far as `/proc` shows it.
pub(super) fn in_use() -> Option<Resources> {
    let maps = fs::read("/proc/self/maps").ok()?;
    Some(Resources {
        maps: maps.iter().filter(|byte| **byte == b'\n').count() as u64,
        threads: kilobytes(&read("/proc/self/status"), "Threads:")?,
        files: fs::read_dir("/proc/self/fd").ok()?.count() as u64,
    })
}

/// A file that holds one number; `max` is none.
fn number(file: &Path) -> Option<u64> {
    fs::read_to_string(file).ok()?.trim().parse().ok()
}

/// The number after `key`, as in `MemTotal:  16384 kB`.
fn kilobytes(text: &str, key: &str) -> Option<u64> {
    let line = text.lines().find_map(|line| line.strip_prefix(key))?;
    line.split_whitespace().next()?.parse().ok()
}

fn read(file: &str) -> String {
    fs::read_to_string(file).unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn there_is_memory_and_lines_are_read_right() {
        assert!(memory_bytes() > 64 << 20);
        let (has, may) = (in_use().unwrap(), limits());
        assert!(0 < has.maps && has.maps < may.maps, "{has:?} {may:?}");
        assert!(0 < has.threads && has.threads < may.threads && 0 < has.files && has.files < may.files);
        assert_eq!(kilobytes("MemFree: 1 kB\nMemTotal:   12 kB\n", "MemTotal:"), Some(12));
        assert_eq!(MEMORY.least_of("3:cpuset:/"), None);
        assert_eq!(MEMORY.least_of("no line of that file"), None);
    }
}
