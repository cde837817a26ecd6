//! The layers below JavaScript, each for itself: `cargo bench --locked`. `make bench` puts the figures on docs/benchmarks.md.

use criterion::{BatchSize, Criterion, criterion_group, criterion_main};
use runtime_wasm::actor::config::InstanceConfig;
use runtime_wasm::actor::control::StopReason;
use runtime_wasm::actor::mailbox::Mailbox;
use runtime_wasm::actor::message::{Call, Command};
use runtime_wasm::caps::Caps;
use runtime_wasm::registry::{Cache, InstanceId, ModuleId, Runtime, RuntimeOptions, Table};
use runtime_wasm::value::Value;
use std::hint::black_box;
use std::path::Path;
use std::sync::Arc;
use tokio::runtime::Runtime as Tokio;

const GUEST: &str = r#"(module
    (memory (export "memory") 1)
    (func (export "add") (param i32 i32) (result i32) (i32.add (local.get 0) (local.get 1))))"#;

const MANIFEST: &str = r#"
    [capabilities.wasm]
    load = ["./wasm/*.wasm", { path = "./vendor/tool.wasm", sha256 = "0000000000000000000000000000000000000000000000000000000000000000" }]
    preopens = [{ path = ".", access = "read" }]
    max_module_bytes = "64MiB"
    [capabilities.wasm.limits]
    timeout_ms = 30_000
    memory = "256MiB"
    [capabilities.net]
    fetch = ["https://api.example.com/*"]"#;

/// A runtime of ours, and one that drives its futures.
fn runtimes(options: RuntimeOptions) -> (Tokio, Runtime) {
    let tokio = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let ours = tokio.block_on(async { Runtime::new(options) }).unwrap();
    (tokio, ours)
}

fn guest() -> Vec<u8> {
    wat::parse_str(GUEST).unwrap()
}

/// A module like any other, that nobody has compiled before.
fn fresh_guest(number: u32) -> Vec<u8> {
    wat::parse_str(format!(r#"(module (func (export "get") (result i32) (i32.const {number})))"#)).unwrap()
}

async fn instance(runtime: &Runtime, module: ModuleId) -> InstanceId {
    InstanceId(runtime.instantiate(module, InstanceConfig::default()).await.unwrap().id())
}

async fn add(runtime: &Runtime, id: InstanceId) {
    let args = [Value::I32(1), Value::I32(2)].map(Into::into).to_vec();
    runtime.ask(id, Command::Call(Call { name: "add".into(), args, ..Call::default() })).await.unwrap();
}

fn mailbox(criterion: &mut Criterion) {
    let mailbox = Mailbox::new(1024);
    criterion.bench_function("mailbox: send and receive", |bencher| {
        bencher.iter(|| {
            mailbox.try_send(black_box(7_u64)).unwrap();
            mailbox.receive(|| ())
        });
    });
}

fn registry(criterion: &mut Criterion) {
    for count in [1, 10_000] {
        let table = Table::default();
        let ids: Vec<u64> = (0..count).map(|_| table.reserve()).collect();
        ids.iter().for_each(|&id| table.put(id, Arc::new(id)));
        let mut next = ids.iter().cycle();
        criterion.bench_function(&format!("registry: look up one of {count}"), |bencher| {
            bencher.iter(|| table.get(*next.next().unwrap()));
        });
    }
}

fn actor(criterion: &mut Criterion) {
    let (tokio, runtime) = runtimes(RuntimeOptions::default());
    let module = tokio.block_on(runtime.compile("guest".into(), guest())).unwrap();
    let id = tokio.block_on(instance(&runtime, module));
    criterion.bench_function("actor: a call and its answer", |bencher| {
        bencher.iter(|| tokio.block_on(add(&runtime, id)));
    });
    criterion.bench_function("actor: a new one, its first answer, and its end", |bencher| {
        bencher.iter(|| {
            tokio.block_on(async {
                let id = instance(&runtime, module).await;
                add(&runtime, id).await;
                runtime.end(id, StopReason::Dropped).await.unwrap();
            });
        });
    });
}

fn compile(criterion: &mut Criterion) {
    let (tokio, runtime) = runtimes(RuntimeOptions::default());
    let drop_module = |id| runtime.drop_module(id).unwrap();
    let mut number = 0;
    criterion.bench_function("compile: a small module that is new", |bencher| {
        let next = || {
            number += 1;
            fresh_guest(number)
        };
        bencher.iter_batched(
            next,
            |bytes| drop_module(tokio.block_on(runtime.compile("guest".into(), bytes)).unwrap()),
            BatchSize::SmallInput,
        );
    });
    let _held = tokio.block_on(runtime.compile("guest".into(), guest())).unwrap();
    criterion.bench_function("compile: the same bytes again in the process", |bencher| {
        bencher.iter_batched(
            guest,
            |bytes| drop_module(tokio.block_on(runtime.compile("guest".into(), bytes)).unwrap()),
            BatchSize::SmallInput,
        );
    });
    let folder = tempfile::tempdir().unwrap();
    let cache = Some(Cache::new(folder.path().join("cache")));
    let (tokio, runtime) = runtimes(RuntimeOptions { cache, ..RuntimeOptions::default() });
    let from_disk = || {
        let id = tokio.block_on(runtime.compile("guest".into(), guest())).unwrap();
        runtime.drop_module(id).unwrap();
    };
    from_disk();
    criterion.bench_function("compile: code that is kept on the disk", |bencher| bencher.iter(from_disk));
}

fn manifest(criterion: &mut Criterion) {
    let folder = tempfile::tempdir().unwrap();
    std::fs::create_dir_all(folder.path().join("wasm")).unwrap();
    std::fs::create_dir_all(folder.path().join("vendor")).unwrap();
    let path = folder.path().join("manifest.app.toml");
    let parse = |path: &Path| Caps::from_toml(MANIFEST, path, None).unwrap();
    criterion.bench_function("manifest: parsed, and its folders opened", |bencher| bencher.iter(|| parse(&path)));
}

criterion_group!(layers, mailbox, registry, actor, compile, manifest);
criterion_main!(layers);
