//! The pages that guests look at, and that a stop takes away: one for each instance, all in one mapping.
//!
//! A page is never written to. To take it away, a guard is put in its place, which Linux has since 6.13, and which leaves the mapping as it
//! is. On older systems the page is protected, which splits the mapping in three; since a process that has no maps left could not do that any more,
//! and a stop must not fail, the mapping is split when the page is handed out, and joined by the stop.

use super::mapping::{Access, Mapping, system_page_bytes};
use crate::engine::looks::PAGE_BYTES;
use parking_lot::Mutex;
use std::io;
use std::ops::Range;
use std::sync::Arc;

/// Pages that there are at most. Instances are bounded by less.
const PAGES_MAX: usize = 1 << 20;
/// What wasmtime takes for a memory's own, after its start: its reservation, and its guard. A fault there must not be one of another memory's.
const RESERVED_AFTER: usize = (4 << 30) + (64 << 20);

/// The advice that puts a guard in the place of a page, and the one that takes it away. `libc` has no names for them yet.
const MADV_GUARD_INSTALL: i32 = 102;
const MADV_GUARD_REMOVE: i32 = 103;
/// How often a guard is put in place, where the system says that it has no room for it.
const TRIES: usize = 100;

/// All pages.
#[derive(Debug)]
pub(crate) struct Pages {
    mapping: Mapping,
    /// From one to the next.
    stride: usize,
    /// Are there guards here?
    guards: bool,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    free: Vec<usize>,
    /// How many have ever been handed out.
    used: usize,
}

/// The page of one instance; or none, for one whose code does not look.
#[derive(Clone, Debug, Default)]
pub struct Page(Option<Arc<Slot>>);

#[derive(Debug)]
struct Slot {
    pages: Arc<Pages>,
    number: usize,
    state: Mutex<SlotState>,
}

#[derive(Debug, Default)]
struct SlotState {
    /// Has it been taken away, and not been given back?
    is_taken: bool,
    /// Does the host read it, along with all memories of the guest? Then it is taken away after that.
    is_kept: bool,
    is_wanted: bool,
}

impl Pages {
    pub(super) fn new() -> io::Result<Self> {
        Self::with(Guards::IfThereAre)
    }

    fn with(guards: Guards) -> io::Result<Self> {
        let page = system_page_bytes().max(PAGE_BYTES);
        // Where pages are protected, each has one after it that is never to be had, so that no two are of one map.
        let mapping = Mapping::new(2 * page * PAGES_MAX + RESERVED_AFTER)?;
        let guards = guards == Guards::IfThereAre && {
            let all = 0..page * PAGES_MAX;
            mapping.protect(all.clone(), Access::Read)?;
            // There is nothing to be taken away yet: only to see whether it is known.
            let known = mapping.advise(0..page, MADV_GUARD_REMOVE).is_ok();
            if !known {
                mapping.protect(all, Access::None)?;
            }
            known
        };
        let stride = if guards { page } else { 2 * page };
        Ok(Pages { mapping, stride, guards, state: Mutex::default() })
    }

    /// How many more memory maps the process has for each page.
    pub(crate) fn maps_per_page(&self) -> u64 {
        if self.guards { 0 } else { 2 }
    }

    /// A page for one instance.
    ///
    /// # Errors
    /// If there are no more, or the system has no maps for it.
    pub(crate) fn page(self: &Arc<Self>) -> io::Result<Page> {
        let number = self.state.lock().take().ok_or_else(|| io::Error::other("no page is left"))?;
        let slot = Slot { pages: self.clone(), number, state: Mutex::default() };
        if !self.guards {
            // Given back with the slot, if this fails.
            self.mapping.protect(self.range(number), Access::Read)?;
        }
        Ok(Page(Some(Arc::new(slot))))
    }

    fn range(&self, number: usize) -> Range<usize> {
        let start = number * self.stride;
        start..start + system_page_bytes().max(PAGE_BYTES)
    }

    /// From now on whoever looks at it traps.
    fn take_away(&self, number: usize) -> io::Result<()> {
        let range = self.range(number);
        if !self.guards {
            return self.mapping.protect(range, Access::None);
        }
        for _ in 1..TRIES {
            if self.mapping.advise(range.clone(), MADV_GUARD_INSTALL).is_ok() {
                return Ok(());
            }
            std::thread::yield_now();
        }
        self.mapping.protect(range, Access::None)
    }

    fn give_back(&self, number: usize) -> io::Result<()> {
        let range = self.range(number);
        if self.guards {
            self.mapping.advise(range.clone(), MADV_GUARD_REMOVE)?;
        }
        self.mapping.protect(range, Access::Read)
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Guards {
    IfThereAre,
    #[cfg(test)]
    No,
}

impl State {
    fn take(&mut self) -> Option<usize> {
        if let Some(number) = self.free.pop() {
            return Some(number);
        }
        let number = self.used;
        self.used += usize::from(number < PAGES_MAX);
        (number < PAGES_MAX).then_some(number)
    }
}

impl Page {
    /// Takes the page away: code that looks at it traps, from now on.
    pub fn take_away(&self) {
        if let Some(slot) = &self.0 {
            slot.take_away(&mut slot.state.lock());
        }
    }

    /// Keeps it from being taken away as long as the result lives. The guest must not run meanwhile.
    pub fn keep(&self) -> Kept<'_> {
        if let Some(slot) = &self.0 {
            let mut state = slot.state.lock();
            (state.is_kept, state.is_wanted) = (true, state.is_taken);
            // One that is gone already comes back for that time.
            if let Err(error) = slot.give_back(&mut state) {
                tracing::error!(%error, "a guest's page cannot be given back");
            }
        }
        Kept(self)
    }

    /// Gives it back, for an instance that is made anew. False where the system does not.
    pub fn give_back(&self) -> bool {
        self.0.as_ref().is_none_or(|slot| slot.give_back(&mut slot.state.lock()).is_ok())
    }

    /// Where it is.
    pub(super) fn address(&self) -> Option<usize> {
        self.0.as_ref().map(|slot| slot.pages.mapping.start() + slot.number * slot.pages.stride)
    }
}

/// A page that is not taken away yet.
pub struct Kept<'a>(&'a Page);

impl Drop for Kept<'_> {
    fn drop(&mut self) {
        let Some(slot) = &self.0.0 else { return };
        let mut state = slot.state.lock();
        state.is_kept = false;
        if std::mem::take(&mut state.is_wanted) {
            slot.take_away(&mut state);
        }
    }
}

impl Slot {
    fn take_away(&self, state: &mut SlotState) {
        if state.is_kept {
            state.is_wanted = true;
            return;
        }
        state.is_taken = true;
        if let Err(error) = self.pages.take_away(self.number) {
            tracing::error!(%error, "a guest's page cannot be taken away");
        }
    }

    fn give_back(&self, state: &mut SlotState) -> io::Result<()> {
        if state.is_taken {
            self.pages.give_back(self.number)?;
            state.is_taken = false;
        }
        Ok(())
    }
}

impl Drop for Slot {
    fn drop(&mut self) {
        let pages = self.pages.clone();
        // Nobody looks at it any more. One that cannot be made as others are is not used again.
        let mut state = std::mem::take(self.state.get_mut());
        let restored = if pages.guards { self.give_back(&mut state) } else { pages.take_away(self.number) };
        if restored.is_ok() {
            pages.state.lock().free.push(self.number);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;

    fn maps() -> usize {
        fs::read_to_string("/proc/self/maps").unwrap().lines().count()
    }

    /// What the system lets be read there, as `write` finds out.
    fn is_readable(page: &Page) -> bool {
        let (_reader, writer) = std::io::pipe().unwrap();
        let address = page.address().unwrap() as *const libc::c_void;
        // SAFETY: the system reads a byte there, or says that it cannot.
        unsafe { libc::write(std::os::fd::AsRawFd::as_raw_fd(&writer), address, 1) == 1 }
    }

    #[test]
    fn a_page_is_there_taken_away_and_given_back_and_its_place_is_used_again() {
        for guards in [Guards::IfThereAre, Guards::No] {
            let pages = Arc::new(Pages::with(guards).unwrap());
            let [one, two, three] = [(); 3].map(|()| pages.page().unwrap());
            for page in [&one, &two, &three] {
                assert!(is_readable(page));
            }
            two.take_away();
            assert_eq!([&one, &two, &three].map(is_readable), [true, false, true], "{guards:?}");
            two.take_away();
            assert!(!is_readable(&two) && two.give_back() && is_readable(&two));
            let kept = two.keep();
            two.take_away();
            assert!(is_readable(&two), "the host reads it");
            drop(kept);
            assert!(!is_readable(&two));
            let kept = two.keep();
            assert!(is_readable(&two));
            drop(kept);
            assert!(!is_readable(&two), "as it was");
            let (place, held) = (two.address(), two.clone());
            drop(two);
            assert_ne!(pages.page().unwrap().address(), place, "it is held");
            drop(held);
            let again = [(); 2].map(|()| pages.page().unwrap());
            assert!(again.iter().any(|page| page.address() == place) && again.iter().all(is_readable));
        }
        assert!(Page::default().give_back() && Page::default().address().is_none());
    }

    #[test]
    fn a_thousand_pages_of_which_half_are_taken_away_cost_no_maps_where_there_are_guards_and_else_what_is_said() {
        for guards in [Guards::IfThereAre, Guards::No] {
            let pages = Arc::new(Pages::with(guards).unwrap());
            let before = maps();
            let all: Vec<Page> = (0..1000).map(|_| pages.page().unwrap()).collect();
            let handed_out = maps().saturating_sub(before);
            // Other tests of this process have maps of theirs.
            assert!(handed_out <= 100 + 1000 * usize::try_from(pages.maps_per_page()).unwrap(), "{handed_out}");
            all.iter().step_by(2).for_each(Page::take_away);
            assert!(maps().saturating_sub(before) <= handed_out + 100, "a stop takes no maps");
            drop(all);
            assert!(maps().saturating_sub(before) <= 100);
        }
    }
}
