//! The values of a manifest that are more than a string or a boolean. Each reads itself and says what else it had to be: an error is
//! the rest of a sentence that begins with the key.

use crate::caps::granted::{Access, Interruption, Priority};
use serde::de::value::MapAccessDeserializer;
use serde::de::{Deserialize, Deserializer, Error, MapAccess, Visitor};
use std::fmt;
use std::marker::PhantomData;
use toml::Spanned;

/// A value, and where in the text it stands.
#[derive(Clone, Debug)]
pub(super) struct At<T>(pub Spanned<T>);

/// A number of things, from 1 to `MAX`.
#[derive(Clone, Copy, Debug)]
pub(super) struct Amount<const MAX: u64 = { u64::MAX }>(pub u64);

/// A number of bytes: an integer, or a string such as `"64MiB"`.
#[derive(Clone, Copy, Debug)]
pub(super) struct Size(pub u64);

/// One of a few words.
#[derive(Clone, Copy, Debug)]
pub(super) struct Choice<T>(pub T);

/// The SHA-256 of a file, of 64 hexadecimal digits.
#[derive(Clone, Copy, Debug)]
pub(super) struct Hash(pub [u8; 32]);

/// Whether compiled code is kept, and where.
#[derive(Clone, Debug)]
pub(super) enum Cache {
    Kept(bool),
    In(String),
}

/// A path, or a table with a path and more.
#[derive(Clone, Debug)]
pub(super) struct PathOr<T>(pub T);

/// What such a table is.
pub(super) trait HasPath {
    /// The entry of which nothing but the path is said.
    fn of(path: String) -> Self;

    fn path(&self) -> Option<&str>;
}

/// What [`Choice`] is between.
pub(super) trait Words: Copy + 'static {
    const WORDS: &'static [(&'static str, Self)];
}

impl Words for Priority {
    const WORDS: &'static [(&'static str, Self)] =
        &[("background", Priority::Background), ("low", Priority::Low), ("normal", Priority::Normal)];
}

impl Words for Interruption {
    const WORDS: &'static [(&'static str, Self)] =
        &[("epoch", Interruption::Epoch), ("protection", Interruption::Protection)];
}

impl Words for Access {
    const WORDS: &'static [(&'static str, Self)] = &[("read", Access::Read), ("readwrite", Access::ReadWrite)];
}

/// The word for one of them.
fn word_of<T: Words + PartialEq>(value: T) -> &'static str {
    T::WORDS.iter().find(|(_, other)| *other == value).map_or("", |(word, _)| word)
}

impl Access {
    /// As the manifest has it.
    pub(crate) fn word(self) -> &'static str {
        word_of(self)
    }
}

impl Priority {
    /// As the manifest has it.
    pub(crate) fn word(self) -> &'static str {
        word_of(self)
    }
}

impl Interruption {
    /// As the manifest has it.
    pub(crate) fn word(self) -> &'static str {
        word_of(self)
    }
}

impl<'de, T: Deserialize<'de>> Deserialize<'de> for At<T> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Spanned::deserialize(deserializer).map(At)
    }
}

/// How values of some type are read: by a visitor that says what they have to be.
macro_rules! read_by {
    ([$($generics:tt)*] $type:ty, $wanted:literal, { $($visit:item)* }) => {
        impl<'de, $($generics)*> Deserialize<'de> for $type {
            fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
                deserializer.deserialize_any(Reader(PhantomData::<$type>))
            }
        }

        impl<'de, $($generics)*> Visitor<'de> for Reader<$type> {
            type Value = $type;

            fn expecting(&self, f: &mut fmt::Formatter) -> fmt::Result {
                f.write_str($wanted)
            }

            $($visit)*
        }
    };
}

struct Reader<T>(PhantomData<T>);

read_by!([const MAX: u64] Amount<MAX>, "an integer", {
    fn visit_u64<E: Error>(self, number: u64) -> Result<Self::Value, E> {
        amount(Some(number), MAX).map(Amount)
    }

    fn visit_i64<E: Error>(self, number: i64) -> Result<Self::Value, E> {
        amount(u64::try_from(number).ok(), MAX).map(Amount)
    }

    fn visit_u128<E: Error>(self, _: u128) -> Result<Self::Value, E> {
        amount(None, MAX).map(Amount)
    }

    fn visit_i128<E: Error>(self, _: i128) -> Result<Self::Value, E> {
        amount(None, MAX).map(Amount)
    }
});

read_by!([] Size, "an integer", {
    fn visit_u64<E: Error>(self, number: u64) -> Result<Self::Value, E> {
        amount(Some(number), u64::MAX).map(Size)
    }

    fn visit_i64<E: Error>(self, number: i64) -> Result<Self::Value, E> {
        amount(u64::try_from(number).ok(), u64::MAX).map(Size)
    }

    fn visit_u128<E: Error>(self, _: u128) -> Result<Self::Value, E> {
        amount(None, u64::MAX).map(Size)
    }

    fn visit_i128<E: Error>(self, _: i128) -> Result<Self::Value, E> {
        amount(None, u64::MAX).map(Size)
    }

    fn visit_str<E: Error>(self, text: &str) -> Result<Self::Value, E> {
        let wrong = || E::custom("must be a size such as \"64MiB\" or \"500 KB\", or a number of bytes");
        crate::size::parse(text).map(Size).ok_or_else(wrong)
    }
});

read_by!([T: Words] Choice<T>, "a string", {
    fn visit_str<E: Error>(self, text: &str) -> Result<Self::Value, E> {
        match T::WORDS.iter().find(|(word, _)| *word == text) {
            Some((_, value)) => Ok(Choice(*value)),
            None => Err(E::custom(format!("is \"{text}\", not {}", one_of(T::WORDS)))),
        }
    }
});

read_by!([] Hash, "a string", {
    fn visit_str<E: Error>(self, text: &str) -> Result<Self::Value, E> {
        unhex(text).map(Hash).ok_or_else(|| E::custom("must be 64 hexadecimal digits"))
    }
});

read_by!([] Cache, "a folder or false", {
    fn visit_bool<E: Error>(self, kept: bool) -> Result<Self::Value, E> {
        Ok(Cache::Kept(kept))
    }

    fn visit_str<E: Error>(self, folder: &str) -> Result<Self::Value, E> {
        Ok(Cache::In(folder.to_owned()))
    }
});

read_by!([T: Default + Deserialize<'de> + HasPath] PathOr<T>, "a string", {
    fn visit_str<E: Error>(self, path: &str) -> Result<Self::Value, E> {
        Ok(PathOr(T::of(path.to_owned())))
    }

    fn visit_map<A: MapAccess<'de>>(self, table: A) -> Result<Self::Value, A::Error> {
        let entry = T::deserialize(MapAccessDeserializer::new(table))?;
        if entry.path().is_none() { Err(A::Error::custom("has no `path`")) } else { Ok(PathOr(entry)) }
    }
});

fn amount<E: Error>(number: Option<u64>, most: u64) -> Result<u64, E> {
    let wrong = || E::custom(format!("must be an integer from 1 to {most}"));
    number.filter(|number| (1..=most).contains(number)).ok_or_else(wrong)
}

/// `"a", "b" or "c"`.
fn one_of<T>(words: &[(&str, T)]) -> String {
    let mut text = String::new();
    for (index, (word, _)) in words.iter().enumerate() {
        text += match words.len() - index {
            _ if index == 0 => "",
            1 => " or ",
            _ => ", ",
        };
        text += &format!("\"{word}\"");
    }
    text
}

fn unhex(text: &str) -> Option<[u8; 32]> {
    let mut bytes = [0; 32];
    if text.len() != 64 || !text.bytes().all(|digit| digit.is_ascii_hexdigit()) {
        return None;
    }
    for (index, byte) in bytes.iter_mut().enumerate() {
        *byte = u8::from_str_radix(text.get(2 * index..2 * index + 2)?, 16).ok()?;
    }
    Some(bytes)
}
