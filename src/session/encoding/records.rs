//! What is told of instances, for JavaScript: objects with a property for each thing there is to say.

use super::answer::answer;
use super::failure::millis;
use super::js::{Js, JsResult};
use super::values::values;
use crate::actor::Restart;
use crate::actor::host_call::HostCall;
use crate::actor::message::Answer;
use crate::actor::{InstanceStats, LastError};
use crate::session::host_calls::Event;

/// What can be given to JavaScript.
pub trait Encode {
    /// The value of it.
    ///
    /// # Errors
    /// For what this environment cannot have.
    fn encode<J: Js>(self, js: &mut J) -> JsResult<J::Value>;
}

/// Puts an object together.
pub(in crate::session) struct Fields<'j, J: Js> {
    js: &'j mut J,
    object: J::Value,
}

impl<'j, J: Js> Fields<'j, J> {
    pub(in crate::session) fn of(js: &'j mut J) -> Self {
        let object = js.object();
        Fields { js, object }
    }

    pub(in crate::session) fn number(self, key: &str, number: f64) -> Self {
        let value = self.js.number(number);
        self.value(key, value)
    }

    pub(in crate::session) fn text(self, key: &str, text: &str) -> Self {
        let value = self.js.string(text);
        self.value(key, value)
    }

    pub(in crate::session) fn encoded(self, key: &str, value: impl Encode) -> JsResult<Self> {
        let value = value.encode(self.js)?;
        Ok(self.value(key, value))
    }

    fn value(self, key: &str, value: J::Value) -> Self {
        self.js.set(&self.object, key, value);
        self
    }

    pub(in crate::session) fn made(self) -> J::Value {
        self.object
    }
}

impl Encode for Answer {
    fn encode<J: Js>(self, js: &mut J) -> JsResult<J::Value> {
        answer(js, self)
    }
}

impl Encode for f64 {
    fn encode<J: Js>(self, js: &mut J) -> JsResult<J::Value> {
        Ok(js.number(self))
    }
}

impl Encode for bool {
    fn encode<J: Js>(self, js: &mut J) -> JsResult<J::Value> {
        Ok(js.boolean(self))
    }
}

impl Encode for String {
    fn encode<J: Js>(self, js: &mut J) -> JsResult<J::Value> {
        Ok(js.string(&self))
    }
}

/// Nothing to tell.
impl Encode for () {
    fn encode<J: Js>(self, js: &mut J) -> JsResult<J::Value> {
        Ok(js.null())
    }
}

impl<T: Encode> Encode for Vec<T> {
    fn encode<J: Js>(self, js: &mut J) -> JsResult<J::Value> {
        let items: JsResult<Vec<_>> = self.into_iter().map(|item| item.encode(js)).collect();
        Ok(js.array(&items?))
    }
}

/// A bigint, or null.
impl Encode for Option<u64> {
    fn encode<J: Js>(self, js: &mut J) -> JsResult<J::Value> {
        Ok(match self {
            Some(amount) => js.unsigned(amount),
            None => js.null(),
        })
    }
}

impl Encode for InstanceStats {
    fn encode<J: Js>(self, js: &mut J) -> JsResult<J::Value> {
        let fields = Fields::of(js)
            .number("id", self.id as f64)
            .text("name", &self.name)
            .number("module", self.module as f64)
            .text("state", self.state.name())
            .number("mailboxDepth", self.mailbox_depth as f64)
            .number("calls", self.calls as f64)
            .number("hostCalls", self.host_calls as f64)
            .number("failed", self.failed as f64)
            .encoded("lastError", self.last_error)?
            .number("cpuMs", self.cpu.as_secs_f64() * 1000.0)
            .encoded("fuelUsed", self.fuel_used)?
            .number("memoryBytes", self.memory_bytes as f64)
            .number("restartCount", self.restart_count as f64)
            .encoded("restarts", self.restarts)?;
        Ok(fields.made())
    }
}

/// An object, or null.
impl Encode for Option<LastError> {
    fn encode<J: Js>(self, js: &mut J) -> JsResult<J::Value> {
        let Some(LastError { code, message, at }) = self else { return Ok(js.null()) };
        let fields = Fields::of(js).number("code", f64::from(code as u16)).text("name", code.name());
        Ok(fields.text("message", &message).number("atMs", millis(at)).made())
    }
}

impl Encode for Restart {
    fn encode<J: Js>(self, js: &mut J) -> JsResult<J::Value> {
        let fields = Fields::of(js).text("reason", self.reason).text("message", &self.message);
        Ok(fields.number("atMs", millis(self.at)).made())
    }
}

/// `[id, instance, set, import, args, results]`.
impl Encode for HostCall {
    fn encode<J: Js>(self, js: &mut J) -> JsResult<J::Value> {
        let HostCall { id, instance, set, import, args, results, .. } = self;
        let args = values(js, args)?;
        let [id, instance, set] = [id, instance, set].map(|n| js.number(n as f64));
        let [import, results] = [import, results].map(|n| js.number(n as f64));
        Ok(js.array(&[id, instance, set, import, args, results]))
    }
}

/// The array of a call, `[id, instance]` of one that is cancelled, or `[set, resource, rep]` of a resource that a guest has let go of.
impl Encode for Option<Event> {
    fn encode<J: Js>(self, js: &mut J) -> JsResult<J::Value> {
        match self {
            Some(Event::Call(call)) => call.encode(js),
            Some(Event::Cancelled { call, instance }) => {
                let [call, instance] = [call, instance].map(|n| js.number(n as f64));
                Ok(js.array(&[call, instance]))
            }
            Some(Event::Dropped { set, resource, rep }) => {
                let [set, resource, rep] = [set as f64, resource.into(), rep.into()].map(|n| js.number(n));
                Ok(js.array(&[set, resource, rep]))
            }
            None => Ok(js.undefined()),
        }
    }
}
