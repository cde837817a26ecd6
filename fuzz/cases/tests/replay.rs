//! The fuzz targets without a fuzzer: each gets its corpus, the same changed in places, and bytes of a generator with a seed.

use runtime_wasm_fuzz_cases::TARGETS;
use std::fs;
use std::panic::{AssertUnwindSafe, catch_unwind, resume_unwind};
use std::path::Path;

/// Runs one input; if it fails, says which it was.
fn run(target: fn(&[u8]), data: &[u8], what: &str) {
    if let Err(panic) = catch_unwind(AssertUnwindSafe(|| target(data))) {
        eprintln!("the input: {what}: {data:02x?}");
        resume_unwind(panic);
    }
}

/// xorshift64: the inputs are the same on every machine.
struct Generator(u64);

impl Generator {
    fn next(&mut self) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0
    }

    fn below(&mut self, bound: usize) -> usize {
        (self.next() % bound as u64) as usize
    }

    /// The same bytes but for a few.
    fn changed(&mut self, data: &[u8]) -> Vec<u8> {
        let mut data = data.to_vec();
        for _ in 0..1 + self.below(4) {
            let place = self.below(data.len() + 1);
            match self.below(3) {
                0 => data.insert(place, self.next() as u8),
                1 if place < data.len() => drop(data.remove(place)),
                _ if place < data.len() => data[place] = self.next() as u8,
                _ => {}
            }
        }
        data
    }

    /// Bytes of all kinds, or of few: those make other choices likely.
    fn input(&mut self, length_max: u64) -> Vec<u8> {
        let length = self.next() % length_max;
        let mask = [0xff, 0x1f, 0x07, 0xff][(self.next() % 4) as usize];
        (0..length).map(|_| (self.next() >> 32) as u8 & mask).collect()
    }
}

fn replay(name: &str, inputs: usize, length_max: u64) {
    let (_, target) = TARGETS.into_iter().find(|(known, _)| *known == name).expect("a target");
    let corpus = corpus(name);
    for (path, data) in &corpus {
        run(target, data, path);
    }
    let mut generator = Generator(0x9e37_79b9_7f4a_7c15);
    for number in 0..inputs {
        let data = match number % 2 {
            0 => generator.input(length_max),
            _ => {
                let file = generator.below(corpus.len());
                generator.changed(&corpus[file].1)
            }
        };
        run(target, &data, &format!("number {number}"));
    }
}

/// The files with their paths, in the same order everywhere.
fn corpus(name: &str) -> Vec<(String, Vec<u8>)> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("../corpus").join(name);
    let entries = fs::read_dir(&folder).unwrap_or_else(|error| panic!("{}: {error}", folder.display()));
    let paths = entries.map(|entry| entry.unwrap().path());
    let mut files: Vec<_> = paths.map(|path| (path.display().to_string(), fs::read(&path).unwrap())).collect();
    assert!(!files.is_empty(), "{} is empty", folder.display());
    files.sort();
    files
}

#[test]
fn manifest() {
    replay("manifest", 10_000, 200);
}

#[test]
fn paths() {
    replay("paths", 600, 300);
}

#[test]
fn compile() {
    replay("compile", 300, 400);
}

#[test]
fn operations() {
    replay("operations", 200, 400);
}

#[test]
fn arguments() {
    replay("arguments", 1000, 400);
}

#[test]
fn component_values() {
    replay("component_values", 2000, 300);
}
