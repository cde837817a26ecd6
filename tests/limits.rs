//! Guests that work against their limits: on memory and tables, on fuel, on what the host keeps for them.

#[path = "common/interruption.rs"]
mod interruption;

use interruption::options;
use runtime_wasm::actor::config::{InstanceConfig, Limits};
use runtime_wasm::actor::control::StopReason;
use runtime_wasm::actor::host_call::{Given, HostEvent, HostEvents, HostImports, HostReply};
use runtime_wasm::actor::message::{Answer, Call, Command, Request, reply};
use runtime_wasm::actor::{Actor, InstanceStats};
use runtime_wasm::error::{ErrorCode, WasmError};
use runtime_wasm::registry::{InstanceId, ModuleId, Runtime, RuntimeOptions};
use runtime_wasm::value::{Arg, ExternValue, Value};
use std::sync::Arc;
use std::time::Duration;

fn runtime() -> Runtime {
    Runtime::new(options()).unwrap()
}

async fn compile(runtime: &Runtime, wat: &str) -> ModuleId {
    runtime.compile("a guest".into(), wat::parse_str(wat).unwrap()).await.unwrap()
}

async fn guest(runtime: &Runtime, wat: &str, limits: Limits) -> Arc<Actor> {
    let module = compile(runtime, wat).await;
    // Nothing here takes so long, but for what would never end.
    let limits = Limits { timeout: Some(Duration::from_secs(60)), ..limits };
    runtime.instantiate(module, InstanceConfig { limits, ..Default::default() }).await.unwrap()
}

fn metered(fuel: u64) -> Limits {
    Limits { fuel: Some(fuel), ..Limits::default() }
}

async fn call(actor: &Actor, name: &str, args: &[Value]) -> Result<Vec<Value>, WasmError> {
    let args = args.iter().cloned().map(Arg::from).collect();
    match actor.ask(Command::Call(Call { name: name.into(), args, ..Call::default() })).await? {
        Answer::Values(values) => Ok(values),
        other => panic!("a call was answered with {other:?}"),
    }
}

fn used(actor: &Actor) -> u64 {
    let InstanceStats { fuel_used, .. } = actor.stats();
    fuel_used.unwrap()
}

#[tokio::test]
async fn a_growth_that_fails_gives_nothing_back_that_it_did_not_take() {
    let runtime = runtime();
    for (kind, index, limit) in [("table", "", 1000), ("table", "i64", 1000), ("memory", "", 20), ("memory", "i64", 20)]
    {
        let int = if index.is_empty() { "i32" } else { index };
        let item = if kind == "table" { "0 externref" } else { "0" };
        let grow = |by: &str| match kind {
            "table" => format!("(table.grow 0 (ref.null extern) {by})"),
            _ => format!("(memory.grow {by})"),
        };
        let hopeless: String = ["-1", "-2", "0x7fffffff", "0x40000000"]
            .map(|by| format!("(drop {})", grow(&format!("({int}.const {by})"))))
            .concat();
        let wat = format!(
            "(module ({kind} {index} {item})
                (func (export \"size\") (result {int}) ({kind}.size))
                (func (export \"f\") (param $n i32)
                    (loop
                        (drop {})
                        {hopeless}
                        (local.set $n (i32.sub (local.get $n) (i32.const 1)))
                        (br_if 0 (local.get $n)))))",
            grow(&format!("({int}.const 1)"))
        );
        let limits = Limits { memory_bytes: 20 << 16, table_elements: 1000, ..Limits::default() };
        let actor = guest(&runtime, &wat, limits).await;
        call(&actor, "f", &[Value::I32(5000)]).await.unwrap();
        let size = if int == "i32" { Value::I32(limit) } else { Value::I64(limit.into()) };
        assert_eq!(call(&actor, "size", &[]).await, Ok(vec![size]), "{kind} {index}");
    }
}

#[tokio::test]
async fn memories_of_one_byte_pages_are_not_compiled() {
    let bytes = wat::parse_str("(module (memory 1 (pagesize 1)))").unwrap();
    let error = runtime().compile("odd".into(), bytes).await.unwrap_err();
    assert_eq!(error.code, ErrorCode::Compile);
}

/// Ways to trap after `n` turns of a loop in the same function, and the traps.
const TRAPS: [(&str, &str); 12] = [
    ("memory out of bounds", "(drop (i32.load (i32.sub (local.get $n) (i32.const 4))))"),
    ("memory out of bounds", "(i64.store $large (i64.const -9) (i64.const 0))"),
    ("memory out of bounds", "(memory.fill (i32.const 65530) (i32.const 0) (i32.const 100))"),
    ("integer divide by zero", "(drop (i32.div_s (i32.const 1) (local.get $n)))"),
    ("integer overflow", "(drop (i32.div_s (i32.const 0x80000000) (i32.sub (local.get $n) (i32.const 1))))"),
    ("invalid conversion to integer", "(drop (i32.trunc_f32_s (f32.div (f32.const 0) (f32.const 0))))"),
    ("null reference", "(drop (struct.get $pair 0 (ref.null $pair)))"),
    ("cast failure", "(drop (ref.cast (ref $pair) (ref.i31 (local.get $n))))"),
    ("array out of bounds", "(drop (array.get $bytes (array.new $bytes (i32.const 0) (i32.const 2)) (i32.const 2)))"),
    ("table out of bounds", "(drop (table.get $funcs (i32.const 5)))"),
    ("indirect call to null", "(call_indirect $funcs (type $nothing) (i32.const 0))"),
    ("unreachable", "(unreachable)"),
];

fn trapping(instructions: &str) -> String {
    format!(
        "(module
            (type $nothing (func)) (type $pair (struct (field i32))) (type $bytes (array (mut i32)))
            (memory 1) (memory $large i64 1) (table $funcs 1 funcref)
            (func $turns (export \"turns\") (param $n i32)
                (loop (local.set $n (i32.sub (local.get $n) (i32.const 1))) (br_if 0 (local.get $n))))
            (func (export \"trap\") (param $n i32)
                (loop (local.set $n (i32.sub (local.get $n) (i32.const 1))) (br_if 0 (local.get $n)))
                {instructions}))"
    )
}

/// What a trap costs is never less than what was done before it, so that a guest gets no work for nothing by trapping.
#[tokio::test]
async fn work_that_ends_in_a_trap_is_charged() {
    const TURNS: Value = Value::I32(1_000_000);
    let runtime = runtime();
    for (trap, instructions) in TRAPS {
        let wat = trapping(instructions);
        let actor = guest(&runtime, &wat, metered(100_000_000)).await;
        call(&actor, "turns", &[TURNS]).await.unwrap();
        let work = used(&actor);
        assert!(work >= 1_000_000);
        let calls_max = 10;
        let actor = guest(&runtime, &wat, metered(work * calls_max)).await;
        let mut calls = 0;
        let spent = loop {
            let before = used(&actor);
            let error = call(&actor, "trap", &[TURNS]).await.unwrap_err();
            if error.code == ErrorCode::FuelExhausted {
                break error;
            }
            assert_eq!((error.code, error.trap), (ErrorCode::Call, Some(trap)), "{instructions}: {error}");
            calls += 1;
            assert!(used(&actor) - before >= work, "{trap}: {} for {work}", used(&actor) - before);
            assert!(calls <= calls_max, "{instructions}: more calls than there is fuel for");
        };
        // The bound is not so far off that a guest which traps by mistake has nothing left.
        assert!(calls >= calls_max - 2, "{instructions}: only {calls} calls: {spent}");
        assert_eq!(used(&actor), work * calls_max, "{instructions}");
        let over = call(&actor, "turns", &[Value::I32(1)]).await.unwrap_err();
        assert_eq!(over.code, ErrorCode::FuelExhausted);
        assert!(runtime.instance(InstanceId(actor.id())).is_ok());
    }
}

#[tokio::test]
async fn a_trap_is_charged_what_a_function_can_do_without_a_look_at_its_fuel() {
    let runtime = runtime();
    let straight = "(i32.eqz)".repeat(200_000);
    let filled = "(memory.fill (i32.const 0) (i32.const 0) (i32.const 120))".repeat(1000);
    for (work, instructions) in [
        (200_000, format!("(i32.store (i32.const 0) (i32.const 1) {straight}) unreachable")),
        (200_000, format!("(drop (i32.load (i32.const -8) (drop (i32.const 1) {straight})))")),
        (120_000, format!("{filled} (drop (i32.load (i32.const -8)))")),
    ] {
        let wat = format!("(module (memory 1) (func (export \"f\") {instructions}))");
        let actor = guest(&runtime, &wat, metered(1_000_000)).await;
        let mut calls = 0;
        while call(&actor, "f", &[]).await.unwrap_err().code != ErrorCode::FuelExhausted {
            calls += 1;
            assert!(used(&actor) >= calls * work, "{} for {calls} calls", used(&actor));
        }
        assert!((1..=1_000_000 / work + 1).contains(&calls), "{calls} calls");
    }
}

#[tokio::test]
async fn a_trap_takes_little_where_there_is_little() {
    let runtime = runtime();
    let actor = guest(&runtime, &trapping("(drop (i32.load (i32.const -8)))"), metered(10_000)).await;
    call(&actor, "trap", &[Value::I32(1)]).await.unwrap_err();
    assert!(used(&actor) < 500, "{}", used(&actor));
    let bounded = Call { name: "trap".into(), args: vec![Value::I32(100).into()], fuel: Some(50), ..Call::default() };
    let before = used(&actor);
    assert_eq!(actor.ask(Command::Call(bounded)).await.unwrap_err().code, ErrorCode::FuelExhausted);
    assert_eq!(used(&actor) - before, 50);
}

/// Operations on many bytes or elements, all beyond what there is. `$l` is a length that only shows when it runs.
const BULK: [&str; 25] = [
    "(memory.fill (i32.const 0) (i32.const 0) (local.get $l))",
    "(memory.fill (i32.const 0) (i32.const 0) (i32.const -1))",
    "(memory.fill (i32.const 1) (i32.const 0) (i32.const 65536))",
    "(memory.fill $large (i64.const 0) (i32.const 0) (local.get $ll))",
    "(memory.fill $large (i64.const 0) (i32.const 0) (i64.const -1))",
    "(memory.fill $large (i64.const 0) (i32.const 0) (i64.const 0x7fffffffffffffff))",
    "(memory.copy (i32.const 0) (i32.const 0) (local.get $l))",
    "(memory.copy $large $large (i64.const 0) (i64.const 0) (local.get $ll))",
    "(memory.copy $large 0 (i64.const 0) (i32.const 0) (local.get $l))",
    "(memory.init $data (i32.const 0) (i32.const 0) (local.get $l))",
    "(memory.init $large $data (i64.const 0) (i32.const 0) (local.get $l))",
    "(table.fill $funcs (i32.const 0) (ref.null func) (local.get $l))",
    "(table.fill $many (i64.const 0) (ref.null func) (local.get $ll))",
    "(table.copy $funcs $funcs (i32.const 0) (i32.const 0) (local.get $l))",
    "(table.copy $many $many (i64.const 0) (i64.const 0) (local.get $ll))",
    "(table.init $funcs $elements (i32.const 0) (i32.const 0) (local.get $l))",
    "(table.init $many $elements (i64.const 0) (i32.const 0) (local.get $l))",
    "(array.fill $bytes (global.get $array) (i32.const 0) (i32.const 0) (local.get $l))",
    "(array.copy $bytes $bytes (global.get $array) (i32.const 0) (global.get $array) (i32.const 0) (local.get $l))",
    "(array.init_data $bytes $data (global.get $array) (i32.const 0) (i32.const 0) (local.get $l))",
    "(array.init_elem $refs $elements (array.new $refs (ref.null func) (i32.const 2)) (i32.const 0) (i32.const 0) (local.get $l))",
    "(drop (array.new $bytes (i32.const 0) (local.get $l)))",
    "(drop (array.new_default $bytes (local.get $l)))",
    "(drop (array.new_data $bytes $data (i32.const 0) (local.get $l)))",
    "(drop (array.new_elem $refs $elements (i32.const 0) (local.get $l)))",
];

/// What ends for want of bounds says so also where fuel is counted, and leaves the fuel that was not used.
#[tokio::test]
async fn operations_on_many_bytes_trap_alike_with_and_without_metering() {
    let runtime = runtime();
    for instructions in BULK {
        let wat = format!(
            "(module
                (type $bytes (array (mut i8))) (type $refs (array (mut funcref)))
                (memory 1) (memory $large i64 1) (data $data \"some bytes\")
                (table $funcs 5 funcref) (table $many i64 5 funcref) (elem $elements func $f)
                (global $array (mut (ref null $bytes)) (ref.null $bytes))
                (func (export \"turns\") (param $n i32)
                    (loop (local.set $n (i32.sub (local.get $n) (i32.const 1))) (br_if 0 (local.get $n))))
                (func $f (export \"f\") (param $l i32) (param $ll i64) (param $n i32)
                    (global.set $array (array.new $bytes (i32.const 0) (i32.const 10)))
                    (loop (local.set $n (i32.sub (local.get $n) (i32.const 1))) (br_if 0 (local.get $n)))
                    {instructions}))"
        );
        for (length, turns) in [(-1, 1), (-1, 1_000_000), (0x7fff_ffff, 1)] {
            let args = [Value::I32(length), Value::I64(length.into()), Value::I32(turns)];
            let limits = |fuel| Limits { fuel, memory_bytes: 8 << 20, ..Limits::default() };
            let plain = guest(&runtime, &wat, limits(None)).await;
            let expected = call(&plain, "f", &args).await.unwrap_err();
            assert!(expected.code == ErrorCode::Call && expected.trap.is_some(), "{instructions}: {expected}");
            let actor = guest(&runtime, &wat, limits(Some(100_000_000))).await;
            call(&actor, "turns", &args[2..]).await.unwrap();
            let work = used(&actor);
            for _ in 0..3 {
                let before = used(&actor);
                let error = call(&actor, "f", &args).await.unwrap_err();
                // Nobody can tell an allocation that is too large for anything from one that is too large for the heap.
                let new = instructions.contains("array.new $bytes") || instructions.contains("array.new_default");
                let traps = if new { [expected.trap, Some("allocation too large")] } else { [expected.trap; 2] };
                assert!(error.code == expected.code && traps.contains(&error.trap), "{instructions} {length}: {error}");
                assert_eq!(error.guest_stack, expected.guest_stack);
                let cost = used(&actor) - before;
                // Two slices: what it did may have been lost, and what there was is known as of the last.
                assert!((work..work + 110_000 + 70_000).contains(&cost), "{instructions}: {cost} for {work}");
            }
            call(&actor, "turns", &[Value::I32(1)]).await.unwrap();
        }
    }
}

#[tokio::test]
async fn an_operation_on_more_than_there_is_fuel_for_spends_it() {
    let runtime = runtime();
    let wat = "(module (memory 100) (func (export \"f\") (param i32) (loop
        (memory.fill (i32.const 0) (i32.const 0) (local.get 0)) (br 0))))";
    for length in [1000, 65_536, 100 * 65_536] {
        let actor = guest(&runtime, wat, metered(1_000_000)).await;
        let error = call(&actor, "f", &[Value::I32(length)]).await.unwrap_err();
        assert_eq!((error.code, error.trap, used(&actor)), (ErrorCode::FuelExhausted, None, 1_000_000), "{length}");
    }
}

/// Asked to grow by 2^63 elements a 64-bit table says -1. That much on top of a count just beyond what there was must not wrap.
#[tokio::test]
async fn no_count_of_fuel_wraps() {
    let runtime = runtime();
    let straight = "(local.set $x (i32.eqz (local.get $x)))".repeat(200);
    for by in ["(local.get $by)", "(i64.const 0x7fffffffffffffff)", "(i64.const -1)"] {
        let wat = format!(
            "(module (table $t i64 1 externref) (func (export \"f\") (param $by i64) (local $x i32)
                {straight} (drop (table.grow $t (ref.null extern) {by})) (loop (br 0))))"
        );
        for by in [i64::MAX, -1, i64::MIN] {
            let actor = guest(&runtime, &wat, metered(300)).await;
            let error = call(&actor, "f", &[Value::I64(by)]).await.unwrap_err();
            assert!(error.code == ErrorCode::FuelExhausted && error.message.contains("spent the fuel"), "{error}");
        }
    }
}

/// However greedy some are, and however they go about it, a small one is made, and can do its work.
#[tokio::test]
async fn guests_that_take_all_memory_keep_no_small_one_from_being_made() {
    const GREEDY: &str = r#"(module (memory (export "memory") 1) (table $t 0 externref)
        (func $take (param i32) (loop (br_if 0 (i32.ne (memory.grow (local.get 0)) (i32.const -1)))))
        (func (export "all") (call $take (i32.const 64)) (call $take (i32.const 1))
            (loop (br_if 0 (i32.ne (table.grow $t (ref.null extern) (i32.const 100)) (i32.const -1))))))"#;
    const SMALL: &str =
        r#"(module (memory (export "memory") 17) (func (export "grow") (result i32) (memory.grow (i32.const 47))))"#;
    let max_memory_bytes = 128 << 20;
    let runtime = Runtime::new(RuntimeOptions { max_memory_bytes, ..options() }).unwrap();
    let limits = Limits { memory_bytes: u64::MAX, table_elements: 1 << 30, ..Limits::default() };
    let config = InstanceConfig { limits: limits.clone(), ..Default::default() };
    let [greedy, small] = [compile(&runtime, GREEDY).await, compile(&runtime, SMALL).await];
    // They grow side by side, each to its last page.
    let mut all = Vec::new();
    for _ in 0..2 {
        all.push(runtime.instantiate(greedy, config.clone()).await.unwrap());
    }
    let [first, second] = [&all[0], &all[1]].map(|actor| call(actor, "all", &[]));
    let (first, second) = tokio::join!(first, second);
    first.and(second).unwrap();
    // What is over the small size is refused, and says why.
    let large = compile(&runtime, "(module (memory 65))").await;
    let error = runtime.instantiate(large, config.clone()).await.err().unwrap();
    assert_eq!(error.code, ErrorCode::Instantiate);
    assert!(error.message.contains("16777216 are kept for instances of up to 4194304"), "{error}");
    // Of the reserve of 16 MiB a greedy one may have had 4 as long as it was small itself; these have all that a small one may have.
    for _ in 0..2 {
        let actor = runtime.instantiate(small, config.clone()).await.unwrap();
        assert_eq!(call(&actor, "grow", &[]).await.unwrap(), [Value::I32(17)]);
        assert_eq!(call(&actor, "grow", &[]).await.unwrap(), [Value::I32(-1)]);
        all.push(actor);
    }
    let used = runtime.stats().iter().map(|stats| stats.memory_bytes).sum::<u64>();
    assert!(used <= max_memory_bytes, "{used}");
    // What a greedy one gives back is there for others. One of them may have been too late to get anything.
    let largest = runtime.stats().into_iter().max_by_key(|stats| stats.memory_bytes).unwrap();
    runtime.end(InstanceId(largest.id), StopReason::Dropped).await.unwrap();
    runtime.instantiate(large, config).await.unwrap();
}

/// A guest that waits for a host function, while another call within that spends its fuel, has nothing of it afterwards.
#[tokio::test]
async fn fuel_that_others_use_meanwhile_is_not_given_back() {
    let runtime = runtime();
    let straight = "(drop (i32.eqz (i32.const 0)))".repeat(100_000);
    let wat = format!(
        "(module (import \"env\" \"back\" (func $back (param i32))) (memory 1)
            (func (export \"spin\") (loop (br 0)))
            (func (export \"trap\") (drop (i32.load (i32.const -8))))
            (func (export \"straight\") {straight})
            (func (export \"f\") (param i32)
                (call $back (local.get 0))
                (loop (memory.fill (i32.const 0) (i32.const 0) (i32.const 60000)) (br 0))))"
    );
    let module = compile(&runtime, &wat).await;
    for name in ["spin", "trap", "straight"] {
        let (events, mut coming) = HostEvents::new();
        let imports = HostImports { events, set: 1, given: vec![Given::Function] };
        let limits = Limits { timeout: Some(Duration::from_secs(60)), ..metered(300_000) };
        let config = InstanceConfig { limits, imports: Some(imports), ..Default::default() };
        let actor = runtime.instantiate(module, config).await.unwrap();
        for _ in 0..20 {
            let asked = actor.clone();
            let outer = tokio::spawn(async move { call(&asked, "f", &[Value::I32(1)]).await });
            let waits = tokio::time::timeout(Duration::from_secs(60), coming.recv());
            let waiting = async { waits.await.ok().flatten() };
            let Some(HostEvent::Call(host_call)) = (match used(&actor) {
                300_000 => None,
                _ => waiting.await,
            }) else {
                assert_eq!(outer.await.unwrap().unwrap_err().code, ErrorCode::FuelExhausted);
                break;
            };
            let (reply, answer) = reply();
            let command = Command::Call(Call { name: name.into(), ..Call::default() });
            host_call.replies.send(HostReply::Request(Request { command, reply })).unwrap();
            let _ = answer.outcome(|| WasmError::no_instance(actor.id())).await;
            host_call.replies.send(HostReply::Return(Vec::new())).unwrap();
            let error = outer.await.unwrap().unwrap_err();
            assert_eq!((error.code, used(&actor)), (ErrorCode::FuelExhausted, 300_000), "{name}: {error}");
        }
    }
}

/// What wasmtime does for a guest is no call of an import, and of imports each call is one.
#[tokio::test]
async fn calls_of_imports_are_counted_and_nothing_else() {
    let runtime = runtime();
    let wat = "(module
        (import \"wasi_snapshot_preview1\" \"fd_close\" (func $close (param i32) (result i32)))
        (import \"wasi_snapshot_preview1\" \"fd_readdir\" (func $list (param i32 i32 i32 i64 i32) (result i32)))
        (import \"wasi_snapshot_preview1\" \"sched_yield\" (func $yield (result i32)))
        (memory (export \"memory\") 1)
        (func (export \"f\") (local $n i32)
            (drop (memory.grow (i32.const 1)))
            (drop (call $close (i32.const 9)))
            (drop (call $list (i32.const 9) (i32.const 0) (i32.const 0) (i64.const 0) (i32.const 0)))
            (drop (call $yield))
            (local.set $n (i32.const 1000000))
            (loop (local.set $n (i32.sub (local.get $n) (i32.const 1))) (br_if 0 (local.get $n)))))";
    for fuel in [None, Some(100_000_000)] {
        let actor = guest(&runtime, wat, Limits { fuel, ..Limits::default() }).await;
        call(&actor, "f", &[]).await.unwrap();
        assert_eq!(actor.stats().host_calls, 3, "{fuel:?}");
    }
}

#[tokio::test]
async fn fuel_is_seen_while_a_call_runs() {
    let runtime = runtime();
    let actor = guest(&runtime, "(module (func (export \"f\") (loop (br 0))))", metered(1 << 60)).await;
    let asked = actor.clone();
    let spinning = tokio::spawn(async move { call(&asked, "f", &[]).await });
    while used(&actor) < 10_000_000 {
        tokio::task::yield_now().await;
    }
    actor.stop(StopReason::Dropped);
    assert_eq!(spinning.await.unwrap().unwrap_err().code, ErrorCode::Call);
}

#[tokio::test]
async fn a_guest_holds_so_many_host_values_and_no_more() {
    let runtime = runtime();
    let wat = "(module (table $kept 200000 externref) (global $n (mut i32) (i32.const 0))
        (func (export \"keep\") (param externref)
            (table.set $kept (global.get $n) (local.get 0))
            (global.set $n (i32.add (global.get $n) (i32.const 1))))
        (func (export \"see\") (param externref))
        (func (export \"let_go\")
            (table.fill $kept (i32.const 0) (ref.null extern) (i32.const 200000)) (global.set $n (i32.const 0))))";
    let actor = guest(&runtime, wat, Limits::default()).await;
    let calls = |name: &str, count| {
        let value = || Arg::from(Value::Extern(ExternValue::Undefined));
        let call = |_| Call { name: name.into(), args: vec![value()], ..Call::default() };
        Command::Batch((0..count).map(call).collect())
    };
    let mut kept = 0;
    for _ in 0..2 {
        let error = loop {
            match actor.ask(calls("keep", 5000)).await.unwrap() {
                Answer::Batch(done, failed) => {
                    kept += done.len();
                    if let Some(error) = failed {
                        break error;
                    }
                }
                other => panic!("{other:?}"),
            }
        };
        assert_eq!((kept, error.code), (100_000, ErrorCode::Type), "{error}");
        assert!(error.message.contains("100000 values of the host"), "{error}");
        call(&actor, "let_go", &[]).await.unwrap();
        kept = 0;
    }
    // Those that are let go of are not counted.
    for _ in 0..25 {
        let seen = actor.ask(calls("see", 5000)).await.unwrap();
        assert!(matches!(seen, Answer::Batch(done, None) if done.len() == 5000));
    }
}

#[tokio::test]
async fn host_values_count_against_the_memory_of_all_guests() {
    let runtime = Runtime::new(RuntimeOptions { max_memory_bytes: 1 << 20, ..options() }).unwrap();
    let wat = "(module (table $kept 10000 externref) (global $n (mut i32) (i32.const 0))
        (func (export \"keep\") (param externref)
            (table.set $kept (global.get $n) (local.get 0))
            (global.set $n (i32.add (global.get $n) (i32.const 1)))))";
    let actor = guest(&runtime, wat, Limits::default()).await;
    let mut kept = 0;
    let error = loop {
        match call(&actor, "keep", &[Value::Extern(ExternValue::Undefined)]).await {
            Ok(_) => kept += 1,
            Err(error) => break error,
        }
        assert!(kept < 10_000, "more than fit");
    };
    assert!(kept > 100 && error.message.contains("max_memory"), "{kept}: {error}");
}

#[tokio::test]
async fn the_results_of_a_batch_are_bounded() {
    let runtime = runtime();
    let (types, values) = ("i32 ".repeat(1000), "(i32.const 7)".repeat(1000));
    let wat = format!("(module (func (export \"f\") (result {types}) {values}))");
    let actor = guest(&runtime, &wat, Limits::default()).await;
    let calls = |count| Command::Batch((0..count).map(|_| Call { name: "f".into(), ..Call::default() }).collect());
    match actor.ask(calls(251)).await.unwrap() {
        Answer::Batch(done, Some(error)) => {
            assert_eq!((done.len(), error.code), (250, ErrorCode::Call));
            assert!(error.message.contains("250000 results"), "{error}");
        }
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn a_mailbox_is_no_larger_than_it_may_be() {
    let runtime = runtime();
    let module = compile(&runtime, "(module)").await;
    for places in [65_537, 1 << 31, 1 << 32, 1 << 53, 1 << 62, 1 << 63, usize::MAX] {
        let limits = Limits { mailbox: places, ..Limits::default() };
        let made = runtime.instantiate(module, InstanceConfig { limits, ..Default::default() }).await;
        let error = made.map(|_| ()).unwrap_err();
        assert!(error.code == ErrorCode::Instantiate && error.message.contains("65536"), "{error}");
    }
    for places in [0, 1, 65_536] {
        let limits = Limits { mailbox: places, ..Limits::default() };
        assert!(runtime.instantiate(module, InstanceConfig { limits, ..Default::default() }).await.is_ok());
    }
}

/// The largest numbers are no way around a bound.
#[tokio::test]
async fn limits_of_any_size_hold() {
    let runtime = Runtime::new(RuntimeOptions { max_memory_bytes: u64::MAX, ..options() }).unwrap();
    let limits = || Limits {
        fuel: Some(u64::MAX),
        timeout: Some(Duration::MAX),
        memory_bytes: u64::MAX,
        table_elements: u64::MAX,
        ..Limits::default()
    };
    for (wat, fits) in [
        ("(module (func (export \"f\")))", true),
        ("(module (table i64 0xffffffffffffffff externref) (func (export \"f\")))", false),
        ("(module (table i64 0x1000000000000000 externref) (func (export \"f\")))", false),
        ("(module (memory i64 0x1000000000000) (func (export \"f\")))", false),
    ] {
        let module = compile(&runtime, wat).await;
        match runtime.instantiate(module, InstanceConfig { limits: limits(), ..Default::default() }).await {
            Ok(actor) => assert!(fits && call(&actor, "f", &[]).await.is_ok(), "{wat}"),
            Err(error) => assert!(!fits && error.code == ErrorCode::Instantiate, "{wat}: {error}"),
        }
    }
    let none = Limits { fuel: Some(0), memory_bytes: 0, table_elements: 0, ..Limits::default() };
    let actor = guest(&runtime, "(module (func (export \"f\")))", none).await;
    assert_eq!(call(&actor, "f", &[]).await.unwrap_err().code, ErrorCode::FuelExhausted);
}

#[tokio::test]
async fn the_shortest_time_is_a_limit() {
    let runtime = runtime();
    let module = compile(&runtime, "(module (func (export \"f\") (loop (br 0))))").await;
    let actor = runtime.instantiate(module, InstanceConfig::default()).await.unwrap();
    let shortest = Some(Duration::from_nanos(1));
    let error =
        actor.ask(Command::Call(Call { name: "f".into(), timeout: shortest, ..Call::default() })).await.unwrap_err();
    assert!(error.code == ErrorCode::FuelExhausted && error.message.contains("0.000001 ms"), "{error}");
}

/// A guest is stopped, or out of time, also before it is one.
#[tokio::test]
async fn a_stop_reaches_an_instance_whose_imports_are_being_resolved() {
    let runtime = Arc::new(runtime());
    let imports: String = (0..9_000).map(|n| format!("(import \"e\" \"{n}\" (func))")).collect();
    let module = compile(&runtime, &format!("(module {imports} (func $s (loop (br 0))) (start $s))")).await;
    let (events, _coming) = HostEvents::new();
    let imports = HostImports { events, set: 1, given: vec![Given::Function; 9_000] };
    let config = |timeout| InstanceConfig {
        limits: Limits { timeout, ..Limits::default() },
        imports: Some(imports.clone()),
        ..Default::default()
    };
    let shortest = Some(Duration::from_nanos(1));
    let error = runtime.instantiate(module, config(shortest)).await.map(|_| ()).unwrap_err();
    assert_eq!((error.code, runtime.alive()), (ErrorCode::FuelExhausted, 0), "{error}");
    for turns in 0..20 {
        let making = tokio::spawn({
            let (runtime, config) = (runtime.clone(), config(None));
            async move { runtime.instantiate(module, config).await.map(|_| ()) }
        });
        while runtime.stats().is_empty() {
            tokio::task::yield_now().await;
        }
        // At one place or another of what goes before the start function, or in that.
        for _ in 0..turns * 50 {
            tokio::task::yield_now().await;
        }
        let id = runtime.stats()[0].id;
        runtime.end(InstanceId(id), StopReason::Dropped).await.unwrap();
        // Before the request has begun it is refused, as one that waits.
        let error = making.await.unwrap().unwrap_err();
        assert!(matches!(error.code, ErrorCode::Call | ErrorCode::InvalidInstanceHandle), "{error}");
        assert_eq!(runtime.alive(), 0);
    }
}

#[tokio::test]
async fn a_core_dump_is_bounded_and_no_guest_makes_it_panic() {
    let folder = tempfile::tempdir().unwrap();
    let core_dumps = Some(folder.path().to_owned());
    let runtime = Runtime::new(RuntimeOptions { core_dumps, ..options() }).unwrap();
    for (wat, written) in [
        ("(module (memory 16) (func (export \"f\") unreachable))", true),
        ("(module (memory 4097) (func (export \"f\") unreachable))", false),
        ("(module (global (mut exnref) (ref.null exn)) (func (export \"f\") unreachable))", false),
    ] {
        let before = std::fs::read_dir(folder.path()).unwrap().count();
        let actor = guest(&runtime, wat, Limits { memory_bytes: 1 << 30, ..Limits::default() }).await;
        assert_eq!(call(&actor, "f", &[]).await.unwrap_err().trap, Some("unreachable"));
        let written = before + usize::from(written);
        assert_eq!(std::fs::read_dir(folder.path()).unwrap().count(), written, "{wat}");
        // It is alive, and gives back what the dump took.
        assert_eq!(call(&actor, "f", &[]).await.unwrap_err().trap, Some("unreachable"));
    }
}
