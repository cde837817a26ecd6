//! What the machine, or the control group this process is in, has to give.

use std::fs;
use std::path::Path;

/// Bytes of memory. Where nothing says how much there is, 4 GiB are assumed.
pub(super) fn memory_bytes() -> u64 {
    let total = kilobytes(&read("/proc/meminfo"), "MemTotal:").map(|count| count * 1024).unwrap_or(4 << 30);
    let groups = read("/proc/self/cgroup");
    groups.lines().filter_map(group_memory).fold(total, u64::min)
}

/// The least limit of a control group and those above it. `line` is one of `/proc/self/cgroup`.
fn group_memory(line: &str) -> Option<u64> {
    let mut parts = line.splitn(3, ':').skip(1);
    let (root, file) = match parts.next()? {
        "" => ("/sys/fs/cgroup", "memory.max"),
        "memory" => ("/sys/fs/cgroup/memory", "memory.limit_in_bytes"),
        _ => return None,
    };
    let group = Path::new(parts.next()?.trim_start_matches('/'));
    group.ancestors().filter_map(|group| number(&Path::new(root).join(group).join(file))).min()
}

/// A file that holds one number; `max` is none.
pub(super) fn number(file: &Path) -> Option<u64> {
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
        assert_eq!(kilobytes("MemFree: 1 kB\nMemTotal:   12 kB\n", "MemTotal:"), Some(12));
        assert_eq!(group_memory("3:cpuset:/"), None);
        assert_eq!(group_memory("no line of that file"), None);
    }
}
