//! A compiled module, and compilation: off the caller's thread, and never two compilations in one pool, so that a module
//! that takes a minute does not keep another waiting.

use super::{Engines, Metering, Symbols, file_kind, hostile};
use crate::error::{ErrorCode, Result, WasmError};
use crate::limits::COMPILE_STACK_BYTES;
use crate::scheduling;
use crate::signature::{Export, ExportKind, ValueType};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::{Arc, OnceLock};
use tokio::sync::oneshot;
use wasmtime::{ExternType, FuncType, HeapType, ValType};

/// Modules larger than this are compiled on all cores; below it the threads cost more than they save.
const PARALLEL_FROM_BYTES: usize = 512 * 1024;

/// Compiled code, ready to be instantiated on the engine it was compiled for. A reference: cloning is cheap.
pub type Code = wasmtime::Module;

/// A valid module. Compiled code for the two engines is made when first needed.
pub struct Module {
    name: String,
    bytes: Arc<[u8]>,
    exports: Vec<Export>,
    symbols: Symbols,
    plain: OnceLock<Result<Code>>,
    metered: OnceLock<Result<Code>>,
}

impl Module {
    /// Validates and compiles `bytes` for one of the engines. `name` is for messages: a path, or `module of N bytes`.
    ///
    /// # Errors
    /// 5000 with what is wrong and at which offset.
    pub async fn compile(engines: Arc<Engines>, metering: Metering, name: String, bytes: Vec<u8>) -> Result<Module> {
        let bytes: Arc<[u8]> = bytes.into();
        let symbols = Symbols::new(bytes.clone(), !engines.wait_for_lines);
        let compiled = compile_on_own_threads(engines, metering, name.clone(), bytes.clone()).await?;
        let exports =
            compiled.exports().map(|e| Export { name: e.name().into(), kind: export_kind(&e.ty()) }).collect();
        let module = Module { name, bytes, exports, symbols, plain: OnceLock::new(), metered: OnceLock::new() };
        let _ = module.cell(metering).set(Ok(compiled));
        Ok(module)
    }

    /// The code for one of the engines, compiled now if it was not before.
    ///
    /// # Errors
    /// 5000 as for [`Module::compile`].
    pub async fn code(&self, engines: Arc<Engines>, metering: Metering) -> Result<Code> {
        if let Some(code) = self.cell(metering).get() {
            return code.clone();
        }
        let code = compile_on_own_threads(engines, metering, self.name.clone(), self.bytes.clone()).await;
        self.cell(metering).get_or_init(|| code).clone()
    }

    fn cell(&self, metering: Metering) -> &OnceLock<Result<Code>> {
        match metering {
            Metering::Plain => &self.plain,
            Metering::Metered => &self.metered,
        }
    }

    /// What to call the module in a message.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// How many memories an instance of it has of its own.
    pub fn memories(&self) -> u64 {
        self.resources(|needed| needed.num_memories)
    }

    /// How many tables an instance of it has of its own.
    pub fn tables(&self) -> u64 {
        self.resources(|needed| needed.num_tables)
    }

    fn resources(&self, count: impl Fn(wasmtime::ResourcesRequired) -> u32) -> u64 {
        let compiled = [&self.plain, &self.metered].into_iter().filter_map(OnceLock::get).flatten().next();
        compiled.map_or(0, |code| u64::from(count(code.resources_required())))
    }

    /// The bytes it was made from.
    pub fn bytes(&self) -> &Arc<[u8]> {
        &self.bytes
    }

    /// What its debug sections tell.
    pub fn symbols(&self) -> &Symbols {
        &self.symbols
    }

    /// The exports, in the module's order.
    pub fn exports(&self) -> &[Export] {
        &self.exports
    }
}

/// Compiles in a pool of threads made for this one module; the caller's thread only waits, asynchronously.
async fn compile_on_own_threads(
    engines: Arc<Engines>,
    metering: Metering,
    name: String,
    bytes: Arc<[u8]>,
) -> Result<Code> {
    let failed = |what: String| WasmError::new(ErrorCode::Compile, what);
    let threads = if bytes.len() < PARALLEL_FROM_BYTES { 1 } else { 0 };
    let pool = rayon::ThreadPoolBuilder::new()
        .num_threads(threads)
        .stack_size(COMPILE_STACK_BYTES)
        .start_handler(|_| scheduling::plain_this_thread())
        .thread_name(|_| "wasm-compile".to_owned())
        .build()
        .map_err(|error| failed(format!("cannot compile {name}: no thread to compile on: {error}")))?;
    let (sender, receiver) = oneshot::channel();
    let subject = name.clone();
    pool.spawn(move || {
        let compiled = catch_unwind(AssertUnwindSafe(|| compile_here(&engines, metering, &subject, &bytes)));
        let _ = sender.send(compiled);
    });
    match receiver.await {
        Ok(Ok(compiled)) => compiled,
        Ok(Err(_)) | Err(_) => Err(failed(format!("cannot compile {name}: the compiler failed on it"))),
    }
}

fn compile_here(engines: &Engines, metering: Metering, name: &str, bytes: &[u8]) -> Result<Code> {
    let span = tracing::info_span!("compile", module = name, bytes = bytes.len(), outcome = tracing::field::Empty);
    let _entered = span.enter();
    file_kind::check(name, bytes)?;
    hostile::check(bytes)
        .map_err(|problem| WasmError::new(ErrorCode::Compile, format!("{name} is not compiled: {problem}")))?;
    let compiled = wasmtime::Module::from_binary(engines.get(metering)?, bytes).map_err(|error| {
        WasmError::new(ErrorCode::Compile, format!("{name} is not a valid WebAssembly module: {error:#}"))
    });
    span.record("outcome", compiled.as_ref().map_or_else(|error| error.code.name(), |_| "ok"));
    compiled
}

fn export_kind(ty: &ExternType) -> ExportKind {
    match ty {
        ExternType::Func(ty) => {
            let (params, results) = signature_of(ty);
            ExportKind::Function { params, results }
        }
        ExternType::Memory(_) => ExportKind::Memory,
        ExternType::Table(_) => ExportKind::Table,
        ExternType::Global(_) => ExportKind::Global,
        ExternType::Tag(_) => ExportKind::Tag,
    }
}

/// Parameter and result types of a function.
pub fn signature_of(ty: &FuncType) -> (Vec<ValueType>, Vec<ValueType>) {
    (ty.params().map(|t| value_type(&t)).collect(), ty.results().map(|t| value_type(&t)).collect())
}

/// wasmtime's type as ours.
pub fn value_type(ty: &ValType) -> ValueType {
    match ty {
        ValType::I32 => ValueType::I32,
        ValType::I64 => ValueType::I64,
        ValType::F32 => ValueType::F32,
        ValType::F64 => ValueType::F64,
        ValType::V128 => ValueType::V128,
        ValType::Ref(ty) => match ty.heap_type() {
            HeapType::Func | HeapType::ConcreteFunc(_) | HeapType::NoFunc => ValueType::FuncRef,
            HeapType::Extern | HeapType::NoExtern => ValueType::ExternRef,
            _ => ValueType::OtherRef,
        },
    }
}
