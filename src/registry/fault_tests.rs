//! What a fault in one instance does to the others: nothing.

use super::{InstanceId, ModuleId, Runtime, RuntimeOptions};
use crate::actor::config::InstanceConfig;
use crate::actor::faults::{NO_THREAD, PANIC};
use crate::actor::message::{Answer, Ask, Call, Outcome};
use crate::error::ErrorCode;
use crate::value::Value;

async fn runtime_with_module() -> (Runtime, ModuleId) {
    let runtime = Runtime::new(RuntimeOptions::default()).unwrap();
    let wat = "(module (func (export \"one\") (result i32) (i32.const 1)))";
    let module = runtime.compile("test module".into(), wat::parse_str(wat).unwrap()).await.unwrap();
    (runtime, module)
}

async fn call(runtime: &Runtime, id: u64, name: &str) -> Outcome {
    runtime.ask(InstanceId(id), Ask::Call(Call { name: name.into(), ..Call::default() })).await
}

#[tokio::test]
async fn a_panic_in_a_worker_ends_one_instance_and_answers_all_its_requests() {
    let (runtime, module) = runtime_with_module().await;
    let broken = runtime.instantiate(module, InstanceConfig::default()).await.unwrap();
    let other = runtime.instantiate(module, InstanceConfig::default()).await.unwrap();
    let id = broken.id();
    let (running, first, second) =
        tokio::join!(call(&runtime, id, PANIC), call(&runtime, id, "one"), call(&runtime, id, "one"));
    let running = running.unwrap_err();
    assert_eq!(running.code, ErrorCode::Call);
    assert!(running.message.contains("on purpose"), "{running}");
    for waiting in [first, second] {
        assert_eq!(waiting.unwrap_err().code, ErrorCode::InvalidInstanceHandle);
    }
    broken.gone().await;
    assert_eq!(runtime.alive(), 1);
    assert_eq!(call(&runtime, other.id(), "one").await, Ok(Answer::Values(vec![Value::I32(1)])));
}

#[tokio::test]
async fn an_instance_without_a_thread_is_refused_and_leaves_nothing_behind() {
    let (runtime, module) = runtime_with_module().await;
    let config = InstanceConfig { name: NO_THREAD.into(), ..InstanceConfig::default() };
    let Err(refused) = runtime.instantiate(module, config).await else { panic!("it was made") };
    assert_eq!((refused.code, runtime.alive()), (ErrorCode::Instantiate, 0));
    assert!(refused.message.contains("no thread") && refused.message.contains("ulimit -u"), "{refused}");
    let next = runtime.instantiate(module, InstanceConfig::default()).await.unwrap();
    assert_eq!(call(&runtime, next.id(), "one").await, Ok(Answer::Values(vec![Value::I32(1)])));
}
