//! What may be spent on the debug sections of one module. They are the guest's: whatever they say is looked at, but never for long.

use crate::limits::{SYMBOL_BYTES_MAX, SYMBOL_STEPS_PROMPT};

/// Bytes of attributes and texts that are one step.
pub(super) const STEP_BYTES: usize = 16;

/// Why something is not known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Unknown {
    /// The sections make no sense here, or say nothing.
    Malformed,
    /// The budget is spent.
    Over,
}

impl From<gimli::Error> for Unknown {
    fn from(_: gimli::Error) -> Self {
        Unknown::Malformed
    }
}

/// What reading a debug section comes to.
pub(super) type Known<T> = Result<T, Unknown>;

/// What is left. A step is what takes some nanoseconds: a header, an attribute, a range, a byte of a line program.
pub(super) struct Budget {
    steps: u64,
    bytes: u64,
    /// Steps until `late` is called.
    prompt: u64,
    late: Box<dyn FnMut() + Send>,
}

impl Budget {
    /// So many steps for one module. `late` is called whenever those who wait should wait no more.
    pub(super) fn new(steps: u64, late: impl FnMut() + Send + 'static) -> Self {
        Budget { steps, bytes: SYMBOL_BYTES_MAX, prompt: SYMBOL_STEPS_PROMPT, late: Box::new(late) }
    }

    /// Somebody begins to wait.
    pub(super) fn begin(&mut self) {
        self.prompt = SYMBOL_STEPS_PROMPT;
    }

    /// Takes steps, before or after they are made.
    pub(super) fn steps(&mut self, count: usize) -> Known<()> {
        let count = count as u64;
        if count >= self.prompt {
            self.prompt = u64::MAX;
            (self.late)();
        }
        self.prompt = self.prompt.saturating_sub(count);
        self.steps = self.steps.checked_sub(count).ok_or(Unknown::Over)?;
        Ok(())
    }

    /// Takes memory that is kept as long as the module.
    pub(super) fn bytes(&mut self, count: usize) -> Known<()> {
        self.bytes = self.bytes.checked_sub(count as u64).ok_or(Unknown::Over)?;
        Ok(())
    }

    /// Does it, and gives back the memory that was taken for what did not come to an end.
    pub(super) fn for_all_or_nothing<T>(&mut self, work: impl FnOnce(&mut Budget) -> Known<T>) -> Known<T> {
        let before = self.bytes;
        work(self).inspect_err(|_| self.bytes = before)
    }

    /// The steps and bytes that are left.
    #[cfg(test)]
    pub(super) fn left(&self) -> (u64, u64) {
        (self.steps, self.bytes)
    }
}
