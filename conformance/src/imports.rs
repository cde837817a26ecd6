//! What modules of the suite import, and how that is met.

use runtime_wasm::actor::host_call::{Given, HostEvent, HostEvents, HostImports, HostReply};
use runtime_wasm::module_info::{Import, ModuleInfo};
use runtime_wasm::registry::InstanceId;
use runtime_wasm::value::{Arg, Value};
use std::collections::HashMap;

/// What all imports of a module are met with.
///
/// # Errors
/// The instances that it imports from: these share nothing.
pub fn met(
    info: &ModuleInfo,
    registered: &HashMap<String, Option<InstanceId>>,
) -> Result<HostImports, Vec<InstanceId>> {
    let others: Vec<_> = info.imports.iter().filter_map(|import| registered.get(&import.module)).collect();
    if !others.is_empty() {
        return Err(others.into_iter().flatten().copied().collect());
    }
    let given = info.imports.iter().map(|import| match &*import.module {
        "spectest" => of_the_suite(import),
        _ => Given::Nothing,
    });
    Ok(HostImports { events: printer(), set: 0, given: given.collect() })
}

/// Does it import a memory or a table of the suite's own?
pub fn has_fresh(info: &ModuleInfo) -> bool {
    info.imports.iter().any(|import| import.module == "spectest" && matches!(of_the_suite(import), Given::Fresh))
}

/// The module `spectest`, as the suite has it.
fn of_the_suite(import: &Import) -> Given {
    let value = |value: Value| Given::Value(Arg::from(value));
    match &*import.name {
        "print" | "print_i32" | "print_i64" | "print_f32" | "print_f64" | "print_i32_f32" | "print_f64_f64" => {
            Given::Function
        }
        "global_i32" => value(Value::I32(666)),
        "global_i64" => value(Value::I64(666)),
        "global_f32" => value(Value::F32(666.6_f32.to_bits())),
        "global_f64" => value(Value::F64(666.6_f64.to_bits())),
        "memory" | "shared_memory" | "table" | "table64" => Given::Fresh,
        _ => Given::Nothing,
    }
}

/// Answers all calls with nothing, as printing does.
fn printer() -> HostEvents {
    let (events, mut coming) = HostEvents::new();
    tokio::spawn(async move {
        while let Some(event) = coming.recv().await {
            if let HostEvent::Call(call) = event
                && call.guest.waits()
            {
                let _ = call.replies.send(HostReply::Return(Vec::new()));
            }
        }
    });
    events
}
