//! How long it takes from a stop to the end of the guest's thread, for both ways of calling a guest out.
//!
//! cargo run --release --example stops -- [ROUNDS]

use runtime_wasm::actor::config::InstanceConfig;
use runtime_wasm::actor::control::StopReason;
use runtime_wasm::actor::message::{Call, Command};
use runtime_wasm::registry::{Interruption, Runtime, RuntimeOptions};
use std::time::{Duration, Instant};

/// Guests that run on, as `spin`, `recurse` and `call`; one that nobody asks for anything is there to compare.
const GUEST: &str = r#"(module
    (func (export "spin") (loop br 0))
    (func $down (param i32) (result i32)
        (if (result i32) (local.get 0) (then (call $down (i32.sub (local.get 0) (i32.const 1)))) (else (i32.const 0))))
    (func (export "recurse") (loop (drop (call $down (i32.const 1000))) br 0))
    (func $nothing)
    (func (export "call") (loop (call $nothing) (call $nothing) br 0)))"#;

#[tokio::main(flavor = "multi_thread", worker_threads = 1)]
async fn main() {
    let rounds = std::env::args().nth(1).and_then(|rounds| rounds.parse().ok()).unwrap_or(1000_usize);
    for interruption in Interruption::ALL {
        let runtime = Runtime::new(RuntimeOptions { interruption, ..RuntimeOptions::default() }).expect("threads");
        let module =
            runtime.compile("the guest".to_owned(), wat::parse_str(GUEST).expect("a guest")).await.expect("a module");
        for name in ["idle", "spin", "recurse", "call"] {
            let mut gone = Vec::new();
            for _ in 0..rounds {
                let actor = runtime.instantiate(module, InstanceConfig::default()).await.expect("an instance");
                let asked = actor.clone();
                let call = Call { name: name.into(), ..Call::default() };
                let running = tokio::spawn(async move {
                    if name == "idle" { None } else { Some(asked.ask(Command::Call(call)).await) }
                });
                tokio::time::sleep(Duration::from_millis(1)).await;
                let from = Instant::now();
                actor.stop(StopReason::Dropped);
                actor.gone().await;
                gone.push(from.elapsed().as_micros());
                let _ = running.await;
            }
            gone.sort_unstable();
            let at = |part: usize| gone[(rounds * part / 100).min(rounds - 1)];
            println!("{:10} {name:8} gone after p50 {} us, p99 {} us", interruption.name(), at(50), at(99));
        }
    }
}
