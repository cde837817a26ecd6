//! Seeing how instances are doing. Nothing here waits for a guest.

use super::convert::{Reply, array, set, string};
use super::host::{WasmHost, instance_id};
use crate::actor::InstanceStats;
use crate::printable;
use deno_core::v8::{self, Local, PinScope};
use deno_core::{OpState, ToV8, op2};
use std::cell::RefCell;
use std::convert::Infallible;
use std::rc::Rc;
use std::time::SystemTime;

/// Statistics on their way to JavaScript.
pub struct Stats(InstanceStats);

/// Those of all instances.
pub struct AllStats(Vec<InstanceStats>);

/// A name as messages show it.
#[op2]
#[string]
pub fn op_wasm_printable(#[string] name: &str) -> String {
    printable::name(name)
}

/// What to call an instance in a message: by its name and id, or by its id where it has ended.
#[op2]
#[string]
pub fn op_wasm_instance_label(state: &OpState, id: f64) -> String {
    let found = instance_id(id).and_then(|id| state.borrow::<WasmHost>().runtime.instance(id));
    found.map_or_else(|_| format!("the instance {id}"), |actor| format!("the instance \"{}\" ({id})", actor.label()))
}

/// How one instance is doing.
#[op2]
pub async fn op_wasm_stats(state: Rc<RefCell<OpState>>, id: f64) -> Reply<Stats> {
    let found = WasmHost::enabled(&state).and_then(|host| host.runtime.instance(instance_id(id)?));
    Reply(found.map(|actor| Stats(actor.stats())))
}

/// How all instances are doing, by id.
#[op2]
pub async fn op_wasm_all_stats(state: Rc<RefCell<OpState>>) -> Reply<AllStats> {
    Reply(WasmHost::enabled(&state).map(|host| AllStats(host.runtime.stats())))
}

impl<'a> ToV8<'a> for AllStats {
    type Error = Infallible;

    fn to_v8<'i>(self, scope: &mut PinScope<'a, 'i>) -> Result<Local<'a, v8::Value>, Infallible> {
        let stats: Result<Vec<_>, _> = self.0.into_iter().map(|stats| Stats(stats).to_v8(scope)).collect();
        Ok(array(scope, &stats?).into())
    }
}

impl<'a> ToV8<'a> for Stats {
    type Error = Infallible;

    fn to_v8<'i>(self, scope: &mut PinScope<'a, 'i>) -> Result<Local<'a, v8::Value>, Infallible> {
        let stats = self.0;
        let object = v8::Object::new(scope);
        let number = |scope: &mut PinScope<'a, 'i>, key: &str, number: f64| {
            let number = v8::Number::new(scope, number);
            set(scope, object, key, number.into());
        };
        number(scope, "id", stats.id as f64);
        let name = string(scope, &stats.name);
        set(scope, object, "name", name);
        number(scope, "module", stats.module as f64);
        let state = string(scope, stats.state.name());
        set(scope, object, "state", state);
        number(scope, "mailboxDepth", stats.mailbox_depth as f64);
        number(scope, "calls", stats.calls as f64);
        number(scope, "hostCalls", stats.host_calls as f64);
        number(scope, "cpuMs", stats.cpu.as_secs_f64() * 1000.0);
        let fuel = match stats.fuel_used {
            Some(used) => v8::BigInt::new_from_u64(scope, used).into(),
            None => v8::null(scope).into(),
        };
        set(scope, object, "fuelUsed", fuel);
        number(scope, "memoryBytes", stats.memory_bytes as f64);
        let mut restarts = Vec::with_capacity(stats.restarts.len());
        for restart in stats.restarts {
            let entry = v8::Object::new(scope);
            let reason = string(scope, restart.reason);
            set(scope, entry, "reason", reason);
            let message = string(scope, &restart.message);
            set(scope, entry, "message", message);
            let since = restart.at.duration_since(SystemTime::UNIX_EPOCH).unwrap_or_default();
            let at = v8::Number::new(scope, since.as_millis() as f64);
            set(scope, entry, "atMs", at.into());
            restarts.push(entry.into());
        }
        let restarts = array(scope, &restarts);
        set(scope, object, "restarts", restarts.into());
        Ok(object.into())
    }
}
