//! Modules, valid or not. The two that read them agree; what compiles runs, with little fuel, and no outcome is an unknown one. And what compiles
//! also does once it is rewritten, to be stopped by memory protection.

use crate::block_on;
use runtime_wasm::actor::config::{InstanceConfig, Limits};
use runtime_wasm::actor::control::StopReason;
use runtime_wasm::actor::message::{Answer, Call, Command};
use runtime_wasm::engine::{Interruption, validate_and_inspect};
use runtime_wasm::error::{ErrorCode, WasmError};
use runtime_wasm::module_info::{ItemType, ModuleInfo};
use runtime_wasm::registry::{InstanceId, ModuleId, Runtime, RuntimeOptions};
use runtime_wasm::signature::{Export, ExportKind, ValueType};
use runtime_wasm::value::{Arg, RawValue, Value};
use std::sync::LazyLock;
use std::time::Duration;

const MODULE_BYTES_MAX: u64 = 64 * 1024;
const FUEL: u64 = 20_000;
const CALLS_MAX: usize = 8;
/// What a module is called in messages.
const NAME: &str = "some module";

/// Lives on from input to input: there is nothing in it in between.
static RUNTIME: LazyLock<Runtime> = LazyLock::new(|| {
    let options =
        RuntimeOptions { max_module_bytes: MODULE_BYTES_MAX, max_memory_bytes: 64 << 20, ..Default::default() };
    Runtime::new(options).expect("a runtime")
});

/// The same, but that modules are rewritten before they are compiled.
static REWRITING: LazyLock<Runtime> = LazyLock::new(|| {
    let interruption = Interruption::Protection;
    let options = RuntimeOptions { max_module_bytes: MODULE_BYTES_MAX, interruption, ..Default::default() };
    Runtime::new(options).expect("a runtime")
});

/// Compiles the bytes as they are, runs what they come to, and leaves nothing behind.
pub fn compile(data: &[u8]) {
    block_on(compile_and_run(data.to_vec()));
    assert_eq!((RUNTIME.alive(), RUNTIME.stats().len()), (0, 0), "an instance is left");
}

/// Is this a valid module?
///
/// # Errors
/// A sentence that says why it is none.
pub fn validate(bytes: &[u8]) -> Result<(), String> {
    validate_and_inspect(NAME, bytes).map(drop).map_err(|error| error.to_string())
}

async fn compile_and_run(bytes: Vec<u8>) {
    let again = bytes.clone();
    let inspected = validate_and_inspect(NAME, &bytes);
    let module = match RUNTIME.compile(NAME.to_owned(), bytes).await {
        Ok(module) => module,
        Err(error) => {
            assert_eq!(error.code, ErrorCode::Compile, "{error}");
            assert!(error.message.contains(NAME), "{error}");
            assert!(!error.message.contains("the compiler failed"), "{error}");
            assert!(inspected.is_err() || refused_by_a_bound(&error), "it can be inspected: {error}");
            return;
        }
    };
    let info = inspected.unwrap_or_else(|error| panic!("compiled, but not inspected: {error}"));
    // What WASI tells is not the same twice.
    if info.imports.is_empty() {
        rewrite_and_compile(again).await;
    }
    let exports = RUNTIME.module_exports(module).expect("it is there");
    check_exports(&info, &exports);
    run(module, &info, &exports).await;
    RUNTIME.drop_module(module).expect("it is there");
    assert_eq!(RUNTIME.drop_module(module).unwrap_err().code, ErrorCode::InvalidModuleHandle);
}

/// wasmtime validates what it compiles, so what was valid before is valid with looks in it; and it does the same.
async fn rewrite_and_compile(bytes: Vec<u8>) {
    let rewritten = match REWRITING.compile(NAME.to_owned(), bytes.clone()).await {
        Ok(module) => module,
        Err(error) => return assert!(refused_by_a_bound(&error), "it compiles as it is: {error}"),
    };
    let plain = RUNTIME.compile(NAME.to_owned(), bytes).await.expect("it has been compiled before");
    let (as_it_is, with_looks) = (outcomes(&RUNTIME, plain).await, outcomes(&REWRITING, rewritten).await);
    for (as_it_is, with_looks) in as_it_is.iter().zip(&with_looks) {
        assert_eq!(as_it_is, with_looks, "without looks, and with them");
    }
    REWRITING.drop_module(rewritten).expect("it is there");
    RUNTIME.drop_module(plain).expect("it is there");
}

/// What its functions come to, as far as that does not depend on the time or on how much of the stack a call takes.
async fn outcomes(runtime: &Runtime, module: ModuleId) -> Vec<String> {
    let limits = Limits {
        timeout: Some(Duration::from_millis(20)),
        memory_bytes: 32 << 20,
        table_elements: 5000,
        ..Limits::default()
    };
    let config = InstanceConfig { limits, ..InstanceConfig::default() };
    let Ok(actor) = runtime.instantiate(module, config).await else { return Vec::new() };
    let id = InstanceId(actor.id());
    let mut outcomes = Vec::new();
    for export in runtime.module_exports(module).expect("it is there").iter().take(CALLS_MAX) {
        let ExportKind::Function { params, .. } = &export.kind else { continue };
        let args = params.iter().map(|ty| argument(*ty)).collect();
        let call = Call { name: export.name.as_str().into(), args, ..Call::default() };
        let outcome = match runtime.ask(id, Command::Call(call)).await {
            Ok(Answer::Values(values)) => format!("{values:?}"),
            Err(error) if error.trap.is_some_and(|trap| !trap.contains("stack")) => format!("{:?}", error.trap),
            Err(error) if error.code == ErrorCode::Type => error.message,
            _ => break,
        };
        // References are numbers of their instance.
        if !(outcome.contains("Func") || outcome.contains("Extern")) {
            outcomes.push(outcome);
        }
    }
    // It may have run out of time, and then it ends by itself.
    let _ = runtime.end(id, StopReason::Dropped).await;
    actor.gone().await;
    outcomes
}

/// One of the bounds beyond the format's own, or one of wasmtime's.
fn refused_by_a_bound(error: &WasmError) -> bool {
    error.message.contains("more than the limit of")
        || error.message.contains("exceeds")
        || error.message.contains("larger")
}

/// What the compiled module exports is what inspecting it tells.
fn check_exports(info: &ModuleInfo, exports: &[Export]) {
    assert_eq!(info.exports.len(), exports.len());
    for (told, export) in info.exports.iter().zip(exports) {
        assert_eq!(told.name, export.name);
        match (&told.ty, &export.kind) {
            (ItemType::Function(told), ExportKind::Function { params, results }) => {
                assert_eq!((&told.params, &told.results), (params, results), "{}", export.name);
            }
            (ItemType::Memory(_), ExportKind::Memory)
            | (ItemType::Table(_), ExportKind::Table)
            | (ItemType::Global(_), ExportKind::Global)
            | (ItemType::Tag(_), ExportKind::Tag) => {}
            (told, found) => panic!("{} is {told:?}, and {found:?}", export.name),
        }
    }
}

async fn run(module: ModuleId, info: &ModuleInfo, exports: &[Export]) {
    let limits = Limits {
        fuel: Some(FUEL),
        // Only for what fuel does not count: a start function that sleeps, in WASI.
        timeout: Some(Duration::from_secs(2)),
        memory_bytes: 32 << 20,
        table_elements: 5000,
        ..Limits::default()
    };
    let actor = match RUNTIME.instantiate(module, InstanceConfig { limits, ..InstanceConfig::default() }).await {
        Ok(actor) => actor,
        Err(error) => {
            let codes = [ErrorCode::Instantiate, ErrorCode::FuelExhausted];
            assert!(codes.contains(&error.code), "{error}");
            return;
        }
    };
    assert!(info.needs.host.is_empty(), "instantiated without what it imports");
    let id = InstanceId(actor.id());
    // What calls WASI may sleep for an hour.
    let callable = if info.imports.is_empty() { exports } else { &[] };
    for export in callable.iter().take(CALLS_MAX) {
        match &export.kind {
            ExportKind::Function { params, results } => {
                let args = params.iter().map(|ty| argument(*ty)).collect();
                let call = Call { name: export.name.as_str().into(), args, ..Call::default() };
                check_call(RUNTIME.ask(id, Command::Call(call)).await, results);
            }
            ExportKind::Global => match RUNTIME.ask(id, Command::GlobalGet(export.name.clone())).await {
                Ok(Answer::Values(values)) => assert_eq!(values.len(), 1),
                other => assert_eq!(other.expect_err("a global has a value").code, ErrorCode::Type),
            },
            _ => {}
        }
    }
    check_memory(id, exports).await;
    let stats = actor.stats();
    assert!(stats.fuel_used <= Some(FUEL) && stats.fuel_used.is_some(), "{:?}", stats.fuel_used);
    RUNTIME.end(id, StopReason::Dropped).await.expect("it is alive");
}

fn argument(ty: ValueType) -> Arg {
    Arg::inferred(match ty {
        ValueType::I32 | ValueType::I64 | ValueType::F32 | ValueType::F64 => RawValue::Number(3.0),
        ValueType::V128 => RawValue::Vector(3),
        ValueType::FuncRef | ValueType::ExternRef | ValueType::OtherRef => RawValue::Null,
    })
}

/// Results by the signature; a trap; spent fuel; or a null where the type has none, a reference that cannot cross.
fn check_call(outcome: Result<Answer, WasmError>, results: &[ValueType]) {
    match outcome {
        Ok(Answer::Values(values)) => {
            assert_eq!(values.len(), results.len());
            for (value, ty) in values.iter().zip(results) {
                assert!(is_of(value, *ty), "{value:?} is no {ty}");
            }
        }
        Ok(other) => panic!("a call is answered with {other:?}"),
        Err(error) => match error.code {
            ErrorCode::Call => assert!(error.trap.is_some(), "no trap: {error}"),
            ErrorCode::FuelExhausted => assert!(error.message.contains("fuel"), "{error}"),
            _ => assert_eq!(error.code, ErrorCode::Type, "{error}"),
        },
    }
}

fn is_of(value: &Value, ty: ValueType) -> bool {
    match value {
        Value::I32(_) => ty == ValueType::I32,
        Value::I64(_) => ty == ValueType::I64,
        Value::F32(_) => ty == ValueType::F32,
        Value::F64(_) => ty == ValueType::F64,
        Value::V128(_) => ty == ValueType::V128,
        Value::Null => matches!(ty, ValueType::FuncRef | ValueType::ExternRef | ValueType::OtherRef),
        Value::Extern(_) => ty == ValueType::ExternRef,
        Value::Func(_) => ty == ValueType::FuncRef,
        // Only components have these.
        Value::Encoded(_) => false,
    }
}

async fn check_memory(id: InstanceId, exports: &[Export]) {
    let size = RUNTIME.ask(id, Command::MemorySize).await;
    if !exports.iter().any(|export| export.kind == ExportKind::Memory) {
        assert_eq!(size.expect_err("no memory is exported").code, ErrorCode::Memory);
        return;
    }
    let Ok(Answer::Pages(pages)) = size else { panic!("{size:?}") };
    let end = pages * 65_536;
    assert_eq!(RUNTIME.ask(id, Command::MemoryRead { offset: end, length: 0 }).await, Ok(Answer::Bytes(Vec::new())));
    for (offset, length) in [(end, 1), (end + 1, 0), (u64::MAX, 1), (1, u64::MAX)] {
        let beyond = RUNTIME.ask(id, Command::MemoryRead { offset, length }).await;
        assert_eq!(beyond.expect_err("beyond the end").code, ErrorCode::Memory);
    }
}
