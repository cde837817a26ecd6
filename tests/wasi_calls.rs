//! Calls of WASI with lengths, counts and numbers of every size: each has an answer, and whatever a guest makes up harms nobody.

use runtime_wasm::actor::config::{InstanceConfig, Limits, Preopen, WasiConfig};
use runtime_wasm::actor::message::{Answer, Call, Command};
use runtime_wasm::error::WasmError;
use runtime_wasm::registry::{InstanceId, Runtime, RuntimeOptions};
use runtime_wasm::value::{Arg, Value};
use std::fs::{self, File};
use std::path::Path;
use std::sync::Arc;

/// The functions of preview 1 with their parameters: `i` for 32 bits, `l` for 64.
const FUNCTIONS: [(&str, &str); 44] = [
    ("args_get", "ii"),
    ("args_sizes_get", "ii"),
    ("environ_get", "ii"),
    ("environ_sizes_get", "ii"),
    ("clock_res_get", "ii"),
    ("clock_time_get", "ili"),
    ("fd_advise", "illi"),
    ("fd_allocate", "ill"),
    ("fd_close", "i"),
    ("fd_datasync", "i"),
    ("fd_fdstat_get", "ii"),
    ("fd_fdstat_set_flags", "ii"),
    ("fd_fdstat_set_rights", "ill"),
    ("fd_filestat_get", "ii"),
    ("fd_filestat_set_size", "il"),
    ("fd_filestat_set_times", "illi"),
    ("fd_pread", "iiili"),
    ("fd_prestat_get", "ii"),
    ("fd_prestat_dir_name", "iii"),
    ("fd_pwrite", "iiili"),
    ("fd_read", "iiii"),
    ("fd_readdir", "iiili"),
    ("fd_renumber", "ii"),
    ("fd_seek", "ilii"),
    ("fd_sync", "i"),
    ("fd_tell", "ii"),
    ("fd_write", "iiii"),
    ("path_create_directory", "iii"),
    ("path_filestat_get", "iiiii"),
    ("path_filestat_set_times", "iiiilli"),
    ("path_link", "iiiiiii"),
    ("path_open", "iiiiillii"),
    ("path_readlink", "iiiiii"),
    ("path_remove_directory", "iii"),
    ("path_rename", "iiiiii"),
    ("path_symlink", "iiiii"),
    ("path_unlink_file", "iii"),
    ("poll_oneoff", "iiii"),
    ("random_get", "ii"),
    ("sched_yield", ""),
    ("sock_accept", "iii"),
    ("sock_recv", "iiiiii"),
    ("sock_send", "iiiii"),
    ("sock_shutdown", "ii"),
];

const BADF: i32 = 8;
const FBIG_OR_INVAL: [i32; 2] = [22, 28];
const INVAL: i32 = 28;
const NOMEM: i32 = 48;

/// A guest with a memory of so many pages.
fn wat(pages: u32) -> String {
    let (mut imports, mut exports) = (String::new(), String::new());
    for (name, params) in FUNCTIONS {
        let types: String = params.chars().map(|c| if c == 'l' { " i64" } else { " i32" }).collect();
        let gets: String = (0..params.len()).map(|index| format!(" (local.get {index})")).collect();
        imports +=
            &format!("(import \"wasi_snapshot_preview1\" \"{name}\" (func ${name} (param{types}) (result i32)))\n");
        exports += &format!("(func (export \"{name}\") (param{types}) (result i32) (call ${name}{gets}))\n");
    }
    format!("(module {imports} (memory (export \"memory\") {pages}) {exports})")
}

struct Guest {
    runtime: Runtime,
    id: InstanceId,
}

impl Guest {
    async fn new(folder: &Path, pages: u32) -> Guest {
        let runtime = Runtime::new(RuntimeOptions::default()).unwrap();
        let module = runtime.compile("calls".into(), wat::parse_str(wat(pages)).unwrap()).await.unwrap();
        let dir = Arc::new(File::open(folder).unwrap().into());
        let preopens = vec![Preopen { guest_path: "/d".into(), dir, writable: true, changed: None }];
        let wasi = WasiConfig { preopens, ..Default::default() };
        let config = InstanceConfig { wasi, limits: Limits::default(), ..Default::default() };
        let id = InstanceId(runtime.instantiate(module, config).await.unwrap().id());
        Guest { runtime, id }
    }

    async fn try_call(&self, name: &str, args: &[i64]) -> Result<i32, WasmError> {
        let params = FUNCTIONS.iter().find(|(known, _)| *known == name).unwrap().1;
        let value = |(c, n): (char, &i64)| if c == 'l' { Value::I64(*n) } else { Value::I32(*n as i32) };
        let args = params.chars().zip(args).map(value).map(Arg::from).collect();
        match self.runtime.ask(self.id, Command::Call(Call { name: name.into(), args, ..Default::default() })).await? {
            Answer::Values(values) => match values[..] {
                [Value::I32(errno)] => Ok(errno),
                ref other => panic!("{other:?}"),
            },
            other => panic!("a call was answered with {other:?}"),
        }
    }

    async fn call(&self, name: &str, args: &[i64]) -> i32 {
        self.try_call(name, args).await.unwrap_or_else(|error| panic!("{name} {args:?}: {error}"))
    }

    async fn put(&self, offset: u64, bytes: &[u8]) {
        self.runtime.ask(self.id, Command::MemoryWrite { offset, bytes: bytes.into() }).await.unwrap();
    }

    async fn number(&self, offset: u64) -> u32 {
        u32::from_le_bytes(self.read(offset, 4).await.try_into().unwrap())
    }

    async fn read(&self, offset: u64, length: u64) -> Vec<u8> {
        match self.runtime.ask(self.id, Command::MemoryRead { offset, length }).await.unwrap() {
            Answer::Bytes(bytes) => bytes,
            other => panic!("{other:?}"),
        }
    }

    /// Opens a file to be read and written.
    async fn open(&self, name: &str) -> i64 {
        self.put(64, name.as_bytes()).await;
        assert_eq!(self.call("path_open", &[3, 1, 64, name.len() as i64, 1, 66, 0, 0, 32]).await, 0);
        self.number(32).await.into()
    }
}

/// A list of buffers.
fn buffers(all: impl IntoIterator<Item = (u32, u32)>) -> Vec<u8> {
    all.into_iter().flat_map(|(at, length)| [at.to_le_bytes(), length.to_le_bytes()].concat()).collect()
}

/// A subscription: of a clock for so many nanoseconds, or of a descriptor.
fn subscription(userdata: u64, kind: u8, value: u64) -> [u8; 48] {
    let mut bytes = [0; 48];
    bytes[..8].copy_from_slice(&userdata.to_le_bytes());
    bytes[8] = kind;
    let at = if kind == 0 { 24 } else { 16 };
    bytes[at..at + 8].copy_from_slice(&value.to_le_bytes());
    // The clock that only goes on.
    bytes[16] += u8::from(kind == 0);
    bytes
}

const CLOCK: u8 = 0;
const READ: u8 = 1;
const WRITE: u8 = 2;
const HOUR: u64 = 3_600_000_000_000;

#[tokio::test]
async fn a_wait_for_many_things_is_one_and_for_too_many_an_error() {
    const EVENTS: u64 = 8 << 20;
    let folder = tempfile::tempdir().unwrap();
    let guest = Guest::new(folder.path(), 2000).await;
    let poll = |count: i64| [65536, EVENTS as i64, count, 16];
    for count in [1, 2, 2047, 2048, 2049, 5000, 65_536] {
        let all: Vec<u8> = (0..count).flat_map(|n| subscription(n, CLOCK, if n % 2 == 0 { 0 } else { HOUR })).collect();
        guest.put(65536, &all).await;
        assert_eq!(guest.call("poll_oneoff", &poll(count as i64)).await, 0, "{count}");
        let told = guest.number(16).await;
        assert_eq!(u64::from(told), count.div_ceil(2), "{count}");
        let last = guest.read(EVENTS + 32 * u64::from(told - 1), 12).await;
        assert_eq!(last[..8], ((count - 1) / 2 * 2).to_le_bytes());
        assert_eq!(last[8..], [0; 4]);
    }
    for (count, errno) in [(0, INVAL), (65_537, NOMEM), (1 << 24, NOMEM), (0xffff_ffff, NOMEM)] {
        assert_eq!(guest.call("poll_oneoff", &poll(count)).await, errno, "{count}");
    }
    // Files and streams.
    let file = guest.open("file").await as u64;
    for (what, told) in [
        (vec![subscription(7, READ, 0), subscription(8, CLOCK, HOUR)], vec![(7, READ)]),
        (vec![subscription(7, CLOCK, HOUR), subscription(8, WRITE, 1)], vec![(8, WRITE)]),
        (
            vec![subscription(1, READ, file), subscription(2, WRITE, file), subscription(3, WRITE, 2)],
            vec![(1, READ), (2, WRITE), (3, WRITE)],
        ),
        (
            vec![subscription(1, READ, 0), subscription(2, READ, 0), subscription(3, CLOCK, 0)],
            vec![(1, READ), (2, READ), (3, CLOCK)],
        ),
        (vec![subscription(1, CLOCK, 1_000_000), subscription(2, CLOCK, HOUR)], vec![(1, CLOCK)]),
    ] {
        guest.put(65536, &what.concat()).await;
        assert_eq!(guest.call("poll_oneoff", &poll(what.len() as i64)).await, 0, "{what:?}");
        let mut events = Vec::new();
        for index in 0..guest.number(16).await.into() {
            let event = guest.read(EVENTS + 32 * index, 32).await;
            assert_eq!(event[8..10], [0, 0], "an event has an error");
            events.push((u64::from_le_bytes(event[..8].try_into().unwrap()), event[10]));
        }
        assert_eq!(events, told);
    }
    for (kind, fd) in [(READ, 1), (READ, 3), (READ, 99), (WRITE, 0), (WRITE, 3), (WRITE, 99)] {
        guest.put(65536, &subscription(0, kind, fd)).await;
        assert_eq!(guest.call("poll_oneoff", &poll(1)).await, BADF, "{kind} {fd}");
    }
}

#[tokio::test]
async fn lengths_of_every_size_are_read_and_written_as_far_as_they_go() {
    const MIB: u32 = 1 << 20;
    let folder = tempfile::tempdir().unwrap();
    let guest = Guest::new(folder.path(), 2000).await;
    let size = |name: &str| fs::metadata(folder.path().join(name)).unwrap().len();
    let file = guest.open("file").await;
    // As many buffers as the system takes, of those that are not empty.
    let some_empty = (0..3000).map(|n| (256, u32::from(n >= 1500)));
    guest.put(65536, &buffers(some_empty)).await;
    for (count, written) in [(1500, 0), (1501, 1), (3000, 1024)] {
        let before = size("file");
        assert_eq!(guest.call("fd_write", &[file, 65536, count, 16]).await, 0);
        assert_eq!((guest.number(16).await, size("file") - before), (written, written.into()), "{count}");
    }
    for count in [(1 << 20) + 1, 0xffff_ffff] {
        for name in ["fd_read", "fd_write"] {
            assert_eq!(guest.call(name, &[file, 65536, count, 16]).await, INVAL, "{name}");
        }
    }
    // More than one call transfers.
    guest.put(65536, &buffers([(MIB, 40 * MIB), (41 * MIB, 60 * MIB)])).await;
    let long = guest.open("long").await;
    for (name, args) in [("fd_write", vec![long, 65536, 2, 16]), ("fd_pread", vec![long, 65536, 2, 0, 16])] {
        assert_eq!(guest.call(name, &args).await, 0, "{name}");
        assert_eq!(guest.number(16).await, 64 * MIB, "{name}");
    }
    assert_eq!(size("long"), u64::from(64 * MIB));
    // Nothing at all is no interruption.
    for (name, fd) in [("fd_read", 0), ("fd_write", 1), ("fd_read", file), ("fd_write", file)] {
        guest.put(65536, &buffers([(256, 0)])).await;
        for count in [0, 1] {
            assert_eq!(guest.call(name, &[fd, 65536, count, 16]).await, 0, "{name} {fd}");
            assert_eq!(guest.number(16).await, 0);
        }
    }
    assert_eq!(guest.call("random_get", &[i64::from(MIB), i64::from(20 * MIB)]).await, 0);
    assert!(guest.read(u64::from(21 * MIB) - 64, 64).await.iter().any(|byte| *byte != 0));
    for offset in [-1, i64::MIN] {
        assert!(FBIG_OR_INVAL.contains(&guest.call("fd_filestat_set_size", &[file, offset]).await));
        guest.put(65536, &buffers([(256, 8)])).await;
        assert!(FBIG_OR_INVAL.contains(&guest.call("fd_pwrite", &[file, 65536, 1, offset, 16]).await));
        assert_eq!(guest.call("fd_pread", &[file, 65536, 1, offset, 16]).await, INVAL);
    }
}

#[tokio::test]
async fn flags_and_kinds_that_there_are_not_are_invalid() {
    let folder = tempfile::tempdir().unwrap();
    let guest = Guest::new(folder.path(), 4).await;
    let file = guest.open("file").await;
    for (name, args) in [
        ("clock_time_get", vec![7, 0, 128]),
        ("clock_res_get", vec![-1, 128]),
        ("fd_seek", vec![file, 0, 3, 128]),
        ("fd_seek", vec![file, 0, 0xff01, 128]),
        ("fd_advise", vec![file, 0, 0, 6]),
        ("fd_fdstat_set_flags", vec![file, 32]),
        ("fd_filestat_set_times", vec![file, 0, 0, 16]),
        ("path_filestat_get", vec![3, 2, 64, 4, 128]),
        ("path_filestat_set_times", vec![3, 1, 64, 4, 0, 0, 16]),
        ("path_link", vec![3, 2, 64, 4, 3, 64, 4]),
        ("path_open", vec![3, 2, 64, 4, 0, 2, 0, 0, 32]),
        ("path_open", vec![3, 1, 64, 4, 16, 2, 0, 0, 32]),
        ("path_open", vec![3, 1, 64, 4, 0, 1 << 40, 0, 0, 32]),
        ("path_open", vec![3, 1, 64, 4, 0, 2, 0, 32, 32]),
        ("sock_shutdown", vec![file, 4]),
    ] {
        assert_eq!(guest.call(name, &args).await, INVAL, "{name} {args:?}");
    }
    // A subscription of no kind, and one to no clock.
    for odd in [subscription(0, 3, 0), {
        let mut clock = subscription(0, CLOCK, 0);
        clock[16] = 9;
        clock
    }] {
        guest.put(65536, &odd).await;
        assert_eq!(guest.call("poll_oneoff", &[65536, 131_072, 1, 16]).await, INVAL);
    }
    assert!(guest.try_call("fd_tell", &[file, 262_144]).await.is_err(), "a place beyond the memory");
}

/// Numbers that look random, and are the same each time.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % sides
    }

    fn number(&mut self, wide: bool) -> i64 {
        let odd = [0, 1, 7, 8, 255, 0xffff, 65_536, 262_134, 262_144, 0x7fff_ffff, 0x8000_0000, 0xffff_ffff];
        match self.roll(8) {
            0 if wide => [i64::MIN, -1, i64::MAX, 1 << 32, 1 << 62][self.roll(5) as usize],
            0..3 => odd[self.roll(odd.len() as u64) as usize],
            3..6 => self.roll(16) as i64,
            _ => self.roll(262_144) as i64,
        }
    }
}

#[tokio::test]
async fn whatever_numbers_a_guest_makes_up_it_gets_an_errno_or_traps() {
    let outer = tempfile::tempdir().unwrap();
    let folder = outer.path().join("folder");
    fs::create_dir(&folder).unwrap();
    fs::write(outer.path().join("beside"), "text").unwrap();
    let guest = Guest::new(&folder, 4).await;
    let mut dice = Dice(42);
    let (mut answered, mut trapped) = (0, 0);
    for round in 0..20_000 {
        if round % 50 == 0 {
            // Paths, lists of buffers, and numbers, wherever it looks.
            let junk: Vec<u8> = (0..4096).map(|_| b"a/..b\0\xff\x01\x10 "[dice.roll(10) as usize]).collect();
            guest.put(dice.roll(16) * 8, &junk).await;
        }
        // A wait might last for ever.
        let others = FUNCTIONS.iter().filter(|(name, _)| *name != "poll_oneoff");
        let (name, params) = others.clone().nth(dice.roll(others.count() as u64) as usize).unwrap();
        let args: Vec<i64> = params.chars().map(|c| dice.number(c == 'l')).collect();
        match guest.try_call(name, &args).await {
            Ok(errno) => {
                assert!((0..=76).contains(&errno), "{name} {args:?}: {errno}");
                answered += 1;
            }
            Err(error) => {
                assert!(error.message.contains("wasi_snapshot_preview1"), "{name} {args:?}: {error}");
                trapped += 1;
            }
        }
    }
    assert!(answered > 5000 && trapped > 100, "{answered} {trapped}");
    assert_eq!(fs::read_to_string(outer.path().join("beside")).unwrap(), "text");
    assert_eq!(fs::read_dir(outer.path()).unwrap().count(), 2);
}
