//! What a fault in one instance does to the others: nothing.

use super::{InstanceId, ModuleId, Runtime, RuntimeOptions};
use crate::actor::config::{InstanceConfig, Limits};
use crate::actor::faults::{NO_THREAD, PANIC};
use crate::actor::message::{Answer, Call, Command, Outcome};
use crate::engine::faults;
use crate::error::ErrorCode;
use crate::value::Value;

async fn runtime_with_module() -> (Runtime, ModuleId) {
    let runtime = Runtime::new(RuntimeOptions::default()).unwrap();
    let wat = "(module (func (export \"one\") (result i32) (i32.const 1)))";
    let module = runtime.compile("test module".into(), wat::parse_str(wat).unwrap()).await.unwrap();
    (runtime, module)
}

async fn call(runtime: &Runtime, id: u64, name: &str) -> Outcome {
    runtime.ask(InstanceId(id), Command::Call(Call { name: name.into(), ..Call::default() })).await
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

#[tokio::test]
async fn a_compiler_that_panics_is_an_error_which_stays() {
    let runtime = Runtime::new(RuntimeOptions::default()).unwrap();
    let bytes = b"\0asm\x01\0\0\0".to_vec();
    let refused = runtime.compile(faults::PANIC.into(), bytes.clone()).await.unwrap_err();
    assert_eq!(refused.code, ErrorCode::Compile);
    assert_eq!(refused.message, format!("cannot compile {}: the compiler failed on it", faults::PANIC));
    assert!(runtime.compile("another".into(), bytes).await.is_ok());
}

#[tokio::test]
async fn a_compilation_without_a_thread_fails_and_works_the_next_time() {
    let runtime = Runtime::new(RuntimeOptions::default()).unwrap();
    let (name, bytes) = ("a module that finds no thread", b"\0asm\x01\0\0\0".to_vec());
    faults::no_thread_for(name, 1);
    let refused = runtime.compile(name.into(), bytes.clone()).await.unwrap_err();
    assert_eq!(refused.code, ErrorCode::Compile);
    assert!(refused.message.contains("no thread to compile on") && refused.message.contains("ulimit -u"), "{refused}");
    let module = runtime.compile(name.into(), bytes).await.unwrap();

    // The same where the code for the other engine is wanted first; and the module serves all that do not want that.
    faults::no_thread_for(name, 1);
    let metered =
        || InstanceConfig { limits: Limits { fuel: Some(1000), ..Limits::default() }, ..InstanceConfig::default() };
    let refused = runtime.instantiate(module, metered()).await.err().unwrap();
    assert_eq!((refused.code, runtime.alive()), (ErrorCode::Compile, 0));
    assert!(runtime.instantiate(module, InstanceConfig::default()).await.is_ok());
    assert!(runtime.instantiate(module, metered()).await.is_ok());
}

#[tokio::test]
async fn who_wants_the_same_code_at_once_waits_for_one_compilation() {
    let runtime = Runtime::new(RuntimeOptions { max_compiling: 1, ..RuntimeOptions::default() }).unwrap();
    let name = "a module for many";
    let module = runtime.compile(name.into(), b"\0asm\x01\0\0\0".to_vec()).await.unwrap();
    // The first of them finds no thread; only it is refused, and the next compiles for all others.
    faults::no_thread_for(name, 1);
    let made = futures(20, || {
        let limits = Limits { fuel: Some(1000), ..Limits::default() };
        runtime.instantiate(module, InstanceConfig { limits, ..InstanceConfig::default() })
    });
    let refused = made.await.into_iter().filter(Result::is_err).count();
    assert_eq!((refused, faults::compilations_of(name)), (1, 2));
}

/// What so many futures come to that run side by side.
async fn futures<F: Future>(count: usize, make: impl Fn() -> F) -> Vec<F::Output> {
    let mut running: Vec<_> = (0..count).map(|_| (Box::pin(make()), None)).collect();
    std::future::poll_fn(|context| {
        for (future, outcome) in &mut running {
            if outcome.is_none()
                && let std::task::Poll::Ready(ready) = future.as_mut().poll(context)
            {
                *outcome = Some(ready);
            }
        }
        if running.iter().all(|(_, outcome)| outcome.is_some()) {
            std::task::Poll::Ready(())
        } else {
            std::task::Poll::Pending
        }
    })
    .await;
    running.into_iter().filter_map(|(_, outcome)| outcome).collect()
}
