//! Which functions are short: they end soon, whatever they call.

use super::bounds::SHORT;
use super::survey::Survey;

/// What each of a module's own functions costs at most between two looks, with all that it calls, if that is little. `None` is said of those
/// that call themselves, directly or not, of those that call what is not known, and of those that simply take longer.
///
/// That nothing calls itself does not do: sixty functions of which each calls the next one twice end in a thousand years.
pub(super) fn costs(surveys: &[Survey]) -> Vec<Option<u32>> {
    let callers = Callers::of(surveys);
    let mut costs = vec![None; surveys.len()];
    let mut waits_for: Vec<usize> = surveys.iter().map(|survey| survey.callees.len()).collect();
    let mut sums: Vec<u32> = surveys.iter().map(|survey| survey.cost).collect();
    // Those whose callees are all known to be short; what is in a circle never gets here.
    let mut known: Vec<usize> = (0..surveys.len()).filter(|number| waits_for[*number] == 0).collect();
    while let Some(number) = known.pop() {
        if surveys[number].calls_any || sums[number] > SHORT {
            continue;
        }
        costs[number] = Some(sums[number]);
        for caller in callers.of_function(number) {
            sums[*caller] = sums[*caller].saturating_add(sums[number]);
            waits_for[*caller] -= 1;
            if waits_for[*caller] == 0 {
                known.push(*caller);
            }
        }
    }
    costs
}

/// For each function those that call it, as often as they do.
struct Callers {
    starts: Vec<usize>,
    all: Vec<usize>,
}

impl Callers {
    fn of(surveys: &[Survey]) -> Self {
        let mut starts = vec![0; surveys.len() + 1];
        let calls = || {
            surveys
                .iter()
                .enumerate()
                .flat_map(|(caller, survey)| survey.callees.iter().map(move |c| (caller, *c as usize)))
        };
        for (_, callee) in calls() {
            starts[callee + 1] += 1;
        }
        for number in 0..surveys.len() {
            starts[number + 1] += starts[number];
        }
        let (mut next, mut all) = (starts.clone(), vec![0; starts[surveys.len()]]);
        for (caller, callee) in calls() {
            all[next[callee]] = caller;
            next[callee] += 1;
        }
        Callers { starts, all }
    }

    fn of_function(&self, number: usize) -> &[usize] {
        &self.all[self.starts[number]..self.starts[number + 1]]
    }
}
