//! The keys of each section, as serde has them.

use super::document::{Capabilities, Env, Fs, Http, Limits, LoadEntry, Net, PreopenEntry, Wasm};
use serde::de::value::Error;
use serde::de::{Deserialize, Deserializer, Error as _, Visitor};
use serde::forward_to_deserialize_any;
use std::sync::LazyLock;

type Keys = &'static [&'static str];

/// What there is in `[capabilities]`.
pub(super) static CAPABILITIES: LazyLock<Keys> = LazyLock::new(keys_of::<Capabilities>);

/// The sections whose keys are all known, and these. Where two have the same key, the first is the one that is meant by it.
pub(super) static SECTIONS: LazyLock<[(&str, Keys); 6]> = LazyLock::new(|| {
    [
        ("capabilities.wasm", keys_of::<Wasm>()),
        ("capabilities.wasm.limits", keys_of::<Limits>()),
        ("capabilities.wasm.http", keys_of::<Http>()),
        ("capabilities.net", keys_of::<Net>()),
        ("capabilities.fs", keys_of::<Fs>()),
        ("capabilities.env", keys_of::<Env>()),
    ]
});

/// The keys of a section; none for one of somebody else.
pub(super) fn of_section(section: &str) -> Keys {
    SECTIONS.iter().find(|(name, _)| *name == section).map_or(&[], |(_, keys)| keys)
}

/// The keys of a table in this list.
pub(super) fn of_entry(list: &str) -> Keys {
    match list {
        "load" => keys_of::<LoadEntry>(),
        "preopens" => keys_of::<PreopenEntry>(),
        _ => &[],
    }
}

fn keys_of<'de, T: Deserialize<'de>>() -> Keys {
    let mut keys: Keys = &[];
    // It ends with an error, once it has said which keys it wants.
    let _ = T::deserialize(Wanted(&mut keys));
    keys
}

/// Notes the keys that are asked for, and has none of them.
struct Wanted<'a>(&'a mut Keys);

impl<'de> Deserializer<'de> for Wanted<'_> {
    type Error = Error;

    fn deserialize_struct<V: Visitor<'de>>(self, _: &str, keys: Keys, _: V) -> Result<V::Value, Error> {
        *self.0 = keys;
        Err(Error::custom(""))
    }

    fn deserialize_any<V: Visitor<'de>>(self, _: V) -> Result<V::Value, Error> {
        Err(Error::custom(""))
    }

    forward_to_deserialize_any! {
        bool i8 i16 i32 i64 i128 u8 u16 u32 u64 u128 f32 f64 char str string bytes byte_buf option unit unit_struct newtype_struct
        seq tuple tuple_struct map enum identifier ignored_any
    }
}
