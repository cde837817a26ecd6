//! Values by both ways: ours, and wasmtime's dynamic values. For tests that hold one against the other; nothing else uses it.

use super::handles::Handles;
use super::lift::Lifted;
use super::lower::Lowered;
use super::resources::HostTypes;
use crate::value::Encoded;
use std::sync::{Arc, Mutex};
use wasmtime::component::__internal::wasmtime_environ::component::MAX_FLAT_PARAMS;
use wasmtime::component::{Component, Func, Linker, TypedFunc, Val};
use wasmtime::{Engine, Result, Store, format_err};

/// What a value has become on its way through a component, which hands what `f` is called with to what it imports as `f`, and back.
#[derive(Debug)]
pub struct Passed {
    /// Lowered by us: what wasmtime has lifted of it.
    pub seen: Val,
    /// That, lowered by wasmtime and lifted by us.
    pub back: Encoded,
    /// The same value, lowered by wasmtime: what we have lifted of it.
    pub heard: Encoded,
    /// That, lowered by us and lifted by wasmtime.
    pub returned: Val,
}

/// Passes one encoded value, of the type that the component's `f` takes and gives. `flat` says how many core values that has.
///
/// # Errors
/// Those of wasmtime.
pub fn pass(component: &[u8], encoded: &Encoded, flat: usize) -> Result<Passed> {
    let engine = Engine::default();
    let component = Component::new(&engine, component)?;
    let seen = Arc::new(Mutex::new(None));
    let mut linker = Linker::<()>::new(&engine);
    let place = seen.clone();
    linker.root().func_new("f", move |_, _, params, results| {
        *place.lock().expect("nobody panics with it") = Some(params[0].clone());
        results.clone_from_slice(params);
        Ok(())
    })?;
    let (mut store, func) = instantiated(&engine, &linker, &component)?;
    // SAFETY: as in `call.rs`.
    let typed = unsafe { TypedFunc::<_, Lifted<1>>::new_unchecked(func) };
    let (back, _) =
        typed.call(&mut store, lowered::<MAX_FLAT_PARAMS>(encoded.clone()))?.numbered(&Handles::default())?;
    let seen = seen.lock().expect("as above").take().ok_or_else(|| format_err!("`f` was not called"))?;

    let heard = Arc::new(Mutex::new(Encoded::default()));
    let linker = ours(&engine, flat, &heard)?;
    let (mut store, func) = instantiated(&engine, &linker, &component)?;
    let mut results = [Val::Bool(false)];
    func.call(&mut store, std::slice::from_ref(&seen), &mut results)?;
    let [returned] = results;
    let heard = std::mem::take(&mut *heard.lock().expect("as above"));
    Ok(Passed { seen, back, heard, returned })
}

fn instantiated(engine: &Engine, linker: &Linker<()>, component: &Component) -> Result<(Store<()>, Func)> {
    let mut store = Store::new(engine, ());
    let instance = linker.instantiate(&mut store, component)?;
    let func = instance.get_func(&mut store, "f").ok_or_else(|| format_err!("no `f`"))?;
    Ok((store, func))
}

fn lowered<const N: usize>(values: Encoded) -> Lowered<N> {
    Lowered { values, handles: Handles::default(), host: Arc::new(HostTypes::default()) }
}

/// A linker whose `f` is ours.
fn ours(engine: &Engine, flat: usize, heard: &Arc<Mutex<Encoded>>) -> Result<Linker<()>> {
    let mut linker = Linker::new(engine);
    macro_rules! by_count {
        ($($count:literal)*) => {
            match flat {
                1 => link::<1, 1>(&mut linker, heard)?,
                $($count => link::<$count, 0>(&mut linker, heard)?,)*
                _ => link::<0, 0>(&mut linker, heard)?,
            }
        };
    }
    by_count!(2 3 4 5 6 7 8 9 10 11 12 13 14 15 16);
    Ok(linker)
}

fn link<const PARAMS: usize, const RESULTS: usize>(linker: &mut Linker<()>, heard: &Arc<Mutex<Encoded>>) -> Result<()> {
    let place = heard.clone();
    linker.root().func_wrap("f", move |_, params: Lifted<PARAMS>| {
        let (values, _) = params.numbered(&Handles::default())?;
        *place.lock().expect("nobody panics with it") = values.clone();
        Ok(lowered::<RESULTS>(values))
    })
}
