//! An instance, and what it can be asked.

use super::asking::{CallLimits, bytes, bytes_call, call, called, number, read, text, value, write};
use super::host_functions::check_not_within;
use super::streams::{InstanceStdin, InstanceStdout};
use super::values::{FromValues, IntoValues, args, results};
use crate::actor::control::{Status, StopReason};
use crate::actor::message::{Answer, Command, Outcome};
use crate::actor::{Actor, InstanceStats};
use crate::ended::Ended;
use crate::error::Result;
use crate::interface::{has_failed, is_command};
use crate::registry::InstanceId;
use crate::session::WasmHost;
use crate::signature::Export;
use crate::value::{FuncValue, Value};
use std::fmt;
use std::sync::Arc;

/// The export by which WASI commands run.
const COMMAND_ENTRY: &str = "_start";

/// An instance: an actor on a thread of its own. Dropping this ends it, at once and whatever its guest is doing.
///
/// Requests are answered one after the other, in the order in which their futures are first polled. Dropping a future takes back a request
/// that has not begun; one that has begun goes on, until a limit or the end of the instance. If the mailbox is full, a request waits for room.
pub struct Instance {
    host: WasmHost,
    actor: Arc<Actor>,
    streams: Streams,
    is_owned: bool,
}

/// The program's ends of what is piped.
#[derive(Default)]
pub(super) struct Streams {
    pub(super) stdin: Option<InstanceStdin>,
    pub(super) stdout: Option<InstanceStdout>,
    pub(super) stderr: Option<InstanceStdout>,
}

impl Instance {
    pub(super) fn new(host: WasmHost, actor: Arc<Actor>, streams: Streams) -> Self {
        Instance { host, actor, streams, is_owned: true }
    }

    /// Its id, which no other instance of this process ever has.
    pub fn id(&self) -> InstanceId {
        InstanceId(self.actor.id())
    }

    /// Its name.
    pub fn name(&self) -> &str {
        self.actor.name()
    }

    /// Calls an export, and reads its results as `R`: `()`, one value, a tuple or a `Vec<Value>`.
    ///
    /// # Errors
    /// 5003 if there is no such function, 5007 for arguments or results of other types, 5002 for a trap, an exit, a host
    /// function that fails or a stop meanwhile, 5011 if it reaches a limit, 5005 if the instance has ended. After a limit of
    /// time it has ended, unless it is to be restarted; after a trap or spent fuel it answers on, and its guest is as the trap has left it.
    pub async fn call<R: FromValues>(&self, name: &str, args: impl IntoValues) -> Result<R> {
        self.call_with(name, args, &CallLimits::default()).await
    }

    /// Calls an export within limits of its own.
    ///
    /// # Errors
    /// As for [`Instance::call`].
    pub async fn call_with<R: FromValues>(&self, name: &str, args: impl IntoValues, limits: &CallLimits) -> Result<R> {
        called(name, self.ask(Command::Call(call(name, args, limits))).await)
    }

    /// Calls one export after another as one request, which is cheaper than as many requests.
    ///
    /// Gives the results of those that succeeded, up to the first that did not, and its error.
    ///
    /// # Errors
    /// If the request itself fails, such as 5005.
    pub async fn call_batch<'a, A: IntoValues>(
        &self,
        calls: impl IntoIterator<Item = (&'a str, A)>,
    ) -> Result<(Vec<Vec<Value>>, Result<()>)> {
        let limits = CallLimits::default();
        let calls = calls.into_iter().map(|(name, args)| call(name, args, &limits)).collect();
        match self.ask(Command::Batch(calls)).await? {
            Answer::Batch(results, error) => Ok((results, error.map_or(Ok(()), Err))),
            other => Err(super::asking::unexpected(&other)),
        }
    }

    /// Calls an export with bytes, and gives the bytes that it gives: the guest makes room for them (`alloc`), and has it given back (`release`), as
    /// docs/plugins.md says. One request: its limits hold for all of it.
    ///
    /// # Errors
    /// As for [`Instance::call`]; 5003 or 5007 also for an `alloc` or a `release` that is not there or has other types, 5006 for room that the guest
    /// does not have, a result that is not within its memory, and more than 64 MiB of either.
    pub async fn call_bytes(&self, name: &str, given: impl Into<Vec<u8>>) -> Result<Vec<u8>> {
        self.call_bytes_with(name, given, &CallLimits::default()).await
    }

    /// Calls an export with bytes within limits of its own.
    ///
    /// # Errors
    /// As for [`Instance::call_bytes`].
    pub async fn call_bytes_with(&self, name: &str, given: impl Into<Vec<u8>>, limits: &CallLimits) -> Result<Vec<u8>> {
        bytes(self.ask(bytes_call(name, given.into(), false, limits)).await)
    }

    /// Calls an export with text in UTF-8, and gives the text that it gives.
    ///
    /// # Errors
    /// As for [`Instance::call_bytes`]; 5007 for what is not UTF-8.
    pub async fn call_text(&self, name: &str, given: impl Into<String>) -> Result<String> {
        self.call_text_with(name, given, &CallLimits::default()).await
    }

    /// Calls an export with text within limits of its own.
    ///
    /// # Errors
    /// As for [`Instance::call_text`].
    pub async fn call_text_with(&self, name: &str, given: impl Into<String>, limits: &CallLimits) -> Result<String> {
        text(self.ask(bytes_call(name, given.into().into_bytes(), true, limits)).await)
    }

    /// Calls a function that it has let out as a funcref.
    ///
    /// # Errors
    /// As for [`Instance::call`].
    pub async fn call_func<R: FromValues>(&self, func: FuncValue, values: impl IntoValues) -> Result<R> {
        let outcome = self.ask(Command::CallRef { func, args: args(values) }).await;
        results(super::asking::values(outcome)?, || "the results of a funcref".to_owned())
    }

    /// Runs a WASI command to its end, and gives its exit code.
    ///
    /// # Errors
    /// As for [`Instance::call`], but for an exit.
    pub async fn run(&self) -> Result<i32> {
        // A component has one by another name, which says no more than whether it failed.
        let entry = self.exports().iter().map(|export| &*export.name).find(|name| is_command(name));
        let entry = entry.unwrap_or(COMMAND_ENTRY);
        let ended = self.ask(Command::Call(call(entry, (), &CallLimits::default()))).await;
        match ended.and_then(|answer| super::asking::values(Ok(answer))) {
            Ok(results) => Ok(i32::from(has_failed(&results))),
            Err(error) => error.exit_code.ok_or(error),
        }
    }

    /// What its module exports.
    pub fn exports(&self) -> &[Export] {
        self.actor.exports()
    }

    /// Bytes of its memory: the export `memory`, or else the first exported or imported one.
    ///
    /// # Errors
    /// 5006 for a range that is not within the memory, or if there is none.
    pub async fn read_memory(&self, offset: u64, length: u64) -> Result<Vec<u8>> {
        bytes(self.ask(read(offset, length)).await)
    }

    /// Writes bytes to its memory.
    ///
    /// # Errors
    /// As for [`Instance::read_memory`].
    pub async fn write_memory(&self, offset: u64, bytes: impl Into<Vec<u8>>) -> Result<()> {
        self.ask(write(offset, bytes.into())).await.map(drop)
    }

    /// The size of its memory in pages of 64 KiB.
    ///
    /// # Errors
    /// 5006 if it has none.
    pub async fn memory_pages(&self) -> Result<u64> {
        number(self.ask(Command::MemorySize).await)
    }

    /// Grows its memory by pages of 64 KiB, and gives the size before.
    ///
    /// # Errors
    /// 5006 if there is no memory, or no room within its limits.
    pub async fn grow_memory(&self, pages: u64) -> Result<u64> {
        number(self.ask(Command::MemoryGrow { pages }).await)
    }

    /// The value of an exported global.
    ///
    /// # Errors
    /// 5003 if there is none of this name.
    pub async fn global(&self, name: &str) -> Result<Value> {
        value(self.ask(Command::GlobalGet(name.to_owned())).await)
    }

    /// Gives an exported global a value.
    ///
    /// # Errors
    /// 5003 if there is none of this name, 5007 if it is of another type or never changes.
    pub async fn set_global(&self, name: &str, value: impl Into<Value>) -> Result<()> {
        self.ask(Command::GlobalSet { name: name.to_owned(), value: value.into().into() }).await.map(drop)
    }

    /// The element at a place of a table.
    ///
    /// # Errors
    /// 5003 if there is no table of this name, 5006 if there is no such place.
    pub async fn table_element(&self, name: &str, index: u64) -> Result<Value> {
        value(self.ask(Command::TableGet { name: name.to_owned(), index }).await)
    }

    /// Puts an element at a place of a table.
    ///
    /// # Errors
    /// As for [`Instance::table_element`]; 5007 for an element of another type.
    pub async fn set_table_element(&self, name: &str, index: u64, element: impl Into<Value>) -> Result<()> {
        let value = element.into().into();
        self.ask(Command::TableSet { name: name.to_owned(), index, value }).await.map(drop)
    }

    /// How many elements a table has.
    ///
    /// # Errors
    /// 5003 if there is no table of this name.
    pub async fn table_elements(&self, name: &str) -> Result<u64> {
        number(self.ask(Command::TableSize(name.to_owned())).await)
    }

    /// Grows a table by elements that are `init`, and gives the size before.
    ///
    /// # Errors
    /// As for [`Instance::set_table_element`]; 5006 if there is no room within its limits.
    pub async fn grow_table(&self, name: &str, elements: u64, init: impl Into<Value>) -> Result<u64> {
        let init = init.into().into();
        number(self.ask(Command::TableGrow { name: name.to_owned(), delta: elements, init }).await)
    }

    /// Adds fuel, and gives what there is then.
    ///
    /// # Errors
    /// 5007 if it was made without a limit of fuel.
    pub async fn add_fuel(&self, amount: u64) -> Result<u64> {
        number(self.ask(Command::AddFuel(amount)).await)
    }

    /// Where it stands in its life.
    pub fn status(&self) -> Status {
        self.actor.status()
    }

    /// How it is doing. Answers also while the guest runs on.
    pub fn stats(&self) -> InstanceStats {
        self.actor.stats()
    }

    /// Where the guest reads from, if its input is [piped](super::Input::Piped); once.
    pub fn take_stdin(&mut self) -> Option<InstanceStdin> {
        self.streams.stdin.take()
    }

    /// What the guest writes, if its output is [piped](super::Output::Piped); once.
    pub fn take_stdout(&mut self) -> Option<InstanceStdout> {
        self.streams.stdout.take()
    }

    /// What the guest writes to its standard error, if that is [piped](super::Output::Piped); once.
    pub fn take_stderr(&mut self) -> Option<InstanceStdout> {
        self.streams.stderr.take()
    }

    /// Ends it, whatever its guest is doing, and waits until its thread is gone. To drop it ends it as well, without waiting.
    pub async fn close(self) -> Ended {
        self.actor.stop(StopReason::Dropped);
        self.closed().await
    }

    /// Ends it for a reason that those hear whose requests this refuses.
    pub fn terminate(&self, reason: impl Into<String>) {
        self.actor.stop(StopReason::Terminated(Some(reason.into()).filter(|reason| !reason.is_empty())));
    }

    /// Waits until it has ended and its thread is gone, and says how it ended.
    pub async fn closed(&self) -> Ended {
        self.actor.gone().await;
        self.actor.how_it_ended()
    }

    /// Lets it live on without this handle, until a limit, [`Runtime::end`](super::Runtime::end) or the end of the runtime. It answers to its id.
    pub fn detach(mut self) -> InstanceId {
        self.is_owned = false;
        self.id()
    }

    async fn ask(&self, command: Command) -> Outcome {
        check_not_within(self.actor.id())?;
        self.host.runtime().ask(self.id(), command).await
    }
}

impl Drop for Instance {
    fn drop(&mut self) {
        if self.is_owned {
            self.actor.stop(StopReason::Dropped);
        }
    }
}

impl fmt::Debug for Instance {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Instance")
            .field("id", &self.actor.id())
            .field("name", self.actor.name())
            .finish_non_exhaustive()
    }
}
