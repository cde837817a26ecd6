//! Values between the plain form that travels and wasmtime's. What is wrong with one is a sentence without its subject.

use crate::actor::budget::Held;
use crate::actor::guest::state::Context;
use crate::engine::{type_text, value_type};
use crate::error::{ErrorCode, Result, WasmError};
use crate::limits::{EXTERNREF_BYTES, EXTERNREFS_MAX};
use crate::value::{Arg, ExternValue, FuncValue, Value};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use wasmtime::{AsContextMut, ExternRef, Ref, Val, ValType};

/// A host value inside the store. The count tells how many there are, and whether a collection could free any.
struct HostValue {
    value: ExternValue,
    count: Arc<AtomicUsize>,
    /// What it costs of the memory of all guests.
    _room: Held,
}

impl Drop for HostValue {
    fn drop(&mut self) {
        self.count.fetch_sub(1, Ordering::Relaxed);
    }
}

/// Reads arguments by types. `subject` names the argument at a position, counted from 1.
///
/// # Errors
/// 5007 with the subject.
pub(super) async fn to_vals(
    store: &mut Context<'_>,
    args: &[Arg],
    types: impl Iterator<Item = ValType>,
    subject: impl Fn(usize) -> String,
) -> Result<Vec<Val>> {
    let mut vals = Vec::with_capacity(args.len());
    for (index, (arg, ty)) in args.iter().zip(types).enumerate() {
        let wrong = |problem: String| WasmError::new(ErrorCode::Type, format!("{} {problem}", subject(index + 1)));
        let value = Value::from_arg(arg, value_type(&ty)).map_err(wrong)?;
        vals.push(to_val(store, value, &ty).await.map_err(wrong)?);
    }
    Ok(vals)
}

/// One value as wasmtime's, for a place of type `ty`.
pub(super) async fn to_val(store: &mut Context<'_>, value: Value, ty: &ValType) -> Result<Val, String> {
    let reference = match value {
        Value::I32(v) => return Ok(Val::I32(v)),
        Value::I64(v) => return Ok(Val::I64(v)),
        Value::F32(bits) => return Ok(Val::F32(bits)),
        Value::F64(bits) => return Ok(Val::F64(bits)),
        Value::V128(v) => return Ok(Val::V128(v.into())),
        Value::Null => match ty {
            ValType::Ref(ty) => Val::from(Ref::null(ty.heap_type())),
            // Not reached: a null is made for reference types only.
            _ => Val::I32(0),
        },
        Value::Func(func) if func.instance != store.data().actor.id() => {
            return Err(format!("is a function of another instance, {}", func.instance));
        }
        Value::Func(func) => match store.data().core.functions.get(func) {
            Some(func) => Val::FuncRef(Some(func)),
            None => return Err("is a function of this instance from before it was made anew".to_owned()),
        },
        Value::Extern(value) => extern_ref(store, value).await?,
        // Not reached: none is made for a module's types.
        Value::Encoded(_) => return Err("is for a function of a component".to_owned()),
    };
    match reference.matches_ty(&*store, ty) {
        Ok(true) => Ok(reference),
        _ => Err(format!("is not of the reference type that is wanted, {}", type_text(ty))),
    }
}

async fn extern_ref(store: &mut Context<'_>, value: ExternValue) -> Result<Val, String> {
    let no_room = |why: String| format!("finds no room in the guest: {why}");
    let room = match room_for_host_value(store) {
        Ok(room) => room,
        Err(_) => {
            // It may have let go of some.
            collect(store).await;
            room_for_host_value(store).map_err(no_room)?
        }
    };
    let count = store.data().core.externs.clone();
    count.fetch_add(1, Ordering::Relaxed);
    let made = ExternRef::new_async(store.as_context_mut(), HostValue { value, count, _room: room }).await;
    made.map(|reference| Val::ExternRef(Some(reference))).map_err(|error| no_room(format!("{error:#}")))
}

fn room_for_host_value(store: &Context<'_>) -> Result<Held, String> {
    let count = store.data().core.externs.load(Ordering::Relaxed);
    if count >= EXTERNREFS_MAX {
        return Err(format!("it holds {EXTERNREFS_MAX} values of the host, the most there may be"));
    }
    let limiter = &store.data().limiter;
    let has = limiter.shared_bytes() + count as u64 * EXTERNREF_BYTES;
    limiter.shared().hold(EXTERNREF_BYTES, has).ok_or_else(|| limiter.shared().refusal())
}

/// One of wasmtime's values as ours. `subject` names it in an error.
///
/// # Errors
/// 5007 for a reference that has no form outside, such as a struct of the GC proposal.
pub(super) fn from_val(store: &mut Context<'_>, val: &Val, subject: impl FnOnce() -> String) -> Result<Value> {
    Ok(match val {
        Val::I32(v) => Value::I32(*v),
        Val::I64(v) => Value::I64(*v),
        Val::F32(bits) => Value::F32(*bits),
        Val::F64(bits) => Value::F64(*bits),
        Val::V128(v) => Value::V128(v.as_u128()),
        Val::FuncRef(Some(func)) => {
            let address = func.to_raw(&mut *store) as usize;
            let number = store.data_mut().core.functions.number(address, *func);
            Value::Func(FuncValue { instance: store.data().actor.id(), number })
        }
        Val::ExternRef(Some(reference)) => {
            let held = reference.data(&*store).ok().flatten().and_then(|data| data.downcast_ref::<HostValue>());
            let value = held.map(|held| held.value.clone());
            Value::Extern(
                value.ok_or_else(|| no_form(subject(), "an externref made of a reference of the guest's own"))?,
            )
        }
        reference if reference.ref_().is_some_and(|r| r.is_null()) => Value::Null,
        _ => return Err(no_form(subject(), "a reference of the guest's own")),
    })
}

fn no_form(subject: String, what: &str) -> WasmError {
    let text = format!("{subject} is {what} (a struct, an array, an i31 or the like), which cannot cross to the host");
    WasmError::new(ErrorCode::Type, text)
}

/// Frees host values that the guest has let go of.
pub(crate) async fn collect(store: &mut Context<'_>) {
    if store.data().core.externs.load(Ordering::Relaxed) > 0
        && let Err(error) = store.gc_async(None).await
    {
        tracing::warn!(%error, "the collection of host values failed");
    }
}
