//! One instance as it should be: what each request must come to. As simple as can be, so that it can be believed.

use runtime_wasm::actor::message::{Answer, Call, Command};
use runtime_wasm::error::{ErrorCode, WasmError};
use runtime_wasm::value::{Arg, Value};

pub const PAGE: usize = 65_536;
/// The maximum that the guest's memory declares, in pages.
const PAGES_MAX: u64 = 3;
/// What its table begins with, and what an element costs of the memory of all.
const ELEMENTS: u64 = 2;
const ELEMENT_BYTES: u64 = 16;
const GLOBAL: i64 = 7;
const CONSTANT: i32 = 5;

/// The guest that this is a model of.
pub const GUEST: &str = r#"(module
    (memory (export "memory") 1 3)
    (table (export "table") 2 funcref)
    (global $global (export "global") (mut i64) (i64.const 7))
    (global (export "constant") i32 (i32.const 5))
    (global $count (mut i32) (i32.const 0))
    (func (export "next") (result i32)
        (global.set $count (i32.add (global.get $count) (i32.const 1)))
        (global.get $count))
    (func (export "add") (param i32 i32) (result i32) (i32.add (local.get 0) (local.get 1)))
    (func (export "swap") (param i64 i32) (result i32 i64) (local.get 1) (local.get 0))
    (func (export "load") (param i32) (result i32) (i32.load8_u (local.get 0)))
    (func (export "store") (param i32 i32) (i32.store8 (local.get 0) (local.get 1)))
    (func (export "grow") (param i32) (result i32) (memory.grow (local.get 0)))
    (func (export "trap") unreachable)
    (func (export "spin") (loop br 0)))"#;

const FUNCTIONS: [&str; 8] = ["next", "add", "swap", "load", "store", "grow", "trap", "spin"];

/// The state of one instance.
pub struct Life {
    memory: Vec<u8>,
    /// How many elements its table has. All of them are null.
    elements: u64,
    global: i64,
    count: i32,
    /// Has it spent all its fuel?
    spent: bool,
    /// How many calls it has begun, in all its lives.
    pub calls: u64,
    /// The bytes that its memory may have.
    limit: u64,
    /// All fuel that this life ever had.
    given: Option<u64>,
    /// The fuel that it begins each life with.
    fuel: Option<u64>,
    /// What it had used before this life.
    used_before: u64,
}

/// What lies around an instance, as it stands at the time of a request.
#[derive(Clone, Copy)]
pub struct Around {
    /// Bytes that all instances together may still take.
    pub room: u64,
    /// What the instance has used of its fuel, in all its lives.
    pub used: u64,
}

impl Life {
    pub fn new(limit: u64, fuel: Option<u64>) -> Self {
        Life {
            memory: vec![0; PAGE],
            elements: ELEMENTS,
            global: GLOBAL,
            count: 0,
            spent: false,
            calls: 0,
            limit,
            given: fuel,
            fuel,
            used_before: 0,
        }
    }

    /// The next life, after a restart. `used` is the fuel used before it.
    pub fn renew(&mut self, used: u64) {
        *self = Life { calls: self.calls, used_before: used, ..Life::new(self.limit, self.fuel) };
    }

    /// Can it have used this much fuel?
    pub fn may_have_used(&self, used: u64) -> bool {
        let now = used.checked_sub(self.used_before);
        self.given.is_some_and(|given| now.is_some_and(|now| now <= given && (!self.spent || now == given)))
    }

    pub fn is_metered(&self) -> bool {
        self.fuel.is_some()
    }

    pub fn bytes(&self) -> u64 {
        self.memory.len() as u64
    }

    /// What its table costs of the memory of all.
    pub fn table_bytes(&self) -> u64 {
        self.elements * ELEMENT_BYTES
    }

    pub fn pages(&self) -> u64 {
        self.bytes() / PAGE as u64
    }

    /// All fuel that it ever had in this life.
    pub fn given(&self) -> Option<u64> {
        self.given
    }

    /// What a request comes to, and what it changes. Of an error only the code counts.
    pub fn answer(&mut self, command: &Command, around: Around) -> Result<Answer, WasmError> {
        self.told(command, around).map_err(error)
    }

    fn told(&mut self, command: &Command, around: Around) -> Result<Answer, ErrorCode> {
        match command {
            Command::Call(call) => self.call(call, around.room).map(Answer::Values),
            Command::Batch(calls) => {
                let mut done = Vec::new();
                let mut room = around.room;
                for call in calls {
                    let before = self.bytes();
                    match self.call(call, room) {
                        Ok(values) => done.push(values),
                        Err(code) => return Ok(Answer::Batch(done, Some(error(code)))),
                    }
                    room -= self.bytes() - before;
                }
                Ok(Answer::Batch(done, None))
            }
            Command::MemoryRead { offset, length } => Ok(Answer::Bytes(self.range(*offset, *length)?.to_vec())),
            Command::MemoryWrite { offset, bytes } => {
                self.range(*offset, bytes.len() as u64)?.copy_from_slice(bytes);
                Ok(Answer::Done)
            }
            Command::MemorySize => Ok(Answer::Pages(self.pages())),
            Command::MemoryGrow { pages } => self.grow(*pages, around.room).map(Answer::Pages).ok_or(ErrorCode::Memory),
            Command::GlobalGet(name) => match name.as_str() {
                "global" => Ok(Answer::Values(vec![Value::I64(self.global)])),
                "constant" => Ok(Answer::Values(vec![Value::I32(CONSTANT)])),
                _ => Err(ErrorCode::ExportNotFound),
            },
            Command::GlobalSet { name, value } => match (name.as_str(), read(value)) {
                ("global", Some(Value::I64(value))) => {
                    self.global = value;
                    Ok(Answer::Done)
                }
                ("global" | "constant", _) => Err(ErrorCode::Type),
                _ => Err(ErrorCode::ExportNotFound),
            },
            Command::TableGet { name, .. }
            | Command::TableSet { name, .. }
            | Command::TableGrow { name, .. }
            | Command::TableSize(name)
                if name != "table" =>
            {
                Err(ErrorCode::ExportNotFound)
            }
            Command::TableGet { index, .. } | Command::TableSet { index, .. } if *index >= self.elements => {
                Err(ErrorCode::Memory)
            }
            Command::TableGet { .. } => Ok(Answer::Values(vec![Value::Null])),
            Command::TableSet { value, .. } => is_null(value).then_some(Answer::Done).ok_or(ErrorCode::Type),
            Command::TableGrow { init, .. } if !is_null(init) => Err(ErrorCode::Type),
            Command::TableGrow { delta, .. } => {
                let before = self.elements;
                if delta.checked_mul(ELEMENT_BYTES).is_none_or(|bytes| bytes > around.room) {
                    return Err(ErrorCode::Memory);
                }
                self.elements += delta;
                Ok(Answer::Elements(before))
            }
            Command::TableSize(_) => Ok(Answer::Elements(self.elements)),
            // Only components let resources out.
            Command::DropResource(_) => Ok(Answer::Done),
            Command::AddFuel(amount) => self.add_fuel(*amount, around.used).map(Answer::Fuel),
            Command::Exports
            | Command::CallBytes(_)
            | Command::CallBytesLater { .. }
            | Command::CallRef { .. }
            | Command::MemoryReadInto { .. }
            | Command::MemoryWriteLater { .. } => {
                unreachable!("not asked of the model")
            }
        }
    }

    /// The bytes of the memory in this range.
    fn range(&mut self, offset: u64, length: u64) -> Result<&mut [u8], ErrorCode> {
        let end = u128::from(offset) + u128::from(length);
        if end > self.memory.len() as u128 {
            return Err(ErrorCode::Memory);
        }
        Ok(&mut self.memory[offset as usize..end as usize])
    }

    /// The pages before, or none if it may not grow.
    fn grow(&mut self, by: u64, room: u64) -> Option<u64> {
        let before = self.pages();
        let pages = u128::from(before) + u128::from(by);
        let bytes = pages * PAGE as u128;
        let added = u128::from(by) * PAGE as u128;
        if pages > PAGES_MAX.into() || bytes > self.limit.into() || added > room.into() {
            return None;
        }
        self.memory.resize(bytes as usize, 0);
        Some(before)
    }

    fn add_fuel(&mut self, amount: u64, used: u64) -> Result<u64, ErrorCode> {
        let given = self.given.ok_or(ErrorCode::Type)?;
        let filled = (given - (used - self.used_before)).saturating_add(amount);
        self.given = Some(given.saturating_add(amount));
        self.spent &= filled == 0;
        Ok(filled)
    }

    fn call(&mut self, call: &Call, room: u64) -> Result<Vec<Value>, ErrorCode> {
        if !FUNCTIONS.contains(&&*call.name) {
            return Err(ErrorCode::ExportNotFound);
        }
        let args: Option<Vec<Value>> = call.args.iter().map(read).collect();
        let args = args.filter(|args| fits(&call.name, args)).ok_or(ErrorCode::Type)?;
        if call.fuel.is_some() && !self.is_metered() {
            return Err(ErrorCode::Type);
        }
        self.calls += 1;
        if self.spent || call.fuel == Some(0) {
            return Err(ErrorCode::FuelExhausted);
        }
        match (&*call.name, args.as_slice()) {
            ("next", _) => {
                self.count += 1;
                Ok(vec![Value::I32(self.count)])
            }
            ("add", [Value::I32(a), Value::I32(b)]) => Ok(vec![Value::I32(a.wrapping_add(*b))]),
            ("swap", [a, b]) => Ok(vec![b.clone(), a.clone()]),
            ("load", [Value::I32(at)]) => {
                let byte = self.range((*at as u32).into(), 1).map_err(|_| ErrorCode::Call)?[0];
                Ok(vec![Value::I32(byte.into())])
            }
            ("store", [Value::I32(at), Value::I32(byte)]) => {
                self.range((*at as u32).into(), 1).map_err(|_| ErrorCode::Call)?[0] = *byte as u8;
                Ok(vec![])
            }
            ("grow", [Value::I32(by)]) => {
                let before = self.grow((*by as u32).into(), room);
                Ok(vec![Value::I32(before.map_or(-1, |pages| pages as i32))])
            }
            ("trap", _) => Err(ErrorCode::Call),
            // Asked only of an instance that is metered: it runs until its fuel, or that of the call, is spent.
            ("spin", _) => {
                self.spent = call.fuel.is_none();
                Err(ErrorCode::FuelExhausted)
            }
            (name, args) => unreachable!("{name} {args:?}"),
        }
    }
}

/// Are these arguments for this function?
fn fits(name: &str, args: &[Value]) -> bool {
    match name {
        "add" | "store" => matches!(args, [Value::I32(_), Value::I32(_)]),
        "swap" => matches!(args, [Value::I64(_), Value::I32(_)]),
        "load" | "grow" => matches!(args, [Value::I32(_)]),
        _ => args.is_empty(),
    }
}

/// The only value here that an element of a table can be.
fn is_null(arg: &Arg) -> bool {
    arg.value == runtime_wasm::value::RawValue::Null
}

/// An argument that was made from a value.
fn read(arg: &Arg) -> Option<Value> {
    use runtime_wasm::value::RawValue::{BigInt, Number};
    match (arg.declared.as_deref(), &arg.value) {
        (Some("i32"), Number(number)) => Some(Value::I32(*number as i32)),
        (Some("i64"), BigInt(number)) => Some(Value::I64(*number as i64)),
        _ => None,
    }
}

/// An error of which only the code counts.
pub fn error(code: ErrorCode) -> WasmError {
    WasmError::new(code, "")
}
