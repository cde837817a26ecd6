//! Asking an instance, and ending it.

use super::encoding::{Encode, Fields, Js, JsResult};
use super::environment::Session;
use super::handed::Handed;
use super::handles::Handle;
use super::ids::{amount, amounts, instance_id, time};
use crate::actor::InstanceStats;
use crate::actor::control::StopReason;
use crate::actor::message::{Answer, BytesCall, Call, Command, Outcome, Withdrawal};
use crate::error::{ErrorCode, Result, WasmError};
use crate::value::{Arg, FuncValue};

/// Bounds on one call: 0 and "" are none. Fuel is decimal digits.
#[derive(Clone, Debug, Default)]
pub struct CallBounds {
    /// Milliseconds of wall time.
    pub timeout_ms: f64,
    /// Milliseconds of processor time.
    pub cpu_ms: f64,
    /// An amount of fuel.
    pub fuel: String,
}

impl CallBounds {
    /// A call of this export within them.
    fn call(self, name: &str, args: Vec<Arg>) -> Call {
        let [timeout, cpu] = [self.timeout_ms, self.cpu_ms].map(|ms| (ms != 0.0).then(|| time(ms)));
        let fuel = Some(self.fuel).filter(|digits| !digits.is_empty()).map(|digits| amount(&digits));
        Call { name: name.into(), args, timeout, cpu, fuel }
    }
}

impl Session {
    /// Sends one request and awaits the answer. Up to the first wait this runs within the call from JavaScript, so requests
    /// stand in the mailbox in the order in which they were made.
    pub(super) async fn ask(&self, id: f64, command: Command) -> Outcome {
        self.ask_unless(id, command, None).await
    }

    async fn ask_unless(&self, id: f64, command: Command, withdrawal: Option<Withdrawal>) -> Outcome {
        self.under_way.soon(self.route(id, command, withdrawal)).await
    }

    /// The same, but that closing the handle `abort`, one of [`Session::abort_handle`], takes the request back; -1 is none. What has begun is not
    /// interrupted.
    async fn ask_until_aborted(&self, id: f64, command: Command, abort: i32) -> Outcome {
        let Some(abort) = self.abort(abort) else { return self.ask(id, command).await };
        let request = self.ask_unless(id, command, Some(abort.withdrawal.clone()));
        // One that waits for room in the mailbox waits no more.
        let withdrawn = || Err(WasmError::new(ErrorCode::Call, "the call was taken back before it had its turn"));
        abort.unless_fired(request).await.unwrap_or_else(withdrawn)
    }

    /// Calls an export.
    pub async fn call(&self, id: f64, name: &str, args: Vec<Arg>, abort: i32) -> Outcome {
        self.ask_until_aborted(id, Command::Call(Call { name: name.into(), args, ..Call::default() }), abort).await
    }

    /// Calls an export within bounds of its own.
    pub async fn call_with(&self, id: f64, name: &str, args: Vec<Arg>, bounds: CallBounds, abort: i32) -> Outcome {
        self.ask_until_aborted(id, Command::Call(bounds.call(name, args)), abort).await
    }

    /// Calls an export with bytes, within bounds; the answer is bytes.
    pub async fn call_bytes(
        &self,
        id: f64,
        name: &str,
        bytes: Vec<u8>,
        bounds: CallBounds,
        abort: i32,
    ) -> Result<Handed> {
        let call = bounds.call(name, Vec::new());
        let command = Command::CallBytes(BytesCall { call, bytes, as_text: false });
        self.handed(self.ask_until_aborted(id, command, abort).await)
    }

    /// The same with text; the answer is text.
    pub async fn call_text(&self, id: f64, name: &str, text: String, bounds: CallBounds, abort: i32) -> Result<Handed> {
        let (call, bytes) = (bounds.call(name, Vec::new()), text.into_bytes());
        let command = Command::CallBytes(BytesCall { call, bytes, as_text: true });
        self.handed(self.ask_until_aborted(id, command, abort).await)
    }

    /// Either of them with bytes that come in pieces, once all have come.
    pub async fn call_large(
        &self,
        id: f64,
        name: &str,
        bytes: Handle,
        as_text: bool,
        bounds: CallBounds,
        abort: i32,
    ) -> Result<Handed> {
        let coming = self.coming(bytes, BytesCall::check_length);
        if coming.is_err() {
            self.enabled()?.instance(instance_id(id)?)?;
        }
        let call = BytesCall { call: bounds.call(name, Vec::new()), bytes: Vec::new(), as_text };
        let command = Command::CallBytesLater { call, coming: coming? };
        self.handed(self.ask_until_aborted(id, command, abort).await)
    }

    /// Calls one export after another, as one request.
    pub async fn call_batch(&self, id: f64, calls: Vec<Call>, abort: i32) -> Outcome {
        self.ask_until_aborted(id, Command::Batch(calls), abort).await
    }

    /// Calls a function that an instance has let out as a funcref.
    pub async fn call_ref(&self, id: f64, number: f64, args: Vec<Arg>) -> Outcome {
        let func = FuncValue { instance: id as u64, number: number as u64 };
        self.ask(id, Command::CallRef { func, args }).await
    }

    /// The value of an exported global, as an array of one.
    pub async fn global_get(&self, id: f64, name: String) -> Outcome {
        self.ask(id, Command::GlobalGet(name)).await
    }

    /// Sets an exported global.
    pub async fn global_set(&self, id: f64, name: String, value: Arg) -> Outcome {
        self.ask(id, Command::GlobalSet { name, value }).await
    }

    /// The element of a table at a place, as an array of one.
    pub async fn table_get(&self, id: f64, name: String, index: f64) -> Outcome {
        let [index] = self.amounts(id, [("the index", index)])?;
        self.ask(id, Command::TableGet { name, index }).await
    }

    /// Puts an element at a place of a table.
    pub async fn table_set(&self, id: f64, name: String, index: f64, value: Arg) -> Outcome {
        let [index] = self.amounts(id, [("the index", index)])?;
        self.ask(id, Command::TableSet { name, index, value }).await
    }

    /// Grows a table by elements; the answer is the size before.
    pub async fn table_grow(&self, id: f64, name: String, delta: f64, init: Arg) -> Outcome {
        let [delta] = self.amounts(id, [("the number of elements", delta)])?;
        self.ask(id, Command::TableGrow { name, delta, init }).await
    }

    /// How many elements a table has.
    pub async fn table_size(&self, id: f64, name: String) -> Outcome {
        self.ask(id, Command::TableSize(name)).await
    }

    /// Lets go of a resource that a component has let out.
    pub async fn drop_resource(&self, id: f64, number: f64) -> Outcome {
        self.ask(id, Command::DropResource(number as u64)).await
    }

    /// Adds fuel, given as decimal digits.
    pub async fn add_fuel(&self, id: f64, fuel: &str) -> Outcome {
        self.ask(id, Command::AddFuel(amount(fuel))).await
    }

    /// Integers as amounts. A negative one is an error once it is clear that the instance exists.
    pub(super) fn amounts<const N: usize>(&self, id: f64, numbers: [(&str, f64); N]) -> Result<[u64; N]> {
        let amounts = amounts(numbers);
        if amounts.is_err() {
            self.enabled()?.instance(instance_id(id)?)?;
        }
        amounts
    }

    /// Resolves when the instance has ended and its thread is gone.
    ///
    /// # Errors
    /// 5005 for what never was an instance.
    pub async fn closed(&self, id: f64) -> Result<Closed> {
        let actor = match self.enabled()?.instance(instance_id(id)?) {
            Ok(actor) => actor,
            // It has ended before this was asked.
            Err(error) => {
                let ended = error.ended.clone().ok_or(error)?;
                return Ok(Closed { reason: ended.reason, message: ended.message.unwrap_or_default() });
            }
        };
        actor.gone().await;
        let reason = actor.reason().ok_or_else(|| WasmError::no_instance(id))?;
        Ok(Closed { reason: reason.name(), message: reason.message().unwrap_or_default() })
    }

    /// Does the id name an instance that has not been ended?
    pub fn is_alive(&self, id: f64) -> bool {
        instance_id(id).is_ok_and(|id| self.host.runtime.instance(id).is_ok())
    }

    /// Ends an instance for a reason: `dropped`, `aborted` or `terminated`, the last perhaps with a text.
    pub async fn end(&self, id: f64, how: &str, text: String) -> Outcome {
        let reason = match how {
            "dropped" => StopReason::Dropped,
            "aborted" => StopReason::Aborted,
            _ => StopReason::Terminated(Some(text).filter(|text| !text.is_empty())),
        };
        self.enabled()?.end(instance_id(id)?, reason).await.map(|()| Answer::Done)
    }

    /// What to call an instance in a message: by its name and id, or by its id where it has ended.
    pub fn instance_label(&self, id: f64) -> String {
        let found = instance_id(id).and_then(|id| self.host.runtime.instance(id));
        found
            .map_or_else(|_| format!("the instance {id}"), |actor| format!("the instance \"{}\" ({id})", actor.label()))
    }

    /// How one instance is doing.
    ///
    /// # Errors
    /// 5005 where there is none.
    pub fn stats(&self, id: f64) -> Result<InstanceStats> {
        Ok(self.enabled()?.instance(instance_id(id)?)?.stats())
    }

    /// How all instances are doing, by id.
    ///
    /// # Errors
    /// 5009 where WebAssembly may not be used.
    pub fn all_stats(&self) -> Result<Vec<InstanceStats>> {
        Ok(self.enabled()?.stats())
    }
}

/// Why an instance ended and what there is to say about it, perhaps nothing.
#[derive(Clone, Debug)]
pub struct Closed {
    /// The word for it.
    pub reason: &'static str,
    /// In a sentence.
    pub message: String,
}

impl Encode for Closed {
    fn encode<J: Js>(self, js: &mut J) -> JsResult<J::Value> {
        Ok(Fields::of(js).text("reason", self.reason).text("message", &self.message).made())
    }
}
