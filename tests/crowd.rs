//! As many instances as the machine has room for: the next one is refused, all of them work, and everything is given back.

#[path = "common/interruption.rs"]
mod interruption;

#[path = "common/held.rs"]
mod held;

use held::Held;
use interruption::options;
use runtime_wasm::actor::config::InstanceConfig;
use runtime_wasm::actor::control::StopReason;
use runtime_wasm::actor::message::{Answer, Call, Command};
use runtime_wasm::error::{ErrorCode, WasmError};
use runtime_wasm::registry::{InstanceId, ModuleId, Runtime, RuntimeOptions};
use runtime_wasm::value::Value;
use std::sync::Arc;

/// What there is room for with the limits that Linux sets by default.
const INSTANCES_MIN: usize = 7500;
const GUEST: &str = r#"(module
    (memory (export "memory") 1)
    (data (i32.const 8) "some data")
    (func (export "add") (param i32 i32) (result i32) (i32.add (local.get 0) (local.get 1))))"#;

/// Makes instances until there are so many, or one is refused.
async fn make(runtime: &Runtime, module: ModuleId, count: usize) -> (Vec<InstanceId>, Option<WasmError>) {
    let mut made = Vec::new();
    while made.len() < count {
        match runtime.instantiate(module, InstanceConfig::default()).await {
            Ok(instance) => made.push(InstanceId(instance.id())),
            Err(error) => return (made, Some(error)),
        }
    }
    (made, None)
}

async fn drop_all(runtime: &Arc<Runtime>, instances: Vec<InstanceId>) {
    let end = |id| {
        let runtime = runtime.clone();
        tokio::spawn(async move { runtime.end(id, StopReason::Dropped).await.unwrap() })
    };
    for ended in instances.into_iter().map(end).collect::<Vec<_>>() {
        ended.await.unwrap();
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn as_many_as_there_is_room_for_live_and_give_everything_back() {
    let options = RuntimeOptions { max_instances: usize::MAX, ..options() };
    let runtime = Arc::new(Runtime::new(options).unwrap());
    let module = runtime.compile("guest".into(), wat::parse_str(GUEST).unwrap()).await.unwrap();
    let (warm_up, _) = make(&runtime, module, 300).await;
    drop_all(&runtime, warm_up).await;

    let before = held::held(std::process::id());
    let (instances, refused) = make(&runtime, module, usize::MAX).await;
    let refused = refused.unwrap();
    assert_eq!(refused.code, ErrorCode::Instantiate);
    assert!(refused.message.contains("raise"), "{refused}");
    assert!(instances.len() >= INSTANCES_MIN, "{} instances, then: {refused}", instances.len());
    for (number, id) in (0..).zip(&instances) {
        let args = vec![Value::I32(number).into(), Value::I32(1).into()];
        let answer = runtime.ask(*id, Command::Call(Call { name: "add".into(), args, ..Call::default() })).await;
        assert_eq!(answer, Ok(Answer::Values(vec![Value::I32(number + 1)])));
    }
    let most = held::held(std::process::id());
    println!("{} instances: {before:?}, then {} maps and {} KiB", instances.len(), most.maps, most.rss_kib);

    drop_all(&runtime, instances).await;
    let after = held::held(std::process::id());
    println!("dropped: {after:?}");
    assert_eq!(runtime.alive(), 0);
    assert!(after.threads.len() <= before.threads.len() && after.files <= before.files, "{before:?} {after:?}");
    let kept = |of: fn(&Held) -> usize| of(&after).saturating_sub(of(&before)) * 100 / (of(&most) - of(&before));
    assert!(kept(|held| held.maps) <= 1, "maps: {before:?} {after:?}");
    assert!(kept(|held| held.rss_kib) <= 10, "memory: {before:?} {} {after:?}", most.rss_kib);
    let (again, _) = make(&runtime, module, 1).await;
    assert_eq!(again.len(), 1);
}
