//! Paths of guests: each call does with each of them what it does for a native program, error by error, and leads nobody out.

use runtime_wasm::actor::config::{InstanceConfig, Preopen, WasiConfig};
use runtime_wasm::actor::message::{Answer, Call, Command};
use runtime_wasm::registry::{InstanceId, ModuleId, Runtime, RuntimeOptions};
use runtime_wasm::value::{Arg, Value};
use rustix::fs::{AtFlags, CWD, FileType, Mode, OFlags, RenameFlags, Timespec, Timestamps, mknodat, renameat_with};
use rustix::io::Errno;
use std::collections::BTreeMap;
use std::fs::{self, File};
use std::os::unix::fs::{MetadataExt, symlink};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

/// Beneath preopen 3, with one path at 1024 and another at 8192; each function gives an errno.
const GUEST: &str = r#"(module
    (import "wasi_snapshot_preview1" "path_open"
        (func $open (param i32 i32 i32 i32 i32 i64 i64 i32 i32) (result i32)))
    (import "wasi_snapshot_preview1" "fd_close" (func $close (param i32) (result i32)))
    (import "wasi_snapshot_preview1" "fd_write" (func $write (param i32 i32 i32 i32) (result i32)))
    (import "wasi_snapshot_preview1" "fd_filestat_set_size" (func $resize (param i32 i64) (result i32)))
    (import "wasi_snapshot_preview1" "fd_fdstat_get" (func $fdstat (param i32 i32) (result i32)))
    (import "wasi_snapshot_preview1" "path_filestat_get" (func $stat (param i32 i32 i32 i32 i32) (result i32)))
    (import "wasi_snapshot_preview1" "path_filestat_set_times"
        (func $times (param i32 i32 i32 i32 i64 i64 i32) (result i32)))
    (import "wasi_snapshot_preview1" "path_create_directory" (func $mkdir (param i32 i32 i32) (result i32)))
    (import "wasi_snapshot_preview1" "path_remove_directory" (func $rmdir (param i32 i32 i32) (result i32)))
    (import "wasi_snapshot_preview1" "path_unlink_file" (func $unlink (param i32 i32 i32) (result i32)))
    (import "wasi_snapshot_preview1" "path_rename" (func $rename (param i32 i32 i32 i32 i32 i32) (result i32)))
    (import "wasi_snapshot_preview1" "path_link" (func $link (param i32 i32 i32 i32 i32 i32 i32) (result i32)))
    (import "wasi_snapshot_preview1" "path_symlink" (func $symlink (param i32 i32 i32 i32 i32) (result i32)))
    (import "wasi_snapshot_preview1" "path_readlink" (func $readlink (param i32 i32 i32 i32 i32 i32) (result i32)))
    (memory (export "memory") 1)
    ;; Each takes the lengths of the two paths and a number of its own.
    (func (export "open") (param $path i32) (param $other i32) (param $how i32) (result i32) (local $errno i32)
        (local.set $errno (call $open (i32.const 3)
            (i32.and (local.get $how) (i32.const 1)) (i32.const 1024) (local.get $path)
            (i32.and (i32.shr_u (local.get $how) (i32.const 8)) (i32.const 15))
            (i64.extend_i32_u (i32.and (local.get $how) (i32.const 66))) (i64.const 0) (i32.const 0) (i32.const 8)))
        (if (i32.eqz (local.get $errno)) (then (drop (call $close (i32.load (i32.const 8))))))
        (local.get $errno))
    (func (export "stat") (param $path i32) (param $other i32) (param $follow i32) (result i32)
        (call $stat (i32.const 3) (local.get $follow) (i32.const 1024) (local.get $path) (i32.const 16384)))
    (func (export "times") (param $path i32) (param $other i32) (param $follow i32) (result i32)
        (call $times (i32.const 3) (local.get $follow) (i32.const 1024) (local.get $path)
            (i64.const 1000000000) (i64.const 2000000000) (i32.const 5)))
    (func (export "mkdir") (param $path i32) (param $other i32) (param i32) (result i32)
        (call $mkdir (i32.const 3) (i32.const 1024) (local.get $path)))
    (func (export "rmdir") (param $path i32) (param $other i32) (param i32) (result i32)
        (call $rmdir (i32.const 3) (i32.const 1024) (local.get $path)))
    (func (export "unlink") (param $path i32) (param $other i32) (param i32) (result i32)
        (call $unlink (i32.const 3) (i32.const 1024) (local.get $path)))
    (func (export "rename") (param $path i32) (param $other i32) (param i32) (result i32)
        (call $rename (i32.const 3) (i32.const 1024) (local.get $path) (i32.const 3) (i32.const 8192) (local.get $other)))
    (func (export "link") (param $path i32) (param $other i32) (param i32) (result i32)
        (call $link (i32.const 3) (i32.const 0) (i32.const 1024) (local.get $path)
            (i32.const 3) (i32.const 8192) (local.get $other)))
    (func (export "symlink") (param $path i32) (param $other i32) (param i32) (result i32)
        (call $symlink (i32.const 8192) (local.get $other) (i32.const 3) (i32.const 1024) (local.get $path)))
    (func (export "readlink") (param $path i32) (param $other i32) (param i32) (result i32)
        (call $readlink (i32.const 3) (i32.const 1024) (local.get $path) (i32.const 16384) (i32.const 64) (i32.const 8)))
    ;; What the folder permits: its own rights at 16392, those of what is in it at 16400.
    (func (export "rights") (result i32) (call $fdstat (i32.const 3) (i32.const 16384)))
    (func (export "right") (param $right i32) (result i32)
        (i32.wrap_i64 (i64.and (i64.shr_u (i64.load (i32.const 16400)) (i64.extend_i32_u (local.get $right))) (i64.const 1))))
    ;; Opens with such rights, and writes and shortens what it gets: the errnos, in hundreds, tens and ones.
    (func (export "change") (param $path i32) (param $rights i64) (result i32) (local $opened i32) (local $written i32)
        (local.set $opened (call $open (i32.const 3) (i32.const 1) (i32.const 1024) (local.get $path) (i32.const 0)
            (local.get $rights) (i64.const 0) (i32.const 0) (i32.const 8)))
        (if (local.get $opened) (then (return (local.get $opened))))
        (i32.store (i32.const 32) (i32.const 1024)) (i32.store (i32.const 36) (i32.const 4))
        (local.set $written (call $write (i32.load (i32.const 8)) (i32.const 32) (i32.const 1) (i32.const 16)))
        (i32.add (i32.mul (local.get $written) (i32.const 1000))
            (i32.mul (call $resize (i32.load (i32.const 8)) (i64.const 1)) (i32.const 100000)))))"#;

/// Rights of preview 1, and flags of `open` above: to follow links, to read and write; and how to open, from bit 8 on.
const FOLLOW: i32 = 1;
const READ: i32 = 2;
const WRITE: i32 = 64;
const CREATE: i32 = 1 << 8;
const DIRECTORY: i32 = 2 << 8;
const EXCLUSIVE: i32 = 4 << 8;
const TRUNCATE: i32 = 8 << 8;

/// The errnos that occur, as the system and as preview 1 numbers them.
const ERRNOS: [(Errno, i32); 14] = [
    (Errno::ACCESS, 2),
    (Errno::BUSY, 10),
    (Errno::EXIST, 20),
    (Errno::INVAL, 28),
    (Errno::ISDIR, 31),
    (Errno::LOOP, 32),
    (Errno::NAMETOOLONG, 37),
    (Errno::NOENT, 44),
    (Errno::NOTDIR, 54),
    (Errno::NOTEMPTY, 55),
    (Errno::PERM, 63),
    (Errno::XDEV, 75),
    (Errno::NXIO, 60),
    (Errno::ILSEQ, 25),
];
const BADF: i32 = 8;
const PERM: i32 = 63;

fn number(outcome: rustix::io::Result<()>) -> i32 {
    match outcome {
        Ok(()) => 0,
        Err(errno) => ERRNOS.iter().find(|(system, _)| *system == errno).unwrap_or_else(|| panic!("{errno}")).1,
    }
}

struct Guest<'r> {
    runtime: &'r Runtime,
    id: InstanceId,
}

impl<'r> Guest<'r> {
    async fn new(runtime: &'r Runtime, module: ModuleId, folder: &Path, writable: bool) -> Self {
        let dir = Arc::new(File::open(folder).unwrap().into());
        let preopens = vec![Preopen { guest_path: "/d".into(), dir, writable, changed: None }];
        let config = InstanceConfig { wasi: WasiConfig { preopens, ..Default::default() }, ..Default::default() };
        let instance = runtime.instantiate(module, config).await.unwrap();
        Guest { runtime, id: InstanceId(instance.id()) }
    }

    async fn call(&self, name: &str, args: Vec<Value>) -> i32 {
        let args = args.into_iter().map(Arg::from).collect();
        let call = Command::Call(Call { name: name.into(), args, ..Default::default() });
        match self.runtime.ask(self.id, call).await {
            Ok(Answer::Values(values)) => match values[..] {
                [Value::I32(errno)] => errno,
                ref other => panic!("{name}: {other:?}"),
            },
            other => panic!("{name} was answered with {other:?}"),
        }
    }

    async fn put(&self, offset: u64, path: &str) -> Value {
        self.runtime.ask(self.id, Command::MemoryWrite { offset, bytes: path.into() }).await.unwrap();
        Value::I32(path.len() as i32)
    }

    async fn errno(&self, name: &str, path: &str, other: &str, number: i32) -> i32 {
        let args = vec![self.put(1024, path).await, self.put(8192, other).await, Value::I32(number)];
        self.call(name, args).await
    }
}

async fn module(runtime: &Runtime) -> ModuleId {
    runtime.compile("paths".into(), wat::parse_str(GUEST).unwrap()).await.unwrap()
}

/// What each name of a case stands for, and nothing else.
fn fill(folder: &Path) {
    let at = |name: &str| folder.join(name);
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let is_folder = path.symlink_metadata().unwrap().is_dir();
        if is_folder { fs::remove_dir_all(path) } else { fs::remove_file(path) }.unwrap();
    }
    fs::write(at("file"), "text").unwrap();
    fs::create_dir(at("empty")).unwrap();
    fs::create_dir(at("full")).unwrap();
    fs::write(at("full/inner"), "text").unwrap();
    symlink("file", at("to_file")).unwrap();
    symlink("full", at("to_full")).unwrap();
    symlink("empty/", at("to_empty")).unwrap();
    symlink("nowhere", at("dangling")).unwrap();
    symlink("loop", at("loop")).unwrap();
}

const NAMES: [&str; 9] = ["file", "empty", "full", "to_file", "to_full", "to_empty", "dangling", "loop", "missing"];

fn spellings(name: &str) -> Vec<String> {
    let behind = ["", "/", "//", "/.", "/./", "/..", "/../", "/inner", "/../file", "/../empty/"];
    let mut all: Vec<String> = behind.iter().map(|behind| format!("{name}{behind}")).collect();
    all.extend([format!("./{name}"), format!("./{name}/"), format!("full/..//{name}")]);
    all
}

/// What is in a folder, and as what.
fn tree(folder: &Path) -> BTreeMap<String, String> {
    let mut found = BTreeMap::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let stat = path.symlink_metadata().unwrap();
        let times = (stat.atime() == 1, stat.mtime() == 2);
        let what = match path.read_link() {
            Ok(target) => format!("link to {}, {times:?}", target.display()),
            Err(_) if stat.is_dir() => format!("folder {:?}, {times:?}", tree(&path)),
            Err(_) => format!("file {} {}, {times:?}", stat.len(), stat.nlink()),
        };
        found.insert(path.file_name().unwrap().to_string_lossy().into_owned(), what);
    }
    found
}

/// The very call, natively.
fn native(name: &str, folder: &File, path: &str, other: &str, number: i32) -> rustix::io::Result<()> {
    let no_follow = if number & FOLLOW == 0 { AtFlags::SYMLINK_NOFOLLOW } else { AtFlags::empty() };
    let seconds = |tv_sec| Timespec { tv_sec, tv_nsec: 0 };
    match name {
        "open" => rustix::fs::openat(folder, path, open_flags(number), Mode::from_raw_mode(0o666)).map(drop),
        "stat" => rustix::fs::statat(folder, path, no_follow).map(drop),
        "times" => {
            let times = Timestamps { last_access: seconds(1), last_modification: seconds(2) };
            rustix::fs::utimensat(folder, path, &times, no_follow)
        }
        "mkdir" => rustix::fs::mkdirat(folder, path, Mode::from_raw_mode(0o777)),
        "rmdir" => rustix::fs::unlinkat(folder, path, AtFlags::REMOVEDIR),
        "unlink" => rustix::fs::unlinkat(folder, path, AtFlags::empty()),
        "rename" => rustix::fs::renameat(folder, path, folder, other),
        "link" => rustix::fs::linkat(folder, path, folder, other, AtFlags::empty()),
        "symlink" => rustix::fs::symlinkat(other, folder, path),
        "readlink" => rustix::fs::readlinkat(folder, path, Vec::new()).map(drop),
        _ => panic!("{name}"),
    }
}

fn open_flags(number: i32) -> OFlags {
    let mut flags = match number & (READ | WRITE) {
        WRITE => OFlags::WRONLY,
        READ => OFlags::RDONLY,
        _ => OFlags::RDWR,
    };
    flags.set(OFlags::NOFOLLOW, number & FOLLOW == 0);
    flags.set(OFlags::CREATE, number & CREATE != 0);
    flags.set(OFlags::DIRECTORY, number & DIRECTORY != 0);
    flags.set(OFlags::EXCL, number & EXCLUSIVE != 0);
    flags.set(OFlags::TRUNC, number & TRUNCATE != 0);
    flags
}

/// Every call, with the other path and the number that it takes.
fn calls(path: &str) -> Vec<(&'static str, String, String, i32)> {
    let mut all = Vec::new();
    let ways = [READ, WRITE, READ | WRITE, READ | CREATE, WRITE | CREATE, WRITE | CREATE | EXCLUSIVE, WRITE | TRUNCATE];
    for way in ways.into_iter().chain([READ | DIRECTORY]) {
        all.extend([("open", path.into(), String::new(), way), ("open", path.into(), String::new(), way | FOLLOW)]);
    }
    for name in ["stat", "times"] {
        all.extend([(name, path.into(), String::new(), 0), (name, path.into(), String::new(), FOLLOW)]);
    }
    all.extend(["mkdir", "rmdir", "unlink", "readlink"].map(|name| (name, path.into(), String::new(), 0)));
    all.push(("symlink", path.into(), "file".into(), 0));
    for other in ["new", "new/", "new/.", "file", "file/", "empty", "empty/", "dangling/", "full/x", "missing/x", "."] {
        for name in ["rename", "link"] {
            all.extend([(name, path.into(), other.into(), 0), (name, other.into(), path.into(), 0)]);
        }
    }
    all
}

/// Paths that lead out, of a folder beside which others lie, and whether the last name is what leads there: that is no way out for what
/// makes and removes a name.
const WAYS_OUT: [(&str, bool); 13] = [
    ("/", false),
    ("/etc", false),
    ("//", false),
    ("..", false),
    ("../", false),
    ("../beside", false),
    ("full/../../beside", false),
    ("full/../..", false),
    ("up/beside", false),
    ("root/etc", false),
    ("up", true),
    ("up/", true),
    ("root", true),
];

#[tokio::test]
async fn no_path_leads_out_and_none_tells_what_is_there() {
    let runtime = Runtime::new(RuntimeOptions::default()).unwrap();
    let module = module(&runtime).await;
    let outer = tempfile::tempdir().unwrap();
    let folder = outer.path().join("folder");
    fs::create_dir(&folder).unwrap();
    fs::create_dir(outer.path().join("beside")).unwrap();
    fill(&folder);
    symlink("..", folder.join("up")).unwrap();
    symlink("/", folder.join("root")).unwrap();
    let before = tree(outer.path());
    let guest = Guest::new(&runtime, module, &folder, true).await;
    let mut wrong = Vec::new();
    for (path, is_a_name) in WAYS_OUT {
        for (call, path, other, number_of_its_own) in calls(path) {
            // These are about the link itself.
            let is_about_the_name = !matches!(call, "open" | "stat" | "times")
                || number_of_its_own & (FOLLOW | CREATE) != FOLLOW && !path.ends_with('/')
                || number_of_its_own & CREATE != 0;
            if is_a_name && is_about_the_name {
                continue;
            }
            let got = guest.errno(call, &path, &other, number_of_its_own).await;
            // Where the other path is what is wrong, that may be found first.
            let other_is_wrong = matches!(call, "rename" | "link") && got != 0;
            if got != PERM && !other_is_wrong {
                wrong.push(format!("{call} {path:?} {other:?} {number_of_its_own:#x}: {got}"));
            }
        }
    }
    assert_eq!(tree(outer.path()), before);
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert_eq!(guest.errno("symlink", "new", "/etc", 0).await, PERM);
    assert_eq!(guest.errno("unlink", "up", "", 0).await, 0);
    assert!(outer.path().join("beside").exists());
}

/// Whoever opens it for reading alone would wait for somebody who writes.
#[tokio::test(flavor = "multi_thread")]
async fn a_fifo_that_is_swapped_into_place_holds_nobody_up() {
    const NXIO: i32 = 60;
    let runtime = Runtime::new(RuntimeOptions::default()).unwrap();
    let module = module(&runtime).await;
    let folder = tempfile::tempdir().unwrap();
    let at = |name: &str| folder.path().join(name);
    fs::write(at("file"), "text").unwrap();
    mknodat(CWD, at("fifo"), FileType::Fifo, Mode::RWXU, 0).unwrap();
    let guest = Guest::new(&runtime, module, folder.path(), true).await;
    let done = AtomicBool::new(false);
    let opens = async {
        let mut outcomes = BTreeMap::new();
        for round in 0..3000 {
            let way = [READ, WRITE, READ | WRITE, WRITE | CREATE | TRUNCATE][round % 4];
            *outcomes.entry(guest.errno("open", "file", "", way | FOLLOW).await).or_insert(0) += 1;
        }
        done.store(true, Ordering::Relaxed);
        outcomes
    };
    let outcomes = std::thread::scope(|scope| {
        scope.spawn(|| {
            while !done.load(Ordering::Relaxed) {
                renameat_with(CWD, at("file"), CWD, at("fifo"), RenameFlags::EXCHANGE).unwrap();
            }
        });
        tokio::task::block_in_place(|| tokio::runtime::Handle::current().block_on(opens))
    });
    assert!(outcomes.keys().all(|errno| [0, NXIO].contains(errno)), "{outcomes:?}");
    assert_eq!(outcomes.values().sum::<u32>(), 3000);
}

#[tokio::test]
async fn odd_paths_are_errors() {
    let runtime = Runtime::new(RuntimeOptions::default()).unwrap();
    let module = module(&runtime).await;
    let folder = tempfile::tempdir().unwrap();
    fill(folder.path());
    let before = tree(folder.path());
    let guest = Guest::new(&runtime, module, folder.path(), true).await;
    let (long_name, long_path) = ("x".repeat(256), "./".repeat(2050) + "file");
    for (path, errno) in [("", 44), ("fi\0le", 28), (&*long_name, 37), (&long_path, 37), ("file\0", 28)] {
        for call in ["open", "stat", "times", "mkdir", "rmdir", "unlink", "readlink", "symlink", "rename", "link"] {
            let number = if call == "open" { READ } else { 0 };
            assert_eq!(guest.errno(call, path, "other", number).await, errno, "{call} {path:?}");
        }
    }
    assert_eq!(tree(folder.path()), before);
}

#[tokio::test]
async fn a_folder_to_be_read_only_says_so_and_is_not_changed() {
    const RIGHTS: [(&str, i32, bool); 8] = [
        ("to read files", 1, true),
        ("to list folders", 14, true),
        ("to open", 13, true),
        ("to stat", 18, true),
        ("to write files", 6, false),
        ("to resize files", 22, false),
        ("to make files", 10, false),
        ("to remove files", 26, false),
    ];
    let runtime = Runtime::new(RuntimeOptions::default()).unwrap();
    let module = module(&runtime).await;
    let folder = tempfile::tempdir().unwrap();
    fill(folder.path());
    let before = tree(folder.path());
    for writable in [true, false] {
        let guest = Guest::new(&runtime, module, folder.path(), writable).await;
        assert_eq!(guest.call("rights", vec![]).await, 0);
        for (what, right, always) in RIGHTS {
            let has = guest.call("right", vec![Value::I32(right)]).await == 1;
            assert_eq!(has, always || writable, "{what}, writable: {writable}");
        }
    }
    let guest = Guest::new(&runtime, module, folder.path(), false).await;
    for (path, call, number) in [
        ("file", "open", WRITE),
        ("file", "open", READ | WRITE),
        ("file", "open", READ | TRUNCATE),
        ("file", "open", READ | CREATE),
        ("new", "open", READ | CREATE),
        ("file", "times", FOLLOW),
        ("new", "mkdir", 0),
        ("empty", "rmdir", 0),
        ("file", "unlink", 0),
        ("file", "rename", 0),
        ("file", "link", 0),
        ("new", "symlink", 0),
    ] {
        assert_eq!(guest.errno(call, path, "other", number).await, PERM, "{call} {path} {number:#x}");
    }
    // What a C library asks for, which leaves out the rights that the folder does not have: to read, to write, to do both.
    for (rights, expected) in [(1 << 1, BADF * 1000 + PERM * 100_000), (1 << 8, PERM), (1 << 8 | 1 << 1, PERM)] {
        let path = guest.put(1024, "file").await;
        assert_eq!(guest.call("change", vec![path, Value::I64(rights)]).await, expected, "{rights:#x}");
    }
    assert_eq!(tree(folder.path()), before);
}

#[tokio::test]
async fn each_call_does_with_each_path_what_it_does_natively() {
    let runtime = Runtime::new(RuntimeOptions::default()).unwrap();
    let module = module(&runtime).await;
    let mut wrong = Vec::new();
    let (mut count, mut failed) = (0, 0);
    let [ours, theirs] = [tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap()];
    let guest = Guest::new(&runtime, module, ours.path(), true).await;
    let folder = File::open(theirs.path()).unwrap();
    fill(theirs.path());
    let fresh = tree(theirs.path());
    for name in NAMES {
        let paths = spellings(name);
        for (call, path, other, number_of_its_own) in paths.iter().flat_map(|path| calls(path)) {
            for folder in [&ours, &theirs].map(|folder| folder.path()).into_iter().filter(|at| tree(at) != fresh) {
                fill(folder);
            }
            let got = guest.errno(call, &path, &other, number_of_its_own).await;
            let expected = number(native(call, &folder, &path, &other, number_of_its_own));
            count += 1;
            failed += usize::from(expected != 0);
            if got != expected || tree(ours.path()) != tree(theirs.path()) {
                wrong.push(format!("{call} {path:?} {other:?} {number_of_its_own:#x}: {got}, natively {expected}"));
            }
        }
    }
    assert!(wrong.is_empty(), "{} of {count}:\n{}", wrong.len(), wrong.join("\n"));
    assert!(count > 5000 && failed > 2000 && failed < count, "{failed} of {count}");
}
