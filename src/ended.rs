//! How an instance has ended, for whoever asks for it afterwards.

use crate::printable;
use std::fmt;
use std::time::{Duration, Instant, SystemTime};

/// The most characters that are kept of what there is to say about an end.
const MESSAGE_CHARS_MAX: usize = 300;

/// An instance that has ended. Of bounded size, whatever its name and the reason are.
#[derive(Clone, Debug, PartialEq, Eq)]
#[cfg_attr(not(feature = "internals"), non_exhaustive)]
pub struct Ended {
    /// Its id.
    pub id: u64,
    /// Its name, as messages have it.
    pub name: String,
    /// Why, in the word that `closed` has for it.
    pub reason: &'static str,
    /// What there is to say beyond that.
    pub message: Option<String>,
    /// Why, in a sentence.
    pub why: String,
    /// When.
    pub at: Instant,
}

impl Ended {
    /// The instance of this name ended at this time. The texts are cut.
    pub fn new(id: u64, name: &str, reason: &'static str, message: Option<String>, why: &str, at: Instant) -> Self {
        let cut = |text: &str| printable::sentence(text).chars().take(MESSAGE_CHARS_MAX).collect();
        let message = message.map(|text| cut(&text));
        Ended { id, name: printable::name(name), reason, message, why: cut(why), at }
    }

    /// When, by the clock of the day.
    pub fn time(&self) -> SystemTime {
        let now = SystemTime::now();
        now.checked_sub(self.at.elapsed()).unwrap_or(now)
    }

    /// The bytes that it takes.
    pub fn bytes(&self) -> usize {
        size_of::<Self>() + self.name.len() + self.why.len() + self.message.as_ref().map_or(0, String::len)
    }
}

impl fmt::Display for Ended {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Ended { id, name, why, at, .. } = self;
        write!(f, "the instance \"{name}\" ({id}) ended {} ago: {why}", Ago(at.elapsed()))
    }
}

/// A span of time as people say it: two figures or three, in one unit.
struct Ago(Duration);

impl fmt::Display for Ago {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let seconds = self.0.as_secs_f64();
        match self.0.as_secs() {
            0 => write!(f, "{} ms", self.0.as_millis()),
            1..100 => write!(f, "{seconds:.1} s"),
            100..6_000 => write!(f, "{:.0} min", seconds / 60.0),
            6_000..172_800 => write!(f, "{:.0} h", seconds / 3600.0),
            _ => write!(f, "{:.0} days", seconds / 86_400.0),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn times_are_said_in_one_unit() {
        let cases = [
            (0, "0 ms"),
            (999, "999 ms"),
            (3_240, "3.2 s"),
            (99_900, "99.9 s"),
            (125_000, "2 min"),
            (7_200_000, "2 h"),
            (864_000_000, "10 days"),
        ];
        for (ms, said) in cases {
            assert_eq!(Ago(Duration::from_millis(ms)).to_string(), said);
        }
    }

    #[test]
    fn what_is_told_is_bounded_and_printable() {
        let (long, at) = ("x\u{1b}\n".repeat(100_000), Instant::now());
        let ended = Ended::new(7, &long, "terminated", Some(long.clone()), &long, at);
        assert!(ended.bytes() < 4_000, "{}", ended.bytes());
        let text = ended.to_string();
        assert!(text.starts_with("the instance \"x\\u{1b}\\nx") && !text.contains(['\u{1b}', '\n']), "{text}");
        assert!(ended.time() <= SystemTime::now());
    }
}
