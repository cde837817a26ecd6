//! Guests that list folders: each name once, whatever the buffer, and whatever others do there meanwhile.

use runtime_wasm::actor::config::{InstanceConfig, Limits, Preopen, WasiConfig};
use runtime_wasm::actor::message::{Answer, Call, Command};
use runtime_wasm::error::{ErrorCode, WasmError};
use runtime_wasm::registry::{InstanceId, Runtime, RuntimeOptions};
use runtime_wasm::value::{Arg, Value};
use rustix::fs::{CWD, FileType, Mode, mknodat};
use std::collections::{BTreeMap, BTreeSet};
use std::ffi::OsStr;
use std::fs::{self, File};
use std::os::unix::ffi::OsStrExt;
use std::os::unix::fs::symlink;
use std::os::unix::net::UnixListener;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

/// Beneath preopen 3, with paths at 1024 and buffers at 65536; each function gives an errno, and what it found stands at 8.
const GUEST: &str = r#"(module
    (import "wasi_snapshot_preview1" "fd_readdir" (func $readdir (param i32 i32 i32 i64 i32) (result i32)))
    (import "wasi_snapshot_preview1" "path_open"
        (func $path_open (param i32 i32 i32 i32 i32 i64 i64 i32 i32) (result i32)))
    (import "wasi_snapshot_preview1" "path_filestat_get" (func $stat (param i32 i32 i32 i32 i32) (result i32)))
    (import "wasi_snapshot_preview1" "fd_close" (func $close (param i32) (result i32)))
    (import "wasi_snapshot_preview1" "fd_renumber" (func $renumber (param i32 i32) (result i32)))
    (memory (export "memory") 3)
    (func (export "close") (param i32) (result i32) (call $close (local.get 0)))
    (func (export "renumber") (param i32 i32) (result i32) (call $renumber (local.get 0) (local.get 1)))
    (func (export "list") (param $fd i32) (param $length i32) (param $cookie i64) (result i32)
        (call $readdir (local.get $fd) (i32.const 65536) (local.get $length) (local.get $cookie) (i32.const 8)))
    (func $open (export "open") (param $length i32) (param $oflags i32) (result i32)
        (call $path_open (i32.const 3) (i32.const 0) (i32.const 1024) (local.get $length) (local.get $oflags)
            (i64.const 0x4000) (i64.const 0) (i32.const 0) (i32.const 8)))
    (func (export "stat") (param $length i32) (result i32)
        (call $stat (i32.const 3) (i32.const 0) (i32.const 1024) (local.get $length) (i32.const 2048)))
    ;; opens the folder and begins to list it, this often: the first errno
    (func (export "opendir") (param $count i32) (result i32) (local $errno i32)
        (i32.store8 (i32.const 1024) (i32.const 46))
        (loop $again
            (local.set $errno (call $open (i32.const 1) (i32.const 2)))
            (if (i32.eqz (local.get $errno))
                (then (local.set $errno
                    (call $readdir (i32.load (i32.const 8)) (i32.const 65536) (i32.const 4096) (i64.const 0) (i32.const 12)))
                    (drop (call $close (i32.load (i32.const 8))))))
            (local.set $count (i32.sub (local.get $count) (i32.const 1)))
            (br_if $again (i32.and (i32.eqz (local.get $errno)) (i32.gt_s (local.get $count) (i32.const 0)))))
        (local.get $errno))
    ;; lists for ever, through a buffer for one entry
    (func (export "list_forever")
        (loop $again
            (drop (call $readdir (i32.const 3) (i32.const 65536) (i32.const 64) (i64.const 0) (i32.const 8)))
            (br $again))))"#;

const BADF: i32 = 8;
const FAULT: i32 = 21;
const INVAL: i32 = 28;
/// Kinds of files, as preview 1 numbers them.
const UNKNOWN: u8 = 0;
const FOLDER: u8 = 3;
const FILE: u8 = 4;
const SYMLINK: u8 = 7;

struct Guest {
    runtime: Runtime,
    id: InstanceId,
}

#[derive(Debug, PartialEq)]
struct Entry {
    name: Vec<u8>,
    next: u64,
    inode: u64,
    kind: u8,
}

impl Guest {
    async fn new(folder: &Path) -> Guest {
        Guest::with(folder, Limits::default()).await
    }

    async fn with(folder: &Path, limits: Limits) -> Guest {
        let runtime = Runtime::new(RuntimeOptions::default()).unwrap();
        let module = runtime.compile("lister".into(), wat::parse_str(GUEST).unwrap()).await.unwrap();
        let dir = Arc::new(File::open(folder).unwrap().into());
        let preopens = vec![Preopen { guest_path: "/d".into(), dir, writable: true, changed: None }];
        let wasi = WasiConfig { preopens, ..Default::default() };
        let config = InstanceConfig { wasi, limits, ..Default::default() };
        let id = InstanceId(runtime.instantiate(module, config).await.unwrap().id());
        Guest { runtime, id }
    }

    async fn call(&self, name: &str, args: &[Value]) -> Result<Vec<Value>, WasmError> {
        let args = args.iter().cloned().map(Arg::from).collect();
        match self.runtime.ask(self.id, Command::Call(Call { name: name.into(), args, ..Default::default() })).await? {
            Answer::Values(values) => Ok(values),
            other => panic!("a call was answered with {other:?}"),
        }
    }

    async fn errno(&self, name: &str, args: &[Value]) -> i32 {
        match self.call(name, args).await.unwrap()[..] {
            [Value::I32(errno)] => errno,
            ref other => panic!("{other:?}"),
        }
    }

    async fn read(&self, offset: u64, length: u64) -> Vec<u8> {
        match self.runtime.ask(self.id, Command::MemoryRead { offset, length }).await.unwrap() {
            Answer::Bytes(bytes) => bytes,
            other => panic!("{other:?}"),
        }
    }

    async fn path(&self, path: &str) -> Value {
        self.runtime.ask(self.id, Command::MemoryWrite { offset: 1024, bytes: path.into() }).await.unwrap();
        Value::I32(path.len() as i32)
    }

    /// Opens a folder beneath the preopen.
    async fn open(&self, path: &str) -> i32 {
        let length = self.path(path).await;
        assert_eq!(self.errno("open", &[length, Value::I32(2)]).await, 0, "{path}");
        i32::from_le_bytes(self.read(8, 4).await.try_into().unwrap())
    }

    /// The whole entries that a buffer of this length takes, and whether there may be more.
    async fn list(&self, fd: i32, length: i32, cookie: u64) -> Result<(Vec<Entry>, bool), i32> {
        let errno = self.errno("list", &[Value::I32(fd), Value::I32(length), Value::I64(cookie as i64)]).await;
        if errno != 0 {
            return Err(errno);
        }
        let used = u32::from_le_bytes(self.read(8, 4).await.try_into().unwrap());
        let bytes = self.read(65536, used.into()).await;
        let number = |at: &[u8]| u64::from_le_bytes(at.try_into().unwrap());
        let (mut entries, mut rest) = (Vec::new(), &bytes[..]);
        while let Some((head, behind)) = rest.split_at_checked(24) {
            let length = u32::from_le_bytes(head[16..20].try_into().unwrap()) as usize;
            let Some((name, behind)) = behind.split_at_checked(length) else { break };
            let (next, inode) = (number(&head[..8]), number(&head[8..16]));
            entries.push(Entry { name: name.to_vec(), next, inode, kind: head[20] });
            rest = behind;
        }
        Ok((entries, used == length as u32))
    }

    /// All entries, through buffers of this length, as C libraries read them.
    async fn list_all(&self, fd: i32, length: i32) -> Vec<Entry> {
        let (mut all, mut cookie) = (Vec::new(), 0);
        loop {
            let (entries, more) = self.list(fd, length, cookie).await.unwrap();
            assert!(!entries.is_empty() || !more, "the buffer is too small");
            cookie = entries.last().map_or(cookie, |last| last.next);
            all.extend(entries);
            if !more {
                return all;
            }
        }
    }
}

fn files(folder: &Path, count: usize) {
    (0..count).for_each(|n| drop(File::create(folder.join(format!("file{n}"))).unwrap()));
}

fn names(entries: &[Entry]) -> BTreeSet<&[u8]> {
    let names: BTreeSet<_> = entries.iter().map(|entry| &entry.name[..]).collect();
    assert_eq!(names.len(), entries.len(), "a name came twice");
    names
}

/// How many descriptors this process has open.
fn open_files() -> usize {
    fs::read_dir("/proc/self/fd").unwrap().count()
}

#[tokio::test]
async fn what_is_in_a_folder_is_listed_with_its_kind_and_inode() {
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);
    fs::create_dir(at("folder")).unwrap();
    File::create(at("file")).unwrap();
    symlink("nowhere", at("symlink")).unwrap();
    mknodat(CWD, at("fifo"), FileType::Fifo, Mode::RWXU, 0).unwrap();
    let _socket = UnixListener::bind(at("socket")).unwrap();
    // No guest can open it; that is no reason to hide it, and others.
    File::create(folder.path().join(OsStr::from_bytes(b"not\xffutf8"))).unwrap();
    let guest = Guest::new(folder.path()).await;
    let all = guest.list_all(3, 4096).await;
    let kinds: BTreeMap<&[u8], u8> = all.iter().map(|entry| (&entry.name[..], entry.kind)).collect();
    let expected: [(&[u8], u8); 8] = [
        (b".", FOLDER),
        (b"..", FOLDER),
        (b"folder", FOLDER),
        (b"file", FILE),
        (b"symlink", SYMLINK),
        (b"fifo", UNKNOWN),
        (b"socket", UNKNOWN),
        (b"not\xffutf8", FILE),
    ];
    assert_eq!(kinds, BTreeMap::from(expected));
    assert_eq!([&all[0].name[..], &all[1].name], [&b"."[..], b".."]);
    // As it is told of each file by itself.
    for entry in all.iter().filter(|entry| entry.name != b".." && entry.kind != UNKNOWN && entry.name.is_ascii()) {
        let name = String::from_utf8(entry.name.clone()).unwrap();
        let length = guest.path(&name).await;
        assert_eq!(guest.errno("stat", &[length]).await, 0, "{name}");
        let stat = guest.read(2048, 24).await;
        assert_eq!(
            (u64::from_le_bytes(stat[8..16].try_into().unwrap()), stat[16]),
            (entry.inode, entry.kind),
            "{name}"
        );
    }
}

/// Where each call read the folder anew, this took hours.
#[tokio::test]
async fn each_name_comes_once_however_small_the_buffer() {
    let folder = tempfile::tempdir().unwrap();
    files(folder.path(), 3000);
    let guest = Guest::new(folder.path()).await;
    let all = guest.list_all(3, 65536).await;
    assert_eq!(names(&all).len(), 3002);
    for length in [33, 64, 100, 4096] {
        assert_eq!(guest.list_all(3, length).await, all, "{length}");
    }
    // Two that read at the same time are in nobody's way.
    let [one, other] = [guest.open(".").await, guest.open(".").await];
    let first = guest.list(one, 1000, 0).await.unwrap().0;
    assert_eq!(names(&guest.list_all(other, 4096).await), names(&all));
    assert_eq!(guest.list(one, 1000, first.last().unwrap().next).await.unwrap().0[0], all[first.len()]);
}

/// Folders on a disk and, where there is one, on a file system in memory: each numbers the places in a folder in its own way.
fn places() -> Vec<tempfile::TempDir> {
    let memory = Path::new("/dev/shm");
    let in_memory = memory.exists().then(|| tempfile::tempdir_in(memory).unwrap());
    let on_disk = tempfile::tempdir_in(env!("CARGO_TARGET_TMPDIR")).unwrap();
    in_memory.into_iter().chain([on_disk, tempfile::tempdir().unwrap()]).collect()
}

#[tokio::test]
async fn files_that_are_removed_while_a_folder_is_read_hide_no_others() {
    for folder in places() {
        files(folder.path(), 1500);
        let guest = Guest::new(folder.path()).await;
        let (mut cookie, mut removed) = (0, 0);
        loop {
            let (entries, more) = guest.list(3, 500, cookie).await.unwrap();
            cookie = entries.last().map_or(cookie, |last| last.next);
            for entry in entries.iter().filter(|entry| entry.kind == FILE) {
                fs::remove_file(folder.path().join(OsStr::from_bytes(&entry.name))).unwrap();
                removed += 1;
            }
            if !more {
                break;
            }
        }
        assert_eq!((removed, fs::read_dir(folder.path()).unwrap().count()), (1500, 0), "{}", folder.path().display());
        assert_eq!(guest.list_all(3, 500).await.len(), 2);
        files(folder.path(), 10);
        assert_eq!(guest.list_all(3, 500).await.len(), 12, "who begins anew sees what is new");
    }
}

#[tokio::test]
async fn files_that_are_renamed_and_made_while_a_folder_is_read_hide_no_others() {
    for folder in places() {
        let at = |name: &[u8]| folder.path().join(OsStr::from_bytes(name));
        files(folder.path(), 1500);
        let guest = Guest::new(folder.path()).await;
        let (mut cookie, mut seen, mut number) = (0, Vec::new(), 0);
        loop {
            let (entries, more) = guest.list(3, 500, cookie).await.unwrap();
            cookie = entries.last().map_or(cookie, |last| last.next);
            seen.extend(entries.into_iter().map(|entry| entry.name).filter(|name| name.starts_with(b"file")));
            // Of those that have been listed every second one gets another name, and one of the others a new neighbour.
            for name in seen.iter().filter(|name| at(name).exists()).step_by(2).take(8) {
                fs::rename(at(name), at(format!("moved{number}").as_bytes())).unwrap();
                File::create(at(format!("new{number}").as_bytes())).unwrap();
                number += 1;
            }
            if !more {
                break;
            }
        }
        let once: BTreeSet<_> = seen.iter().collect();
        assert_eq!((once.len(), seen.len()), (1500, 1500), "{}", folder.path().display());
        let renamed = guest.list_all(3, 500).await;
        assert_eq!(names(&renamed).iter().filter(|name| name.starts_with(b"moved")).count(), number);
    }
}

#[tokio::test]
async fn a_cookie_means_the_same_place_for_as_long_as_the_folder_is_open() {
    let folder = tempfile::tempdir().unwrap();
    files(folder.path(), 2000);
    let guest = Guest::new(folder.path()).await;
    let all = guest.list_all(3, 4096).await;
    for entry in all.iter().skip(2).step_by(3) {
        fs::remove_file(folder.path().join(OsStr::from_bytes(&entry.name))).unwrap();
    }
    // Every third has gone, the first of three.
    for at in [1504, 4, 604, 1201, 5] {
        let (entries, _) = guest.list(3, 64, all[at].next).await.unwrap();
        let stays =
            all[at + 1..].iter().enumerate().find(|(index, _)| !(at + 1 + index - 2).is_multiple_of(3)).unwrap();
        assert_eq!(entries[0].name, stays.1.name, "behind {at}");
        assert!(all[at].next < u64::from(u32::MAX), "C libraries cut it to 32 bits");
    }
    for never_given in [1 << 20, u64::from(u32::MAX)] {
        assert_eq!(guest.list(3, 64, never_given).await, Err(INVAL));
    }
    assert!(guest.list(3, 64, u64::MAX).await.is_err());
    assert_eq!(guest.list(3, 64, 0).await.unwrap().0[0].name, b".");
}

#[tokio::test]
async fn what_is_no_open_folder_and_no_memory_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    fs::create_dir(folder.path().join("inner")).unwrap();
    files(folder.path(), 1);
    let guest = Guest::new(folder.path()).await;
    let length = guest.path("file0").await;
    assert_eq!(guest.errno("open", &[length, Value::I32(0)]).await, 0);
    for fd in [0, 1, 2, 4, 5, -1] {
        assert_eq!(guest.list(fd, 64, 0).await, Err(BADF), "{fd}");
    }
    assert_eq!(guest.list(3, i32::MAX, 0).await, Err(FAULT));
    assert_eq!(guest.list(3, 0, 0).await, Ok((Vec::new(), true)));
    // A folder that is gone is empty, and nothing worse.
    let inner = guest.open("inner").await;
    assert_eq!(guest.list_all(inner, 64).await.len(), 2);
    fs::remove_dir(folder.path().join("inner")).unwrap();
    assert_eq!(guest.list_all(inner, 64).await.len(), 2);
}

#[tokio::test]
async fn a_descriptor_that_is_closed_or_replaced_holds_nothing_open() {
    let folder = tempfile::tempdir().unwrap();
    files(folder.path(), 10);
    fs::create_dir(folder.path().join("inner")).unwrap();
    let guest = Guest::new(folder.path()).await;
    guest.list_all(3, 64).await;
    let before = open_files();
    for _ in 0..3 {
        let [one, inner] = [guest.open(".").await, guest.open("inner").await];
        assert_eq!((guest.list_all(one, 64).await.len(), guest.list_all(inner, 64).await.len()), (13, 2));
        assert_eq!(guest.errno("renumber", &[Value::I32(inner), Value::I32(one)]).await, 0);
        assert_eq!(guest.list_all(one, 64).await.len(), 2, "what it was before is not listed any more");
        assert_eq!(guest.list(inner, 64, 0).await, Err(BADF));
        assert_eq!(guest.errno("close", &[Value::I32(one)]).await, 0);
        assert_eq!(guest.list(one, 64, 0).await, Err(BADF));
    }
    assert_eq!(open_files(), before);
    // What was not done has changed nothing.
    let begun = guest.list(3, 100, 0).await.unwrap().0;
    for (from, to, errno) in [(3, 99, BADF), (99, 3, BADF), (3, 3, 0)] {
        assert_eq!(guest.errno("renumber", &[Value::I32(from), Value::I32(to)]).await, errno);
    }
    assert!(guest.list(3, 100, begun.last().unwrap().next).await.is_ok());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_folder_in_which_names_are_swapped_can_always_be_opened_and_listed() {
    let folder = tempfile::tempdir().unwrap();
    files(folder.path(), 50);
    let guest = Guest::new(folder.path()).await;
    let done = AtomicBool::new(false);
    let errno = std::thread::scope(|scope| {
        scope.spawn(|| {
            let at = |name: &str| folder.path().join(name);
            while !done.load(Ordering::Relaxed) {
                for (from, to) in [("file1", "aside"), ("file2", "file1"), ("aside", "file2")] {
                    fs::rename(at(from), at(to)).unwrap();
                }
            }
        });
        let errno = tokio::task::block_in_place(|| {
            tokio::runtime::Handle::current().block_on(guest.errno("opendir", &[Value::I32(3000)]))
        });
        done.store(true, Ordering::Relaxed);
        errno
    });
    assert_eq!(errno, 0);
}

#[tokio::test]
async fn a_guest_that_lists_is_stopped() {
    let folder = tempfile::tempdir().unwrap();
    files(folder.path(), 2000);
    let limits = Limits { timeout: Some(Duration::from_millis(100)), ..Default::default() };
    let guest = Guest::with(folder.path(), limits).await;
    let stopped = guest.call("list_forever", &[]).await.unwrap_err();
    assert_eq!(stopped.code, ErrorCode::FuelExhausted, "{stopped}");
}
