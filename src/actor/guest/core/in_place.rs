//! Calls of functions whose values are numbers: straight into their code, on the worker's own stack.
//!
//! wasmtime's own dynamic calls look at types behind a lock and check each value once more, and those of an async store change to a stack
//! of their own, which together takes ten times as long as a short function. Neither is needed where every value is a number and
//! nothing that the guest can call may wait.

use super::exported::Exported;
use crate::actor::guest::state::Context;
use crate::signature::ValueType;
use crate::value::{Arg, Value};
use wasmtime::ValRaw;

/// A call that is ready to be made in place: its function, and a value for each parameter of that.
pub(super) struct Prepared<'a> {
    function: &'a Exported,
    values: Vec<ValRaw>,
}

impl<'a> Prepared<'a> {
    /// For a function that [is called in place](super::exported::ExportedFunctions::is_called_in_place), with as many arguments as it has parameters. The
    /// error is what is wrong with the argument at a place, counted from 1.
    pub(super) fn new(store: &mut Context<'_>, function: &'a Exported, args: &[Arg]) -> Result<Self, (usize, String)> {
        let Exported { params, results, .. } = function;
        let mut values = std::mem::take(&mut store.data_mut().core.exported.values);
        values.clear();
        values.resize(params.len().max(results.len()), ValRaw::i32(0));
        for (index, ((value, arg), ty)) in values.iter_mut().zip(args).zip(params).enumerate() {
            *value = raw(&Value::from_arg(arg, *ty).map_err(|problem| (index + 1, problem))?);
        }
        Ok(Prepared { function, values })
    }

    /// Makes it.
    pub(super) fn call(mut self, store: &mut Context<'_>) -> wasmtime::Result<Vec<Value>> {
        let Exported { func, results, .. } = self.function;
        // SAFETY: there is a place for each parameter, which has a value of its type, and one for each result; none is a reference. The
        // function is one of this store's, which is not async: nothing in it can wait (see `ExportedFunctions::of`), and this is no
        // call from within another, for the guest cannot call out.
        let ended = unsafe { func.call_unchecked(&mut *store, &raw mut self.values[..]) };
        let answer = ended.map(|()| self.values.iter().zip(results).map(|(value, ty)| value_of(value, *ty)).collect());
        store.data_mut().core.exported.values = self.values;
        answer
    }
}

fn raw(value: &Value) -> ValRaw {
    match value {
        Value::I32(v) => ValRaw::i32(*v),
        Value::I64(v) => ValRaw::i64(*v),
        Value::F32(bits) => ValRaw::f32(*bits),
        Value::F64(bits) => ValRaw::f64(*bits),
        Value::V128(v) => ValRaw::v128(*v),
        // Not reached: no parameter is a reference, or a component's.
        Value::Null | Value::Extern(_) | Value::Func(_) | Value::Encoded(_) => ValRaw::i32(0),
    }
}

fn value_of(raw: &ValRaw, ty: ValueType) -> Value {
    match ty {
        ValueType::I64 => Value::I64(raw.get_i64()),
        ValueType::F32 => Value::F32(raw.get_f32()),
        ValueType::F64 => Value::F64(raw.get_f64()),
        ValueType::V128 => Value::V128(raw.get_v128()),
        // No result is a reference.
        _ => Value::I32(raw.get_i32()),
    }
}
