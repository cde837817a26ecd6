//! What a process holds of the machine: for tests that nothing is left behind.

use std::fs;

#[derive(Debug)]
pub struct Held {
    pub threads: Vec<String>,
    pub files: usize,
    pub maps: usize,
    pub rss_kib: usize,
}

/// What this process holds, as the kernel says.
pub fn held(pid: u32) -> Held {
    let path = |what: &str| format!("/proc/{pid}/{what}");
    let count = |what: &str| fs::read_dir(path(what)).unwrap().count();
    let status = fs::read_to_string(path("status")).unwrap();
    let rss = status.lines().find_map(|line| line.strip_prefix("VmRSS:")).unwrap();
    Held {
        threads: threads(&path("task")),
        files: count("fd"),
        maps: fs::read_to_string(path("maps")).unwrap().lines().count(),
        rss_kib: rss.trim().trim_end_matches(" kB").parse().unwrap(),
    }
}

/// The names of the threads, but for those that the I/O runtime keeps for its next blocking work, and ends by itself: they are
/// bounded, belong to no instance, and come when it likes.
fn threads(tasks: &str) -> Vec<String> {
    // A thread may end while the list is read.
    let name = |task: fs::DirEntry| fs::read_to_string(task.path().join("comm")).unwrap_or_default().trim().to_owned();
    let names = fs::read_dir(tasks).unwrap().flatten().map(name);
    names.filter(|name| !matches!(name.as_str(), "" | "wasm-io")).collect()
}
