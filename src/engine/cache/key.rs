//! What compiled code depends on.

use crate::engine::{Kind, looks};
use sha2::{Digest, Sha256};
use std::hash::{Hash, Hasher};
use wasmtime::Engine;

/// Names code by all that it depends on: the module's bytes, wasmtime's version and settings, and what the processor can.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Key {
    digest: [u8; 32],
    file_name: String,
    kind: Kind,
}

/// The prefix of entries that are being written.
pub(super) const UNFINISHED: &str = "new-";
/// How the names of entries end.
const ENDING: &str = ".cwasm";

/// Hands everything that is hashed on to SHA-256: 64 bits would be few for what decides which code runs.
struct Wide(Sha256);

impl Hasher for Wide {
    fn write(&mut self, bytes: &[u8]) {
        self.0.update(bytes);
    }

    fn finish(&self) -> u64 {
        unreachable!("nobody asks for less than all of it")
    }
}

impl Key {
    /// The key of what has this SHA-256, for an engine.
    pub(crate) fn new(module: &[u8; 32], kind: Kind, engine: &Engine) -> Key {
        let mut hasher = Wide(Sha256::new());
        env!("CARGO_PKG_VERSION").hash(&mut hasher);
        // What code that looks has beside wasmtime's settings: those tell whether it does.
        looks::VERSION.hash(&mut hasher);
        module.hash(&mut hasher);
        engine.precompile_compatibility_hash().hash(&mut hasher);
        Key::of_digest(hasher.0.finalize().into(), kind)
    }

    /// The key of nothing.
    pub(super) fn none() -> Key {
        Key::of_digest([0; 32], Kind::Core)
    }

    fn of_digest(digest: [u8; 32], kind: Kind) -> Key {
        let file_name = digest.iter().map(|byte| format!("{byte:02x}")).chain([ENDING.to_owned()]).collect();
        Key { digest, file_name, kind }
    }

    /// What is to be found under it: the bytes say, and so does the key.
    pub(super) fn kind(&self) -> Kind {
        self.kind
    }

    pub(super) fn digest(&self) -> &[u8; 32] {
        &self.digest
    }

    pub(super) fn file_name(&self) -> &str {
        &self.file_name
    }
}

/// Is it a name that an entry has, or one that is being written?
pub(super) fn is_ours(name: &[u8]) -> bool {
    let is_digits = |part: &[u8]| !part.is_empty() && part.iter().all(u8::is_ascii_digit);
    let entry = match name.strip_prefix(UNFINISHED.as_bytes()) {
        None => name,
        Some(rest) => match *rest.splitn(3, |byte| *byte == b'-').collect::<Vec<_>>() {
            [process, number, entry] if is_digits(process) && is_digits(number) => entry,
            _ => return false,
        },
    };
    is_file_name(entry)
}

fn is_file_name(name: &[u8]) -> bool {
    let digits = name.strip_suffix(ENDING.as_bytes());
    digits.is_some_and(|digits| {
        digits.len() == 64 && digits.iter().all(|digit| matches!(digit, b'0'..=b'9' | b'a'..=b'f'))
    })
}
