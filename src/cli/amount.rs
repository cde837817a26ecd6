//! Numbers of a flag: how much of something, which is never nothing.

/// A whole number from 1 on.
///
/// # Errors
/// A sentence, which tells how to have no limit.
pub(super) fn parse(text: &str) -> Result<u64, String> {
    match text.parse() {
        Ok(0) => Err("it must be 1 or more; leave the option out for no limit of that kind".to_owned()),
        Ok(amount) => Ok(amount),
        Err(_) => Err(format!("it must be a whole number from 1 to {}", u64::MAX)),
    }
}

/// The same of what has a limit in any case.
///
/// # Errors
/// A sentence.
pub(super) fn parse_bounded(text: &str) -> Result<u64, String> {
    parse(text).map_err(|why| why.split(';').next().unwrap_or_default().to_owned())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_is_no_amount() {
        assert_eq!((parse("1"), parse("18446744073709551615")), (Ok(1), Ok(u64::MAX)));
        assert!(parse("0").unwrap_err().contains("1 or more; leave"));
        assert_eq!(parse_bounded("0").unwrap_err(), "it must be 1 or more");
        for bad in ["", "-1", "1.5", "x", "1s", "18446744073709551616"] {
            assert!(parse(bad).unwrap_err().contains("whole number"), "{bad}");
        }
    }
}
