//! As many instances as the machine has room for: the next one is refused, all of them work, and everything is given back.

use runtime_wasm::actor::config::InstanceConfig;
use runtime_wasm::actor::control::StopReason;
use runtime_wasm::actor::message::{Answer, Ask, Call};
use runtime_wasm::error::{ErrorCode, WasmError};
use runtime_wasm::registry::{InstanceId, ModuleId, Runtime, RuntimeOptions};
use runtime_wasm::value::Value;
use std::fs;
use std::sync::Arc;

/// What there is room for with the limits that Linux sets by default.
const INSTANCES_MIN: usize = 7500;
const GUEST: &str = r#"(module
    (memory (export "memory") 1)
    (data (i32.const 8) "some data")
    (func (export "add") (param i32 i32) (result i32) (i32.add (local.get 0) (local.get 1))))"#;

/// What the kernel says this process has.
#[derive(Clone, Copy, Debug)]
struct Held {
    maps: usize,
    threads: usize,
    files: usize,
    resident_kib: usize,
}

fn held() -> Held {
    let status = fs::read_to_string("/proc/self/status").unwrap();
    let number = |key: &str| {
        let line = status.lines().find_map(|line| line.strip_prefix(key)).unwrap();
        line.split_whitespace().next().unwrap().parse().unwrap()
    };
    Held {
        maps: fs::read_to_string("/proc/self/maps").unwrap().lines().count(),
        threads: threads(),
        files: fs::read_dir("/proc/self/fd").unwrap().count(),
        resident_kib: number("VmRSS:"),
    }
}

/// How many there are, but for those that the I/O runtime keeps for its next blocking work, and ends by itself.
fn threads() -> usize {
    let tasks = fs::read_dir("/proc/self/task").unwrap().flatten();
    // A thread may end while the list is read.
    let names = tasks.filter_map(|task| fs::read_to_string(task.path().join("comm")).ok());
    names.filter(|name| name.trim() != "wasm-io").count()
}

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
    let options = RuntimeOptions { max_instances: usize::MAX, ..RuntimeOptions::default() };
    let runtime = Arc::new(Runtime::new(options).unwrap());
    let module = runtime.compile("guest".into(), wat::parse_str(GUEST).unwrap()).await.unwrap();
    let (warm_up, _) = make(&runtime, module, 300).await;
    drop_all(&runtime, warm_up).await;

    let before = held();
    let (instances, refused) = make(&runtime, module, usize::MAX).await;
    let refused = refused.unwrap();
    assert_eq!(refused.code, ErrorCode::Instantiate);
    assert!(refused.message.contains("raise"), "{refused}");
    assert!(instances.len() >= INSTANCES_MIN, "{} instances, then: {refused}", instances.len());
    for (number, id) in (0..).zip(&instances) {
        let args = vec![Value::I32(number).into(), Value::I32(1).into()];
        let answer = runtime.ask(*id, Ask::Call(Call { name: "add".into(), args, ..Call::default() })).await;
        assert_eq!(answer, Ok(Answer::Values(vec![Value::I32(number + 1)])));
    }
    let most = held();
    println!("{} instances: {before:?}, then {most:?}", instances.len());

    drop_all(&runtime, instances).await;
    let after = held();
    println!("dropped: {after:?}");
    assert_eq!(runtime.alive(), 0);
    assert!(after.threads <= before.threads && after.files <= before.files, "{before:?} {after:?}");
    let kept = |of: fn(&Held) -> usize| of(&after).saturating_sub(of(&before)) * 100 / (of(&most) - of(&before));
    assert!(kept(|held| held.maps) <= 1, "maps: {before:?} {after:?}");
    assert!(kept(|held| held.resident_kib) <= 10, "memory: {before:?} {most:?} {after:?}");
    let (again, _) = make(&runtime, module, 1).await;
    assert_eq!(again.len(), 1);
}
