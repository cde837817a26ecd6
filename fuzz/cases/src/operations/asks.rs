//! Requests for instances of the model's guest: any, with arguments that mostly fit; and several of them under way at once.

use super::model::PAGE;
use crate::input::Input;
use runtime_wasm::actor::Actor;
use runtime_wasm::actor::message::{Call, Command, Outcome};
use runtime_wasm::value::{Arg, Value};
use std::future::{Future, poll_fn};
use std::pin::Pin;
use std::task::{Context, Poll, Waker};

/// Enough fuel for all calls that end by themselves.
pub const FUEL: u64 = 1_000_000;

/// A request that has its place in the line.
pub struct Asked<'a> {
    request: Pin<Box<dyn Future<Output = Outcome> + 'a>>,
    pub answered: Option<Outcome>,
}

impl<'a> Asked<'a> {
    pub fn new(actor: &'a Actor, command: Command) -> Self {
        let mut asked = Asked { request: Box::pin(actor.ask(command)), answered: None };
        asked.poll(&mut Context::from_waker(Waker::noop()));
        asked
    }

    /// Is it answered?
    fn poll(&mut self, context: &mut Context<'_>) -> bool {
        if self.answered.is_none()
            && let Poll::Ready(outcome) = self.request.as_mut().poll(context)
        {
            self.answered = Some(outcome);
        }
        self.answered.is_some()
    }

    pub async fn outcome(mut self) -> Outcome {
        answer_all(std::slice::from_mut(&mut self), false).await;
        self.answered.expect("it is answered")
    }
}

/// Waits for all of them, looking at the last one first if so told: that must not change their order.
pub async fn answer_all(requests: &mut [Asked<'_>], last_first: bool) {
    poll_fn(|context| {
        let mut all = true;
        for index in 0..requests.len() {
            let index = if last_first { requests.len() - 1 - index } else { index };
            all &= requests[index].poll(context);
        }
        if all { Poll::Ready(()) } else { Poll::Pending }
    })
    .await;
}

pub fn call(name: &str, args: &[Value]) -> Command {
    Command::Call(some_call(name, args))
}

fn some_call(name: &str, args: &[Value]) -> Call {
    Call { name: name.into(), args: args.iter().cloned().map(Arg::from).collect(), ..Call::default() }
}

pub fn some_command(input: &mut Input, may_spin: bool) -> Command {
    match input.below(13) {
        0 => Command::MemoryRead { offset: place(input), length: place(input).min(place(input)) },
        1 => Command::MemoryWrite { offset: place(input), bytes: vec![input.any(); input.below(5)] },
        2 => Command::MemorySize,
        3 => Command::MemoryGrow { pages: [0, 1, 2, 3, u64::MAX][input.below(5)] },
        4 => Command::GlobalGet(input.pick(&["global", "constant", "memory", "next", "none"]).into()),
        5 => {
            let name = input.pick(&["global", "constant", "table", "none"]).into();
            Command::GlobalSet { name, value: some_value(input).into() }
        }
        6 => Command::AddFuel([0, FUEL, u64::MAX][input.below(3)]),
        7 => Command::Batch((0..input.below(5)).map(|_| any_call(input, may_spin)).collect()),
        8 if may_spin => {
            // Enough for what ends by itself, or nothing.
            let fuel = Some(if input.once_in(4) { 0 } else { 1000 });
            Command::Call(Call { fuel, ..any_call(input, may_spin) })
        }
        9 => table_command(input),
        _ => Command::Call(any_call(input, may_spin)),
    }
}

fn table_command(input: &mut Input) -> Command {
    let name = input.pick(&["table", "table", "table", "memory", "none"]).into();
    let value = if input.once_in(4) { some_value(input) } else { Value::Null };
    let index = [0, 1, 2, 3, 4, u64::MAX][input.below(6)];
    match input.below(4) {
        0 => Command::TableGet { name, index },
        1 => Command::TableSet { name, index, value: value.into() },
        2 => Command::TableGrow { name, delta: [0, 1, 1000, 1 << 32, u64::MAX][input.below(5)], init: value.into() },
        _ => Command::TableSize(name),
    }
}

/// A call of any export with arguments that mostly fit. What spins is asked only where it ends by itself.
fn any_call(input: &mut Input, may_spin: bool) -> Call {
    let (name, mut args) = match input.below(12) {
        0 => ("add", vec![number(input), number(input)]),
        1 => ("swap", vec![Value::I64(input.any()), Value::I32(input.any())]),
        2 | 3 => ("load", vec![number(input)]),
        4 | 5 => ("store", vec![number(input), Value::I32(input.any())]),
        6 => ("grow", vec![Value::I32([0, 1, 2, 3, -1][input.below(5)])]),
        7 => ("trap", vec![]),
        8 if may_spin => ("spin", vec![]),
        9 => (input.pick(&["none", "memory", "global", ""]), vec![]),
        _ => ("next", vec![]),
    };
    if input.once_in(8) {
        args.push(some_value(input));
    }
    some_call(name, &args)
}

fn some_value(input: &mut Input) -> Value {
    match input.below(3) {
        0 => Value::I32(input.any()),
        1 => Value::I64(input.any()),
        _ => Value::F64(input.any()),
    }
}

fn number(input: &mut Input) -> Value {
    Value::I32(place(input) as i32)
}

/// A place in a memory, mostly about its edges.
fn place(input: &mut Input) -> u64 {
    let edge = [0, 1, 2, 3, u64::MAX / PAGE as u64][input.below(5)].wrapping_mul(PAGE as u64);
    edge.wrapping_add(input.below(9) as u64).wrapping_sub(4)
}
