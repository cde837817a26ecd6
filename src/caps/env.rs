//! Which variables of the environment the app itself may read.

use glob::Pattern;

/// One entry of `[capabilities.env] allow`, such as `HOME` or `APP_*`. Letter case counts.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct EnvPattern(Pattern);

impl EnvPattern {
    /// Parses an entry; the error is a sentence about it.
    pub(super) fn parse(entry: &str) -> Result<Self, String> {
        if entry.is_empty() || entry.contains(['=', '\0']) {
            return Err("a name must not be empty or contain `=` or a NUL".to_owned());
        }
        Pattern::new(entry).map(EnvPattern).map_err(|error| error.msg.to_owned())
    }

    pub(super) fn allows(&self, name: &str) -> bool {
        self.0.matches(name)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_is_granted_as_it_is_or_by_a_wildcard() {
        let allows = |pattern: &str, name: &str| EnvPattern::parse(pattern).unwrap().allows(name);
        for (pattern, name) in
            [("HOME", "HOME"), ("APP_*", "APP_"), ("APP_*", "APP_X_Y"), ("*_PROXY", "HTTP_PROXY"), ("*", "A")]
        {
            assert!(allows(pattern, name), "{pattern} {name}");
        }
        for (pattern, name) in [("HOME", "home"), ("HOME", "HOMES"), ("APP_*", "MYAPP_X"), ("A?", "A"), ("HOME", "")] {
            assert!(!allows(pattern, name), "{pattern} {name}");
        }
        for wrong in ["", "A=B", "A\0", "A**", "A["] {
            assert!(EnvPattern::parse(wrong).is_err(), "{wrong:?}");
        }
    }
}
