//! A module: what it is made from, what it exports, and its code for each of the two engines, once that is needed.

use super::compile::{Failure, Job, Threads, compile};
use super::{Bin, Engines, Metering, Symbols};
use crate::error::Result;
use crate::signature::{Export, ExportKind, ValueType};
use bytes::Bytes;
use std::sync::Arc;
use tokio::sync::OnceCell;
use wasmtime::{ExternType, FuncType, HeapType, ValType};

/// Modules of fewer bytes are dropped where they are.
const LARGE_FROM_BYTES: usize = 64 * 1024;

/// Compiled code, ready to be instantiated on the engine it was compiled for. A reference: cloning is cheap.
pub type Code = wasmtime::Module;

/// A valid module. Compiled code for the two engines is made when first needed.
pub struct Module {
    name: String,
    made: Made,
    bin: Arc<Bin>,
}

/// What a module is, beside its name: what is large of it.
#[derive(Default)]
struct Made {
    bytes: Bytes,
    exports: Arc<[Export]>,
    symbols: Symbols,
    memories: u64,
    tables: u64,
    plain: OnceCell<Result<Code>>,
    metered: OnceCell<Result<Code>>,
}

impl Module {
    /// Validates and compiles `bytes` for one of the engines. `name` is for messages: `the module "PATH"`, or `the module of N bytes`.
    /// What is large goes to the bin once it is not needed any more.
    ///
    /// # Errors
    /// 5000 with what is wrong and at which offset.
    pub async fn compile(
        engines: Arc<Engines>,
        metering: Metering,
        name: String,
        bytes: Bytes,
        threads: Threads,
        bin: Arc<Bin>,
    ) -> Result<Module> {
        let job = Job { engines, metering, name, bytes };
        Ok(compile(job, threads, move |code, job| Module {
            made: Made::new(code, job.bytes, metering, !job.engines.wait_for_lines),
            name: job.name,
            bin,
        })
        .await?)
    }

    /// The code for one of the engines, compiled now if it was not before, and once for all who ask meanwhile. `turn` waits until
    /// there are threads to compile on.
    ///
    /// # Errors
    /// 5000 as for [`Module::compile`]. One that would be the same again is remembered; one that may pass is not.
    pub async fn code<F>(&self, engines: &Arc<Engines>, metering: Metering, turn: impl FnOnce() -> F) -> Result<Code>
    where
        F: Future<Output = Result<Threads>>,
    {
        let compiled = self.made.cell(metering).get_or_try_init(|| async {
            let threads = turn().await?;
            let (engines, name, bytes) = (engines.clone(), self.name.clone(), self.made.bytes.clone());
            match compile(Job { engines, metering, name, bytes }, threads, |code, _| code).await {
                Ok(code) => Ok(Ok(code)),
                Err(Failure::OfModule(error)) => Ok(Err(error)),
                Err(Failure::Passing(error)) => Err(error),
            }
        });
        compiled.await?.clone()
    }

    /// What to call the module in a message.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// How many memories an instance of it has of its own.
    pub fn memories(&self) -> u64 {
        self.made.memories
    }

    /// How many tables an instance of it has of its own.
    pub fn tables(&self) -> u64 {
        self.made.tables
    }

    /// The bytes it was made from.
    pub fn bytes(&self) -> &Bytes {
        &self.made.bytes
    }

    /// What its debug sections tell.
    pub fn symbols(&self) -> &Symbols {
        &self.made.symbols
    }

    /// The exports, in the module's order.
    pub fn exports(&self) -> &Arc<[Export]> {
        &self.made.exports
    }
}

impl Drop for Module {
    fn drop(&mut self) {
        if self.made.bytes.len() >= LARGE_FROM_BYTES {
            self.bin.take(std::mem::take(&mut self.made));
        }
    }
}

impl Made {
    fn new(code: Code, bytes: Bytes, metering: Metering, prompt: bool) -> Made {
        let exports = code.exports().map(|e| Export { name: e.name().into(), kind: export_kind(&e.ty()) }).collect();
        let needed = code.resources_required();
        let (memories, tables) = (needed.num_memories.into(), needed.num_tables.into());
        let symbols = Symbols::new(bytes.clone(), prompt);
        let made = Made { bytes, exports, symbols, memories, tables, ..Made::default() };
        let _ = made.cell(metering).set(Ok(code));
        made
    }

    fn cell(&self, metering: Metering) -> &OnceCell<Result<Code>> {
        match metering {
            Metering::Plain => &self.plain,
            Metering::Metered => &self.metered,
        }
    }
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

/// A type in the words of the text format. wasmtime's own words have numbers of its own in them.
pub fn type_text(ty: &ValType) -> String {
    let ValType::Ref(ty) = ty else { return value_type(ty).name().to_owned() };
    let null = if ty.is_nullable() { "null " } else { "" };
    match ty.heap_type() {
        HeapType::ConcreteFunc(func) => format!("(ref {null}{})", signature_text(func)),
        HeapType::ConcreteArray(_) => format!("(ref {null}array)"),
        HeapType::ConcreteStruct(_) => format!("(ref {null}struct)"),
        HeapType::ConcreteExn(_) => format!("(ref {null}exn)"),
        HeapType::ConcreteCont(_) => format!("(ref {null}cont)"),
        other => format!("(ref {null}{other})"),
    }
}

fn signature_text(func: &FuncType) -> String {
    let (params, results) = signature_of(func);
    let list = |what: &str, types: &[ValueType]| match types {
        [] => String::new(),
        types => format!(" ({what}{})", types.iter().map(|ty| format!(" {}", ty.name())).collect::<String>()),
    };
    format!("(func{}{})", list("param", &params), list("result", &results))
}
