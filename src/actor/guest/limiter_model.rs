//! The limiter held against a model of wasmtime: memories and tables with their true sizes, and who is asked and told of what, in
//! the order in which wasmtime 48 does it (`vm/memory.rs`, `vm/table.rs`).

use super::limiter::Limiter;
use crate::actor::budget::Budget;
use crate::actor::protocol::config::Limits;
use crate::actor::stats::Counter;
use crate::limits::TABLE_ELEMENT_BYTES;
use std::sync::Arc;
use wasmtime::{Error, ResourceLimiter};

const PAGE: usize = 65_536;
const MEMORY_MAX: u64 = 40 * PAGE as u64;
const TABLE_MAX: u64 = 1000;
const SHARED_MAX: u64 = 60 * PAGE as u64;

/// Pseudorandom numbers (splitmix64): the same for the same seed.
struct Chance(u64);

impl Chance {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mixed = (self.0 ^ (self.0 >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    fn below(&mut self, bound: u64) -> u64 {
        self.next() % bound
    }

    fn once_in(&mut self, times: u64) -> bool {
        self.below(times) == 0
    }

    /// Mostly something that may fit; else what a hostile guest would try.
    fn delta(&mut self, usual: u64) -> u64 {
        const ODD: [u64; 8] = [0, 1, u64::MAX, u64::MAX - 1, 1 << 32, (1 << 32) - 1, 1 << 63, 1 << 48];
        if self.once_in(3) { ODD[self.below(8) as usize] } else { self.below(usual) }
    }
}

struct Item {
    size: usize,
    maximum: Option<usize>,
}

/// One instance.
struct Instance {
    limiter: Limiter,
    shown: Arc<Counter>,
    memories: Vec<Item>,
    tables: Vec<Item>,
    /// Elements that a table was allowed, and got no memory for: wasmtime tells nobody.
    lost: usize,
}

impl Instance {
    fn new(shared: &Arc<Budget>) -> Self {
        let shown = Arc::<Counter>::default();
        let limits = Limits { memory_bytes: MEMORY_MAX, table_elements: TABLE_MAX, ..Limits::default() };
        let limiter = Limiter::new(&limits, shared, shown.clone());
        Instance { limiter, shown, memories: Vec::new(), tables: Vec::new(), lost: 0 }
    }

    /// `Memory::limit_new`. A memory that is not allowed is not made, and would end the instantiation.
    fn new_memory(&mut self, chance: &mut Chance) {
        let minimum = usize::try_from(chance.below(4)).unwrap() * PAGE;
        let maximum = (!chance.once_in(3)).then(|| minimum + chance.below(30) as usize * PAGE);
        if self.limiter.memory_growing(0, minimum, maximum).unwrap() {
            self.memories.push(Item { size: minimum, maximum });
        }
    }

    /// `LocalMemory::grow`.
    fn grow_memory(&mut self, chance: &mut Chance) {
        let (delta, fails) = (chance.delta(12), chance.once_in(5));
        let index = chance.below(self.memories.len().max(1) as u64) as usize;
        let Some(memory) = self.memories.get_mut(index).filter(|_| delta > 0) else { return };
        let absolute_max = 0_usize.wrapping_sub(PAGE);
        let wanted = usize::try_from(delta).unwrap().saturating_mul(PAGE).saturating_add(memory.size).min(absolute_max);
        if !self.limiter.memory_growing(memory.size, wanted, memory.maximum).unwrap() {
            return;
        }
        if fails || memory.maximum.is_some_and(|maximum| wanted > maximum) {
            self.limiter.memory_grow_failed(Error::msg("no memory")).unwrap();
        } else {
            memory.size = wanted;
        }
    }

    /// `Table::limit_new`.
    fn new_table(&mut self, chance: &mut Chance) {
        let minimum = chance.below(100) as usize;
        let maximum = (!chance.once_in(3)).then(|| minimum + chance.below(900) as usize);
        if self.limiter.table_growing(0, minimum, maximum).unwrap() {
            self.tables.push(Item { size: minimum, maximum });
        }
    }

    /// `Table::grow`.
    fn grow_table(&mut self, chance: &mut Chance) {
        let (delta, fails) = (chance.delta(300), chance.once_in(8));
        let index = chance.below(self.tables.len().max(1) as u64) as usize;
        let Some(table) = self.tables.get_mut(index).filter(|_| delta > 0) else { return };
        let Some(wanted) = table.size.checked_add(usize::try_from(delta).unwrap()) else {
            return self.limiter.table_grow_failed(Error::msg("overflow calculating new table size")).unwrap();
        };
        if !self.limiter.table_growing(table.size, wanted, table.maximum).unwrap() {
            return;
        }
        if table.maximum.is_some_and(|maximum| wanted > maximum) {
            self.limiter.table_grow_failed(Error::msg("Table maximum size exceeded")).unwrap();
        } else if fails {
            self.lost += wanted - table.size;
        } else {
            table.size = wanted;
        }
    }

    /// What is counted is what there is, and no more than may be.
    fn check(&self) -> u64 {
        let sum = |items: &[Item]| items.iter().map(|item| item.size as u64).sum::<u64>();
        let (bytes, elements) = (sum(&self.memories), sum(&self.tables) + self.lost as u64);
        assert_eq!(self.shown.get(), bytes);
        assert!(bytes <= MEMORY_MAX && elements <= TABLE_MAX, "{bytes} bytes, {elements} elements");
        bytes + elements * TABLE_ELEMENT_BYTES
    }
}

#[test]
fn whatever_grows_or_fails_what_is_counted_is_what_there_is() {
    for seed in 0..2000 {
        let mut chance = Chance(seed);
        let shared = Arc::new(Budget::new(SHARED_MAX));
        let mut instances = [Instance::new(&shared), Instance::new(&shared)];
        for _ in 0..200 {
            let instance = &mut instances[chance.below(2) as usize];
            match chance.below(8) {
                0 if instance.memories.len() < 3 => instance.new_memory(&mut chance),
                1 if instance.tables.len() < 3 => instance.new_table(&mut chance),
                2..5 => instance.grow_memory(&mut chance),
                _ => instance.grow_table(&mut chance),
            }
            let counted: u64 = instances.iter().map(Instance::check).sum();
            assert_eq!(shared.used(), counted, "seed {seed}");
            assert!(counted <= SHARED_MAX);
        }
        drop(instances);
        assert_eq!(shared.used(), 0);
    }
}

/// What nothing bounds is still counted in 64 bits.
#[test]
fn a_table_of_more_bytes_than_can_be_counted_is_refused() {
    let shared = Arc::new(Budget::new(u64::MAX));
    let limits = Limits { memory_bytes: u64::MAX, table_elements: u64::MAX, ..Limits::default() };
    let mut limiter = Limiter::new(&limits, &shared, Arc::default());
    for elements in [1 << 60, 1 << 61, usize::MAX / 16 + 1, usize::MAX] {
        assert!(!limiter.table_growing(0, elements, None).unwrap(), "{elements}");
        assert!(limiter.take_refusal().unwrap().contains("max_memory"));
    }
    assert!(limiter.table_growing(0, 1 << 59, None).unwrap());
    drop(limiter);
    assert_eq!(shared.used(), 0);
}
