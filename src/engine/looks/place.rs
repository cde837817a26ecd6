//! Where in a function's body it looks.
//!
//! All ways through the body are followed at once, with what the longest of them has cost since it last looked, and how long ago that was:
//! branches lead forward but for those to loops, so one pass sees all there is before what comes after it. It looks
//!
//! - at the head of a loop, unless every way back to it has looked on the way, or has called the host, which looks, too;
//! - before a call of a function that is not short, unless it has looked before in the same call;
//! - wherever the longest way since the last look would become too long.
//!
//! So whoever runs on looks again and again: in a loop, in a recursion, also one by tail calls, and in a tree of calls, however deep.

use super::bounds::{SHORT, STRETCH};
use super::flow::{Flow, flow};
use super::survey::{Survey, label};
use super::unread::Parsed;
use wasmparser::{FunctionBody, Operator};

/// How often it is tried to do without looks at the heads of loops that look by a call.
const ROUNDS: u32 = 2;

/// Before which instructions of the body of this own function it looks, by their offsets.
pub(super) fn places(
    body: &FunctionBody<'_>,
    survey: &Survey,
    costs: &[Option<u32>],
    number: usize,
    imported: u32,
) -> Parsed<Vec<usize>> {
    let is_short = costs[number].is_some();
    if is_short && survey.loops.iter().all(|found| !found.turns) {
        return Ok(Vec::new());
    }
    let mut heads: Vec<bool> = survey.loops.iter().map(|found| found.turns && !found.calls).collect();
    let mut round = 0;
    loop {
        let mut walk = Walk {
            survey,
            costs,
            imported,
            is_short,
            heads: &heads,
            unseen: Vec::new(),
            loops: 0,
            open: vec![Open { kind: Kind::Block, label: None }],
            way: Some(Way::default()),
            places: Vec::new(),
        };
        walk.walk(body)?;
        let Walk { unseen, places, .. } = walk;
        if unseen.is_empty() {
            return Ok(places);
        }
        round += 1;
        unseen.into_iter().for_each(|number| heads[number] = true);
        if round == ROUNDS {
            heads = survey.loops.iter().map(|found| found.turns).collect();
        }
    }
}

/// What is known of all ways that lead to a place.
#[derive(Clone, Copy, Default)]
struct Way {
    /// What the longest costs since its last look, or since the function began.
    cost: u32,
    /// Where the last look is, at least; 0 if there may be none.
    look: usize,
}

impl Way {
    fn and(self, other: Option<Way>) -> Way {
        let Some(other) = other else { return self };
        Way { cost: self.cost.max(other.cost), look: self.look.min(other.look) }
    }
}

/// A block that is open.
struct Open {
    kind: Kind,
    /// The branches to its end.
    label: Option<Way>,
}

enum Kind {
    Block,
    /// With its number and where its inside begins.
    Loop(usize, usize),
    /// With the way to the other branch.
    If(Option<Way>),
}

struct Walk<'w> {
    survey: &'w Survey,
    costs: &'w [Option<u32>],
    imported: u32,
    is_short: bool,
    /// Which loops look at their heads.
    heads: &'w [bool],
    /// Which others would have to.
    unseen: Vec<usize>,
    /// Loops that have begun.
    loops: usize,
    open: Vec<Open>,
    /// To the next instruction; none if nothing leads there.
    way: Option<Way>,
    places: Vec<usize>,
}

impl Walk<'_> {
    fn walk(&mut self, body: &FunctionBody<'_>) -> Parsed<()> {
        let mut operators = body.get_operators_reader()?;
        while !operators.eof() {
            let at = operators.original_position();
            let operator = operators.read()?;
            self.step(&operator, at, operators.original_position())?;
        }
        Ok(())
    }

    /// One instruction, which stands at `at`; the next one is at `next`.
    fn step(&mut self, operator: &Operator<'_>, at: usize, next: usize) -> Parsed<()> {
        let bytes = u32::try_from(next - at).unwrap_or(u32::MAX);
        match flow(operator)? {
            Flow::Next => self.cost(at, bytes),
            Flow::Long => self.cost(at, bytes.saturating_add(SHORT)),
            Flow::Block => self.begin(Kind::Block),
            Flow::Loop => self.begin_loop(next),
            Flow::If => {
                self.cost(at, bytes);
                self.begin(Kind::If(self.way));
            }
            Flow::Try(handlers) => {
                for catch in &handlers.catches {
                    // An exception may come from anywhere inside.
                    let Some(way) = self.way else { break };
                    self.branch(Way { cost: STRETCH, ..way }, label(catch));
                }
                self.begin(Kind::Block);
            }
            Flow::Else => self.other_branch(),
            Flow::End => self.end(),
            Flow::BranchIf(to) => {
                self.cost(at, bytes);
                self.branch_here(to);
            }
            Flow::Branch(to) => {
                self.branch_here(to);
                self.way = None;
            }
            Flow::Table(targets) => {
                // No way is longer for its many targets.
                self.cost(at, 1);
                self.branch_here(targets.default());
                for target in targets.targets() {
                    self.branch_here(target?);
                }
                self.way = None;
            }
            Flow::Leave => self.way = None,
            Flow::Call(function) => self.call(at, next, Some(function)),
            Flow::CallAny => self.call(at, next, None),
            Flow::TailCall(function) => {
                self.call(at, next, Some(function));
                self.way = None;
            }
            Flow::TailCallAny => {
                self.call(at, next, None);
                self.way = None;
            }
        }
        Ok(())
    }

    fn look(&mut self, at: usize) {
        if self.way.is_some() {
            self.places.push(at);
            self.way = Some(Way { cost: 0, look: at });
        }
    }

    fn cost(&mut self, at: usize, cost: u32) {
        let Some(way) = self.way else { return };
        if way.cost.saturating_add(cost) > STRETCH {
            self.look(at);
        }
        self.way = self.way.map(|way| Way { cost: way.cost.saturating_add(cost), ..way });
    }

    fn call(&mut self, at: usize, next: usize, function: Option<u32>) {
        let own = match function.map(|function| function.checked_sub(self.imported)) {
            // The host looks before it does anything.
            Some(None) => {
                self.way = self.way.map(|_| Way { cost: 0, look: next });
                return;
            }
            Some(Some(own)) => self.costs.get(own as usize).copied().flatten(),
            None => None,
        };
        if own.is_none() && !self.is_short && self.way.is_some_and(|way| way.look == 0) {
            self.look(at);
        }
        self.cost(at, own.unwrap_or(SHORT).saturating_add(1));
    }

    fn begin(&mut self, kind: Kind) {
        self.open.push(Open { kind, label: None });
    }

    fn begin_loop(&mut self, next: usize) {
        let number = self.loops;
        self.loops += 1;
        if self.heads[number] {
            self.look(next);
        } else if self.survey.loops[number].turns {
            // As after the longest way back.
            self.way = self.way.map(|way| Way { cost: way.cost.max(STRETCH / 2), ..way });
        }
        self.begin(Kind::Loop(number, next));
    }

    fn branch_here(&mut self, to: u32) {
        if let Some(way) = self.way {
            self.branch(way, to);
        }
    }

    fn branch(&mut self, way: Way, to: u32) {
        let Some(open) = self.open.len().checked_sub(1 + to as usize).and_then(|place| self.open.get_mut(place)) else {
            return;
        };
        match open.kind {
            Kind::Loop(number, begin) => {
                let seen = way.look >= begin && way.cost <= STRETCH / 2;
                if !seen && !self.heads[number] && self.unseen.last() != Some(&number) {
                    self.unseen.push(number);
                }
            }
            Kind::Block | Kind::If(_) => open.label = Some(way.and(open.label)),
        }
    }

    fn other_branch(&mut self) {
        if let Some(open) = self.open.last_mut()
            && let Kind::If(before) = open.kind
        {
            open.label = self.way.map(|way| way.and(open.label)).or(open.label);
            open.kind = Kind::Block;
            self.way = before;
        }
    }

    fn end(&mut self) {
        let Some(Open { kind, label }) = self.open.pop() else { return };
        let ways = match kind {
            // Its other branch is empty.
            Kind::If(before) => [self.way, label, before],
            Kind::Block | Kind::Loop(..) => [self.way, label, None],
        };
        self.way = ways.into_iter().flatten().reduce(|way, other| way.and(Some(other)));
    }
}
