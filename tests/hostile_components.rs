//! Components that few bytes of make dear, or that lie: each is refused in time with a sentence, or stays within its bounds.

#[path = "common/interruption.rs"]
mod interruption;

use interruption::options;
use runtime_wasm::actor::config::{Cause, InstanceConfig, Limits, RestartPolicy};
use runtime_wasm::actor::control::StopReason;
use runtime_wasm::actor::message::{Answer, Call, Command};
use runtime_wasm::error::{ErrorCode, WasmError};
use runtime_wasm::registry::{InstanceId, Runtime, RuntimeOptions};
use runtime_wasm::value::Value;
use std::fmt::Write;
use std::sync::Arc;
use std::time::Duration;

fn runtime() -> Runtime {
    Runtime::new(options()).unwrap()
}

async fn compiled(text: &str) -> Result<(), WasmError> {
    runtime().compile("the component".into(), wat::parse_str(text).unwrap()).await.map(drop)
}

async fn refused(text: &str, says: &str) {
    let error = compiled(text).await.expect_err(says);
    assert_eq!(error.code, ErrorCode::Compile, "{error}");
    assert!(error.message.contains(says), "{error}");
}

async fn instantiated(text: &str, limits: Limits) -> Result<u64, WasmError> {
    let runtime = runtime();
    let module = runtime.compile("the component".into(), wat::parse_str(text).unwrap()).await?;
    let config = InstanceConfig { limits, ..InstanceConfig::default() };
    Ok(runtime.instantiate(module, config).await?.stats().memory_bytes)
}

/// `count` times what `each` writes of a number.
fn repeated(count: usize, each: impl Fn(usize) -> String) -> String {
    (0..count).map(each).collect()
}

/// A function of a type that stands in the place of `ty`.
fn exporting(types: &str, ty: &str) -> String {
    format!(
        "(component {types} (core module $m (memory (export \"m\") 1)
            (func (export \"f\") (param i32 i32))
            (func (export \"r\") (param i32 i32 i32 i32) (result i32) (i32.const 0)))
         (core instance $i (instantiate $m))
         (func $f (param \"x\" {ty}) (canon lift (core func $i \"f\") (memory (core memory $i \"m\")) (realloc (core func $i \"r\"))))
         (export \"f\" (func $f)))"
    )
}

#[tokio::test]
async fn types_within_each_other_have_a_bound() {
    let nested = |depth: usize| {
        let types = repeated(depth, |at| match at {
            0 => "(type $t0 (list u8))".to_owned(),
            at => format!("(type $t{at} (list $t{}))", at - 1),
        });
        exporting(&types, &format!("$t{}", depth - 1))
    };
    compiled(&nested(90)).await.unwrap();
    refused(&nested(110), "too deep").await;
    refused(&nested(19_000), "too deep").await;
    refused(&nested(20_001), "types of components").await;
}

#[tokio::test]
async fn types_that_double_are_not_written_out() {
    let types = repeated(60, |at| match at {
        0 => "(type $t0 (tuple u8 u8))".to_owned(),
        at => format!("(type $t{at} (tuple $t{0} $t{0}))", at - 1),
    });
    refused(&exporting(&types, "(list $t59)"), "").await;
    // As large as they may be, and named a thousand times.
    let types = repeated(14, |at| match at {
        0 => "(type $t0 (tuple u8 u8))".to_owned(),
        at => format!("(type $t{at} (tuple $t{0} $t{0}))", at - 1),
    });
    compiled(&exporting(&types, "(list $t13)")).await.unwrap();
}

#[tokio::test]
async fn components_that_multiply_instances_are_refused_before_they_do() {
    let doubled = |levels: usize| {
        let mut text = String::from(
            "(component $c0 (core module $m) (core instance (instantiate $m)) (core instance (instantiate $m)))",
        );
        for level in 1..=levels {
            let inner = level - 1;
            text = format!(
                "(component $c{level} {text} (instance (instantiate $c{inner})) (instance (instantiate $c{inner})))"
            );
        }
        format!("(component {text} (instance (instantiate $c{levels})))")
    };
    compiled(&doubled(6)).await.unwrap();
    refused(&doubled(12), "instances of modules").await;
    refused(&doubled(40), "instances of modules").await;
    // By way of another name for it.
    let alias = "(component (core module $m) (component $c (alias outer 1 $m (core module $n))
        REPEATED) (instance (instantiate $c)))";
    let many = repeated(2_001, |_| "(core instance (instantiate $n))".to_owned());
    refused(&alias.replace("REPEATED", &many), "instances of modules").await;
    // Few instances of much.
    let large = repeated(5_000, |at| format!("(func (export \"{at}\"))"));
    let many = repeated(200, |_| "(core instance (instantiate $m))".to_owned());
    refused(&format!("(component (core module $m {large}) {many})"), "in all instances of its modules").await;
}

#[tokio::test]
async fn lists_of_things_have_bounds() {
    refused(&format!("(component {})", repeated(1_001, |_| "(core module)".to_owned())), "modules and components")
        .await;
    let deep = format!("{}{}", "(component ".repeat(60), ")".repeat(60));
    refused(&deep, "within each other").await;
    let imports = repeated(10_001, |at| format!("(import \"f{at}\" (func))"));
    refused(&format!("(component {imports})"), "imports and exports of components").await;
    let lowered = repeated(20_001, |_| "(core func (canon lower (func $f)))".to_owned());
    refused(&format!("(component (import \"f\" (func $f)) {lowered})"), "between a component and its modules").await;
    // Bounds of modules hold for each that is within.
    let globals = repeated(20_000, |_| "(global i32 (i32.const 0))".to_owned());
    refused(&format!("(component (component (core module {globals})))"), "globals").await;
}

#[tokio::test]
async fn a_component_that_asks_for_much_has_it_listed_in_few_words() {
    let imports =
        repeated(9_000, |at| format!("(import \"a-function-of-some-length-{at}\" (func (param \"a\" string)))"));
    let error = instantiated(&format!("(component {imports})"), Limits::default()).await.unwrap_err();
    assert_eq!(error.code, ErrorCode::Instantiate);
    assert!(error.message.contains("a-function-of-some-length-0") && error.message.contains("more"), "{error}");
    assert!(error.message.chars().count() < 3_000, "{}", error.message.len());
}

#[tokio::test]
async fn what_is_of_wasi_and_not_there_is_named() {
    let importing = |name: &str| format!("(component (import \"{name}\" (instance (export \"f\" (func)))))");
    let error = instantiated(&importing("wasi:cli/environment@0.3.0"), Limits::default()).await.unwrap_err();
    assert_eq!(error.code, ErrorCode::Instantiate);
    assert!(error.message.contains("wasi:cli/environment@0.3.0") && error.message.contains("WASI 0.3"), "{error}");
    let error = instantiated(&importing("wasi:cli/graph@0.2.0"), Limits::default()).await.unwrap_err();
    assert!(error.message.contains("wasi:cli/graph@0.2.0, which is not among"), "{error}");
    // Of the many other packages of that namespace there is none: they are the app's to give, as any other.
    let error = instantiated(&importing("wasi:nn/graph@0.2.0-rc"), Limits::default()).await.unwrap_err();
    assert!(error.message.contains("\"wasi:nn/graph@0.2.0-rc\" \"f\" is missing: expected func()"), "{error}");
    let newer = "(component (import \"wasi:cli/stdin@0.3.0\" (instance (export \"read-via-stream\" (func (result (stream u8)))))))";
    refused(newer, "WASI 0.3, with its asynchronous functions").await;
}

#[tokio::test]
async fn one_that_cannot_be_entered_any_more_is_made_anew_where_that_is_asked_for() {
    let text = r#"(component
        (core module $m
          (func (export "add") (param i32 i32) (result i32) (i32.add (local.get 0) (local.get 1)))
          (func (export "spin") (loop (br 0))))
        (core instance $i (instantiate $m))
        (func (export "add") (param "a" u32) (param "b" u32) (result u32) (canon lift (core func $i "add")))
        (func (export "spin") (canon lift (core func $i "spin"))))"#;
    let runtime =
        Runtime::new(RuntimeOptions { limits: Limits { fuel: Some(1 << 40), ..Limits::default() }, ..options() })
            .unwrap();
    let module = runtime.compile("the component".into(), wat::parse_str(text).unwrap()).await.unwrap();
    let second = Duration::from_secs(1);
    let restart = RestartPolicy { on: vec![Cause::Trap], max: 3, within: 60 * second, backoff: Duration::ZERO };
    let limits = Limits { fuel: Some(1 << 40), ..Limits::default() };
    let config = InstanceConfig { limits, restart: Some(restart), ..InstanceConfig::default() };
    let id = InstanceId(runtime.instantiate(module, config).await.unwrap().id());
    let add = || Call {
        name: "add".into(),
        args: [1, 2].map(|number| Value::I32(number).into()).to_vec(),
        ..Call::default()
    };
    let spent = Call { name: "spin".into(), fuel: Some(1000), ..Call::default() };
    assert_eq!(runtime.ask(id, Command::Call(spent)).await.unwrap_err().code, ErrorCode::FuelExhausted);
    let error = runtime.ask(id, Command::Call(add())).await.unwrap_err();
    assert!(error.code == ErrorCode::Call && error.message.contains("not entered any more"), "{error}");
    assert_eq!(runtime.ask(id, Command::Call(add())).await.unwrap(), Answer::Values(vec![Value::I32(3)]));
}

#[tokio::test]
async fn what_lists_become_is_bounded_whatever_they_take_in_the_guest() {
    let flags: String = (0..8).map(|at| format!(" \"f{at}\"")).collect();
    let text = format!(
        r#"(component
        (core module $m (memory (export "memory") 160)
          (func (export "many") (param i32) (result i32)
            (i32.store (i32.const 0) (i32.const 8)) (i32.store (i32.const 4) (local.get 0)) (i32.const 0)))
        (core instance $i (instantiate $m))
        (type $f' (flags{flags})) (export $f "f" (type $f'))
        (func (export "flags") (param "n" u32) (result (list $f)) (canon lift (core func $i "many") (memory (core memory $i "memory"))))
        (func (export "lists") (param "n" u32) (result (list (list u8))) (canon lift (core func $i "many") (memory (core memory $i "memory"))))
        (func (export "bytes") (param "n" u32) (result (list u8)) (canon lift (core func $i "many") (memory (core memory $i "memory")))))"#
    );
    let runtime = runtime();
    let module = runtime.compile("the component".into(), wat::parse_str(text).unwrap()).await.unwrap();
    let id = InstanceId(runtime.instantiate(module, InstanceConfig::default()).await.unwrap().id());
    for (name, count, fits) in [
        ("flags", 111_000, true),
        ("flags", 111_112, false),
        ("lists", 500_000, true),
        ("lists", 1_000_001, false),
        ("bytes", 4_000_000, true),
    ] {
        let call = Call { name: name.into(), args: vec![Value::I32(count).into()], ..Call::default() };
        match runtime.ask(id, Command::Call(call)).await {
            Ok(_) => assert!(fits, "{name} {count}"),
            Err(error) => {
                assert!(!fits && error.message.contains("more than 1000000 values"), "{name} {count}: {error}")
            }
        }
    }
}

#[tokio::test]
async fn memories_and_tables_are_summed_over_all_instances_in_it() {
    let with = |what: &str, count: usize| {
        let instances = repeated(count, |_| "(core instance (instantiate $m))".to_owned());
        format!("(component (core module $m {what}) {instances})")
    };
    let limits = |memory_bytes, table_elements| Limits { memory_bytes, table_elements, ..Limits::default() };
    let bytes = instantiated(&with("(memory 3)", 5), limits(1 << 20, 100)).await.unwrap();
    assert_eq!(bytes, 15 * 65536);
    let error = instantiated(&with("(memory 3)", 6), limits(1 << 20, 100)).await.unwrap_err();
    assert_eq!(error.code, ErrorCode::Instantiate);
    assert!(error.message.contains("1048576 bytes"), "{error}");
    instantiated(&with("(table 20 funcref)", 5), limits(0, 100)).await.unwrap();
    let error = instantiated(&with("(table 20 funcref)", 6), limits(0, 100)).await.unwrap_err();
    assert!(error.message.contains("100 table elements"), "{error}");
}

#[tokio::test]
async fn a_start_function_in_it_is_bounded_like_any_other() {
    let text = "(component (core module $m (func $s (loop (br 0))) (start $s)) (core instance (instantiate $m)))";
    let timeout = Some(std::time::Duration::from_millis(30));
    let error = instantiated(text, Limits { timeout, ..Limits::default() }).await.unwrap_err();
    assert_eq!(error.code, ErrorCode::FuelExhausted, "{error}");
    let error = instantiated(text, Limits { fuel: Some(10_000), ..Limits::default() }).await.unwrap_err();
    assert_eq!(error.code, ErrorCode::FuelExhausted, "{error}");
    let trapping = "(component (core module $m (func $s unreachable) (start $s)) (core instance (instantiate $m)))";
    let error = instantiated(trapping, Limits::default()).await.unwrap_err();
    assert_eq!((error.code, error.trap), (ErrorCode::Instantiate, Some("unreachable")), "{error}");
}

/// One that imports nothing is called on its thread's own stack.
#[tokio::test]
async fn one_that_imports_nothing_is_stopped_and_overflows_like_any_other() {
    let text = r#"(component
        (core module $m
          (func (export "add") (param i32 i32) (result i32) (i32.add (local.get 0) (local.get 1)))
          (func (export "spin") (loop (br 0)))
          (func $deeper (export "deeper") (result i32) (i32.add (call $deeper) (i32.const 1))))
        (core instance $i (instantiate $m))
        (func (export "add") (param "a" u32) (param "b" u32) (result u32) (canon lift (core func $i "add")))
        (func (export "spin") (canon lift (core func $i "spin")))
        (func (export "deeper") (result u32) (canon lift (core func $i "deeper"))))"#;
    let runtime = Arc::new(runtime());
    let module = runtime.compile("the component".into(), wat::parse_str(text).unwrap()).await.unwrap();
    let made = async || InstanceId(runtime.instantiate(module, InstanceConfig::default()).await.unwrap().id());
    let call = async |id, name: &str, args: &[i32], timeout| {
        let args = args.iter().map(|number| Value::I32(*number).into()).collect();
        runtime.ask(id, Command::Call(Call { name: name.into(), args, timeout, ..Call::default() })).await
    };
    let id = made().await;
    assert_eq!(call(id, "add", &[1, 2], None).await.unwrap(), Answer::Values(vec![Value::I32(3)]));
    let error = call(id, "spin", &[], Some(Duration::from_millis(30))).await.unwrap_err();
    assert_eq!(error.code, ErrorCode::FuelExhausted, "{error}");
    let id = made().await;
    let error = call(id, "deeper", &[], None).await.unwrap_err();
    assert_eq!(error.trap, Some("stack overflow"), "{error}");
    let id = made().await;
    let (spinning, asked) = (runtime.clone(), Command::Call(Call { name: "spin".into(), ..Call::default() }));
    let spins = tokio::spawn(async move { spinning.ask(id, asked).await });
    for _ in 0..10_000_000 {
        if runtime.instance(id).unwrap().stats().calls > 0 {
            break;
        }
        tokio::task::yield_now().await;
    }
    runtime.end(id, StopReason::Dropped).await.unwrap();
    assert_eq!(spins.await.unwrap().unwrap_err().code, ErrorCode::Call);
}

#[tokio::test]
async fn what_is_cut_short_or_of_no_version_is_refused() {
    let whole = wat::parse_str(exporting("", "string")).unwrap();
    let runtime = runtime();
    for length in 8..whole.len() {
        let error = runtime.compile("the component".into(), whole[..length].to_vec()).await;
        if let Err(error) = error {
            assert_eq!(error.code, ErrorCode::Compile, "{length}: {error}");
        }
    }
    for place in 0..whole.len() {
        let mut changed = whole.clone();
        changed[place] ^= 0x55;
        if let Err(error) = runtime.compile("the component".into(), changed).await {
            assert_eq!(error.code, ErrorCode::Compile, "{place}: {error}");
        }
    }
}

#[tokio::test]
async fn names_from_a_component_are_cut_and_escaped() {
    let mut text = String::from("(component ");
    let name = "x-".repeat(40_000) + "y";
    write!(text, "(import \"{name}\" (func)))").unwrap();
    let error = instantiated(&text, Limits::default()).await.unwrap_err();
    assert!(error.message.chars().count() < 1_000, "{}", error.message.len());
}
