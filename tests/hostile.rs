//! Guests and manifests made to hurt: each is refused with the right code or served within its limits, and the process
//! goes on.

#[path = "common/interruption.rs"]
mod interruption;

use interruption::options;
use runtime_wasm::actor::Actor;
use runtime_wasm::actor::config::{InstanceConfig, Limits};
use runtime_wasm::actor::control::StopReason;
use runtime_wasm::actor::message::{Answer, Call, Command};
use runtime_wasm::caps::{Caps, CapsErrorKind};
use runtime_wasm::error::{ErrorCode, WasmError};
use runtime_wasm::registry::{InstanceId, ModuleId, Runtime};
use std::fmt::Write;
use std::os::unix::fs::symlink;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

/// No message is longer than this, whatever a guest calls its things.
const MESSAGE_BYTES_MAX: usize = 64 * 1024;

fn runtime() -> Runtime {
    Runtime::new(options()).unwrap()
}

fn bounded() -> InstanceConfig {
    let limits = Limits { timeout: Some(Duration::from_secs(20)), memory_bytes: 64 << 20, ..Limits::default() };
    InstanceConfig { limits, ..Default::default() }
}

async fn compile(runtime: &Runtime, wat: &str) -> Result<ModuleId, WasmError> {
    runtime.compile("hostile".into(), wat::parse_str(wat).unwrap()).await
}

/// Compiles, instantiates; the code of what went wrong, if anything did.
async fn live(runtime: &Runtime, wat: &str) -> Result<Arc<Actor>, ErrorCode> {
    let made = async { runtime.instantiate(compile(runtime, wat).await?, bounded()).await };
    made.await.map_err(|error: WasmError| {
        assert!(error.message.len() < MESSAGE_BYTES_MAX, "a message of {} bytes", error.message.len());
        error.code
    })
}

async fn call(actor: &Actor, name: &str) -> Result<Answer, WasmError> {
    actor.ask(Command::Call(Call { name: name.into(), ..Call::default() })).await
}

/// Instantiates, calls `f`, and checks that the runtime still serves.
async fn call_f(runtime: &Runtime, wat: &str) -> Result<Answer, WasmError> {
    let actor = live(runtime, wat).await.unwrap_or_else(|code| panic!("{code:?}: {}", &wat[..wat.len().min(200)]));
    let outcome = call(&actor, "f").await;
    if runtime.instance(InstanceId(actor.id())).is_ok() {
        runtime.end(InstanceId(actor.id()), StopReason::Dropped).await.unwrap();
    }
    outcome
}

/// A number as WebAssembly writes it (LEB128).
fn leb(mut n: u64) -> Vec<u8> {
    let mut out = Vec::new();
    loop {
        let byte = (n & 0x7f) as u8;
        n >>= 7;
        if n == 0 {
            out.push(byte);
            return out;
        }
        out.push(byte | 0x80);
    }
}

/// A module of these sections, each an id and its content.
fn module(sections: &[(u8, Vec<u8>)]) -> Vec<u8> {
    let mut bytes = b"\0asm\x01\0\0\0".to_vec();
    for (id, content) in sections {
        bytes.push(*id);
        bytes.extend(leb(content.len() as u64));
        bytes.extend(content);
    }
    bytes
}

#[tokio::test]
async fn bytes_that_are_no_module_are_5000() {
    let runtime = runtime();
    let name_of = |bytes: &[u8]| {
        let mut content = leb(1);
        content.extend(leb(bytes.len() as u64));
        content.extend(bytes);
        content.extend([2, 0]);
        module(&[(5, vec![1, 0, 1]), (7, content)])
    };
    let cases: Vec<(&str, Vec<u8>)> = vec![
        ("nothing", vec![]),
        ("half a magic", b"\0as".to_vec()),
        ("half a component", b"\0asm\x0d\0\x01\0\x07\x05".to_vec()),
        ("text", b"(module)".to_vec()),
        ("an ELF file", b"\x7fELF\x02\x01\x01\0".to_vec()),
        ("a section longer than the file", b"\0asm\x01\0\0\0\x01\xff\xff\xff\xff\x0f".to_vec()),
        ("more types than bytes", module(&[(1, leb(u64::from(u32::MAX)))])),
        ("a million and one memories", module(&[(5, [leb(1_000_001), [0, 1].repeat(1_000_001)].concat())])),
        (
            "4 billion locals",
            module(&[
                (1, vec![1, 0x60, 0, 0]),
                (3, vec![1, 0]),
                (10, vec![1, 9, 1, 0xff, 0xff, 0xff, 0xff, 0x0f, 0x7f, 0x0b, 0x0b]),
            ]),
        ),
        ("a name that is no UTF-8", name_of(b"\xff\xfe")),
        ("a surrogate in a name", name_of(b"\xed\xa0\x80")),
        ("a name of a megabyte", name_of(&vec![b'x'; 1 << 20])),
        ("a shared memory", wat::parse_str("(module (memory 1 1 shared))").unwrap()),
        (
            "two exports of one name",
            wat::parse_str(r#"(module (func $f) (export "f" (func $f)) (export "f" (func $f)))"#).unwrap(),
        ),
    ];
    for (what, bytes) in cases {
        let Err(error) = runtime.compile("hostile".into(), bytes).await else { panic!("{what} was compiled") };
        assert_eq!(error.code, ErrorCode::Compile, "{what}: {error}");
        assert!(error.message.len() < MESSAGE_BYTES_MAX, "{what}: a message of {} bytes", error.message.len());
    }
}

#[tokio::test]
async fn what_cannot_be_instantiated_is_5001_and_leaves_nothing_behind() {
    let runtime = runtime();
    let many_imports: String = (0..10_000).fold(String::new(), |mut text, n| {
        write!(text, "(import \"e\" \"{n}{}\" (func))", "x".repeat(20)).unwrap();
        text
    });
    let cases = [
        "(module (memory i64 0x1000000000000))".to_owned(),
        "(module (memory 65536))".to_owned(),
        format!("(module {})", "(memory 16384)".repeat(100)),
        "(module (table 4000000000 funcref))".to_owned(),
        format!("(module {})", "(table 500000 externref)".repeat(3)),
        "(module (memory 1) (data (i32.const 65536) \"x\"))".to_owned(),
        "(module (memory 1) (data (i32.const -1) \"x\"))".to_owned(),
        "(module (table 1 funcref) (func $f) (elem (i32.const 1) $f))".to_owned(),
        "(module (func $s (call $s)) (start $s))".to_owned(),
        "(module (memory 1) (func $s (drop (i32.load (i32.const -4)))) (start $s))".to_owned(),
        format!("(module {many_imports})"),
    ];
    for wat in cases {
        let shown = &wat[..wat.len().min(100)];
        assert_eq!(live(&runtime, &wat).await.err(), Some(ErrorCode::Instantiate), "{shown}");
        assert_eq!(runtime.alive(), 0, "{shown}");
    }
}

#[tokio::test]
async fn large_but_valid_modules_are_served() {
    let runtime = runtime();
    let exports: String = (0..9_999).fold(String::new(), |mut text, n| {
        write!(text, "(export \"{n}\" (func $f))").unwrap();
        text
    });
    let table = "0 ".repeat(60_000);
    let params = "i32 ".repeat(999);
    let cases = [
        format!("(module (func $f (export \"f\")) {exports})"),
        format!("(module (func (export \"f\") (block (br_table {table} (i32.const 7)))))"),
        format!("(module (func (export \"f\") (local {params})))"),
        format!("(module (func (export \"f\")) {})", "(memory 1)".repeat(100)),
        format!("(module (func (export \"f\")) {})", "(data \"x\")".repeat(50_000)),
        format!("(module (func (export \"f\")) (rec {}))", "(type (struct (field i32)))".repeat(5_000)),
        "(module (func (export \"f\")) (memory 0) (export \"\" (memory 0)) (export \"\\00\" (memory 0)))".to_owned(),
    ];
    for wat in cases {
        let answer = call_f(&runtime, &wat).await;
        assert!(matches!(answer, Ok(Answer::Values(_))), "{}: {answer:?}", &wat[..wat.len().min(100)]);
    }
}

/// Modules of few bytes that take the compiler seconds and gigabytes. Each bound has its own test in `src/engine/hostile`.
#[tokio::test]
async fn bombs_are_refused_at_once_and_by_name() {
    let runtime = runtime();
    let types = |results: usize| {
        let width = [leb(results as u64), vec![0x7f; results]].concat();
        (1, [vec![2, 0x60, 0, 0, 0x60], width.clone(), width].concat())
    };
    let empty_body = (10, vec![1, 2, 0, 0x0b]);
    let body = |code: Vec<u8>| (10, [leb(1), leb(code.len() as u64), code].concat());
    let with =
        |section: (u8, Vec<u8>)| module(&[(1, vec![1, 0x60, 0, 0]), (3, vec![1, 0]), section, empty_body.clone()]);
    let names = |count: u64, kind: &[u8], name: &dyn Fn(u64) -> Vec<u8>| {
        let mut content = leb(count);
        (0..count)
            .for_each(|index| content.extend([leb(name(index).len() as u64), name(index), kind.to_vec()].concat()));
        content
    };
    let digits = |index: u64| index.to_string().into_bytes();
    let blocks =
        [vec![0], b"\x41\0".repeat(500), b"\x41\0\x04\x01\x05\x0b".repeat(2000), b"\x1a".repeat(500), vec![0x0b]];
    let bombs = [
        ("exports", with((7, names(500_000, &[0, 0], &digits)))),
        ("imports", module(&[(1, vec![1, 0x60, 0, 0]), (2, names(990_000, &[0, 0, 0], &digits))])),
        ("elements", with((9, [vec![1, 1, 0], leb(1_000_000), vec![0; 1_000_000]].concat()))),
        ("element segments", with((9, [leb(100_000), [1, 0, 0].repeat(100_000)].concat()))),
        ("globals", with((6, [leb(60_000), b"\x70\0\xd2\0\x0b".repeat(60_000)].concat()))),
        (
            "constant expression",
            with((6, [b"\x01\x7f\0\x41\0".to_vec(), b"\x41\0\x6a".repeat(500_000), vec![0x0b]].concat())),
        ),
        ("types of functions", module(&[(1, [leb(50_000), [0x60, 0, 0].repeat(50_000)].concat())])),
        ("values", module(&[types(500), (3, vec![1, 0]), body(blocks.concat())])),
        (
            "loops",
            module(&[
                (1, vec![1, 0x60, 0, 0]),
                (3, vec![1, 0]),
                body([vec![0], b"\x03\x40\x0b".repeat(50_000), vec![0x0b]].concat()),
            ]),
        ),
    ];
    for (what, bytes) in bombs {
        let Err(error) = runtime.compile("bomb".into(), bytes).await else { panic!("{what} were compiled") };
        assert_eq!(error.code, ErrorCode::Compile, "{what}: {error}");
        assert!(error.message.contains(what) && error.message.contains("than the limit of"), "{what}: {error}");
    }
}

#[tokio::test]
async fn deeply_nested_code_does_not_overflow_a_stack() {
    let runtime = runtime();
    // Loops and branches cost the compiler more than their number: what it takes beyond that is not promised.
    for (open, close, depth) in
        [(&b"\x02\x40"[..], b"\x0b", 50_000), (b"\x03\x40", b"\x0b", 2_000), (b"\x41\x01\x04\x40", b"\x0b", 2_000)]
    {
        let body = [vec![0], open.repeat(depth), close.repeat(depth), vec![0x0b]].concat();
        let code = [leb(1), leb(body.len() as u64), body].concat();
        let bytes = module(&[(1, vec![1, 0x60, 0, 0]), (3, vec![1, 0]), (7, b"\x01\x01f\0\0".to_vec()), (10, code)]);
        match runtime.compile("nested".into(), bytes).await {
            Ok(id) => {
                let actor = runtime.instantiate(id, bounded()).await.unwrap();
                assert_eq!(call(&actor, "f").await, Ok(Answer::Values(vec![])));
            }
            Err(error) => assert_eq!(error.code, ErrorCode::Compile),
        }
    }
}

#[tokio::test]
async fn calls_that_go_wrong_in_odd_ways_are_errors_and_nothing_else() {
    let runtime = runtime();
    let long = "n".repeat(90_000);
    let cases = [
        // Traps whose stack has hostile names.
        (format!("(module (func ${long} unreachable) (func (export \"f\") (call ${long})))"), ErrorCode::Call),
        (
            r#"(module (func $"a\1b[2J\00\0d" unreachable) (func (export "f") (call $"a\1b[2J\00\0d")))"#.into(),
            ErrorCode::Call,
        ),
        // Reaching beyond memories and tables, and the ends of what may be.
        ("(module (memory i64 1) (func (export \"f\") (drop (i64.load (i64.const -1)))))".into(), ErrorCode::Call),
        (
            "(module (memory 1) (func (export \"f\") (memory.fill (i32.const 1) (i32.const 0) (i32.const -1))))".into(),
            ErrorCode::Call,
        ),
        ("(module (table 1 funcref) (func (export \"f\") (call_indirect (i32.const -1))))".into(), ErrorCode::Call),
        ("(module (table 1 funcref) (func (export \"f\") (call_indirect (i32.const 0))))".into(), ErrorCode::Call),
        // Values that cannot cross.
        ("(module (func (export \"f\") (result i31ref) (ref.i31 (i32.const 1))))".into(), ErrorCode::Type),
        ("(module (type $s (struct)) (func (export \"f\") (result (ref $s)) (struct.new $s)))".into(), ErrorCode::Type),
    ];
    for (wat, code) in cases {
        let shown = &wat[..wat.len().min(100)];
        let error = call_f(&runtime, &wat).await.expect_err(shown);
        assert_eq!(error.code, code, "{shown}: {error}");
        assert!(error.message.len() < MESSAGE_BYTES_MAX, "{shown}: a message of {} bytes", error.message.len());
    }
    assert_eq!(runtime.alive(), 0);
}

/// Guests that end in other ways than by a trap instruction say how as well, and are called again.
#[tokio::test]
async fn an_uncaught_exception_and_a_full_heap_are_named_as_traps_are() {
    let runtime = runtime();
    let wat = "(module (tag $t (param i32)) (type $n (struct (field (ref null $n)) (field i64)))
        (global $kept (mut (ref null $n)) (ref.null $n))
        (func (export \"throw\") (throw $t (i32.const 1)))
        (func (export \"take\") (loop (global.set $kept (struct.new $n (global.get $kept) (i64.const 0))) (br 0)))
        (func (export \"let_go\") (global.set $kept (ref.null $n))))";
    let module = compile(&runtime, wat).await.unwrap();
    let limits = Limits { memory_bytes: 4 << 20, ..Limits::default() };
    let actor = runtime.instantiate(module, InstanceConfig { limits, ..Default::default() }).await.unwrap();
    for _ in 0..3 {
        for (name, trap) in [("throw", "uncaught exception"), ("take", "heap out of memory")] {
            let error = call(&actor, name).await.unwrap_err();
            assert_eq!((error.code, error.trap), (ErrorCode::Call, Some(trap)), "{error}");
            assert!(error.message.ends_with(trap) && !error.guest_stack.is_empty(), "{error:?}");
        }
        assert!(actor.stats().memory_bytes <= 4 << 20);
        assert_eq!(call(&actor, "let_go").await, Ok(Answer::Values(vec![])));
    }
}

#[tokio::test]
async fn guests_that_take_all_they_can_get_no_more_than_their_limit() {
    let runtime = runtime();
    let memory = "(module (memory (export \"memory\") 0) (func (export \"f\") (result i32)
        (loop (br_if 0 (i32.ne (memory.grow (i32.const 16)) (i32.const -1)))) (memory.size)))";
    assert_eq!(call_f(&runtime, memory).await, Ok(Answer::Values(vec![runtime_wasm::value::Value::I32(1024)])));
    let table = "(module (table 0 externref) (func (export \"f\") (result i32)
        (loop (br_if 0 (i32.ne (table.grow (ref.null extern) (i32.const 1000)) (i32.const -1)))) (table.size)))";
    assert_eq!(call_f(&runtime, table).await, Ok(Answer::Values(vec![runtime_wasm::value::Value::I32(1_000_000)])));
}

#[tokio::test]
async fn an_instance_made_during_or_after_a_shutdown_does_not_live_on() {
    let runtime = Arc::new(runtime());
    let module = compile(&runtime, "(module (func $s (loop br 0)) (start $s))").await.unwrap();
    let making = tokio::spawn({
        let runtime = runtime.clone();
        async move { runtime.instantiate(module, InstanceConfig::default()).await.map(|_| ()) }
    });
    while runtime.alive() == 0 {
        tokio::task::yield_now().await;
    }
    let left = tokio::task::spawn_blocking({
        let runtime = runtime.clone();
        move || runtime.shutdown(Duration::from_secs(60))
    });
    assert_eq!(left.await.unwrap(), 0);
    assert!(making.await.unwrap().is_err());
    let late = runtime.instantiate(module, InstanceConfig::default()).await.map(|_| ()).unwrap_err();
    assert!(late.code == ErrorCode::Instantiate && late.message.contains("shut down"), "{late}");
}

/// Parses a manifest beside nothing. What is refused says where.
fn manifest(text: &str) -> Result<Caps, String> {
    let parsed = Caps::from_toml(text, Path::new("/nowhere/manifest.app.toml"), None);
    parsed.map_err(|error| {
        let shown = error.to_string();
        assert!(shown.starts_with("/nowhere/manifest.app.toml"), "{shown}");
        assert!(shown.len() < text.len() * 4 + 1000, "an error of {} bytes", shown.len());
        shown
    })
}

#[test]
fn odd_manifests_are_taken_or_refused_and_never_more() {
    let wasm = |line: &str| format!("[capabilities.wasm]\n{line}\n");
    for text in [
        "\u{feff}[capabilities.wasm]\nload = []\n".to_owned(),
        "[capabilities.wasm]\r\nload = []\r\n".to_owned(),
        wasm("load = [\"**\", \"*\", \"?\", \"{}\", \"{a,b}\", \"/proc/self/*\", \"../../..\", \"./././\", \"//\"]"),
        wasm("preopens = [\"/\", \"/proc\", \"/proc/self/root\", \"/dev/null\", \"\u{202e}\"]"),
        wasm("max_instances = 0xffff_ffff_ffff_ffff"),
    ] {
        let caps = manifest(&text).unwrap_or_else(|error| panic!("{text:?}: {error}"));
        assert!(caps.check_enabled().is_ok());
        assert_eq!(caps.open_module("/etc/passwd").unwrap_err().kind, CapsErrorKind::Denied);
    }
    for text in [
        "\0".to_owned(),
        "[capabilities.wasm]\rload = []".to_owned(),
        "[capabilities.wasm]\n[capabilities.wasm]".to_owned(),
        "[[capabilities.wasm]]".to_owned(),
        "capabilities = 1".to_owned(),
        wasm("load = []\nload = []"),
        wasm("load = [\"[\"]"),
        wasm("load = [\"***\"]"),
        wasm("load = [\"a**\"]"),
        wasm("load = [\"a\\u0000b\"]"),
        wasm("load = [\"\"]"),
        wasm("load = [1]"),
        wasm("Load = []"),
        wasm("\"load \" = []"),
        wasm("l\u{43e}ad = []"),
        wasm("max_instances = 0x1_0000_0000_0000_0000"),
        wasm("max_instances = -0"),
        wasm("max_instances = nan"),
        wasm("max_module_bytes = \"1e9\""),
        wasm("max_module_bytes = \"\u{e9}MiB\""),
        wasm("max_module_bytes = \"99999999999999999999GiB\""),
        wasm(&format!("{} = 1", "k".repeat(1 << 16))),
        format!("x = {}", "[".repeat(100_000)),
        format!("x = {}", "{a=".repeat(100_000)),
    ] {
        assert!(manifest(&text).is_err(), "taken: {:?}", text.chars().take(80).collect::<String>());
    }
}

#[test]
fn a_manifest_nested_without_end_does_not_overflow_the_stack() {
    // Taken or refused: it is nobody's section.
    let _ = manifest(&format!("{} = 1", ["a"; 50_000].join(".")));
    let _ = manifest(&format!("[{}]", ["a"; 50_000].join(".")));
    let _ = manifest(&format!("x = {}{}", "[".repeat(50_000), "]".repeat(50_000)));
}

#[test]
fn a_pattern_that_matches_in_many_ways_is_decided() {
    let root = tempfile::tempdir().unwrap();
    let text = format!("[capabilities.wasm]\nload = [\"{}b\", \"{}x.wasm\"]\n", "*a".repeat(12), "**/".repeat(12));
    let caps = Caps::from_toml(&text, &root.path().join("manifest.app.toml"), None).unwrap();
    for path in ["a".repeat(200), "a/".repeat(60), "a/".repeat(60) + "y.wasm"] {
        assert_eq!(caps.open_module(&path).unwrap_err().kind, CapsErrorKind::Denied);
    }
}

#[test]
fn paths_that_lead_out_by_the_kernels_own_links_are_denied() {
    let root = tempfile::tempdir().unwrap();
    let inside = root.path().join("inside");
    std::fs::create_dir(&inside).unwrap();
    std::fs::write(root.path().join("secret.wasm"), "x").unwrap();
    for (name, target) in
        [("proc", "/proc/self/root"), ("cwd", "/proc/self/cwd"), ("fd", "/proc/self/fd"), ("dev", "/dev")]
    {
        symlink(target, inside.join(name)).unwrap();
    }
    let text = "[capabilities.wasm]\nload = [\"inside/**/*\", \"inside/*\"]\npreopens = [\"inside\"]\n";
    let caps = Caps::from_toml(text, &root.path().join("manifest.app.toml"), None).unwrap();
    let absolute = root.path().display();
    for path in [
        "inside/proc/etc/passwd".to_owned(),
        format!("inside/proc{absolute}/secret.wasm"),
        "inside/cwd/Cargo.toml".to_owned(),
        "inside/dev/null".to_owned(),
        "inside/fd/0".to_owned(),
        "inside/../secret.wasm".to_owned(),
        "inside/../".repeat(500) + "secret.wasm",
        "../".repeat(3000) + "etc/passwd",
        "/proc/self/root/etc/passwd".to_owned(),
        "x".repeat(100_000),
        "inside\0/x".to_owned(),
        String::new(),
        "~".to_owned(),
    ] {
        let shown: String = path.chars().take(60).collect();
        assert_eq!(caps.open_module(&path).unwrap_err().kind, CapsErrorKind::Denied, "{shown}");
        assert_eq!(caps.open_preopen(&path, None).unwrap_err().kind, CapsErrorKind::Denied, "{shown}");
    }
}

#[test]
fn a_manifest_in_the_root_folder_or_behind_a_symlink_grants_what_it_says() {
    let caps =
        Caps::from_toml("[capabilities.wasm]\npreopens = [\"proc\"]\n", Path::new("/manifest.app.toml"), None).unwrap();
    assert!(caps.open_preopen("/proc", None).is_ok());
    assert_eq!(caps.open_preopen("/", None).unwrap_err().kind, CapsErrorKind::Denied);

    let root = tempfile::tempdir().unwrap();
    for folder in ["app/data", "elsewhere/data"] {
        std::fs::create_dir_all(root.path().join(folder)).unwrap();
    }
    std::fs::write(root.path().join("elsewhere/m.toml"), "[capabilities.wasm]\npreopens = [\"data\"]\n").unwrap();
    let link = root.path().join("app/manifest.app.toml");
    symlink("../elsewhere/m.toml", &link).unwrap();
    // Relative to the folder in which the app has it, not to where the link leads.
    let caps = Caps::from_file(&link).unwrap();
    let data = std::fs::canonicalize(root.path().join("app/data")).unwrap();
    assert_eq!(caps.open_preopen("data", None).unwrap().path, data);
    assert!(caps.open_preopen(root.path().join("elsewhere/data").to_str().unwrap(), None).is_err());
}
