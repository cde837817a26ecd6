//! Numbers of bytes as people write them, in the manifest and on the command line.

const UNITS: &[(&str, u64)] = &[
    ("KiB", 1 << 10),
    ("MiB", 1 << 20),
    ("GiB", 1 << 30),
    ("KB", 1_000),
    ("MB", 1_000_000),
    ("GB", 1_000_000_000),
    ("B", 1),
];

/// What [`parse`] takes, as a regular expression; but for what is beyond 64 bits.
#[cfg(feature = "host")]
pub(crate) const PATTERN: &str = r"^\+?0*[1-9][0-9]*\s*(B|KB|MB|GB|KiB|MiB|GiB)$";

/// A size with its unit, such as `64MiB` or `500 KB`. `None` for anything else, and for nothing at all.
pub(crate) fn parse(text: &str) -> Option<u64> {
    let (unit, bytes) = UNITS.iter().find(|(unit, _)| text.ends_with(unit))?;
    let number: u64 = text.strip_suffix(unit)?.trim_end().parse().ok()?;
    number.checked_mul(*bytes).filter(|bytes| *bytes > 0)
}

/// A number of bytes as [`parse`] takes it, in the largest unit of which it is so many: `64MiB`. `None` where there is none but the byte.
pub(crate) fn exact(bytes: u64) -> Option<String> {
    let units = UNITS.iter().filter(|(_, unit)| *unit > 1 && bytes > 0 && bytes.is_multiple_of(*unit));
    units.max_by_key(|(_, unit)| *unit).map(|(name, unit)| format!("{}{name}", bytes / unit))
}

/// A number of bytes in the largest unit of which there is one, with a digit after the point: `1.5 MiB`.
pub(crate) fn text(bytes: u64) -> String {
    let units = UNITS.iter().filter(|(_, unit)| unit.is_power_of_two() && bytes >= *unit);
    match units.max_by_key(|(_, unit)| *unit) {
        Some((name, unit)) if *unit > 1 => format!("{:.1} {name}", bytes as f64 / *unit as f64),
        _ => format!("{bytes} B"),
    }
}

#[cfg(test)]
mod tests {
    use super::{exact, parse};

    #[test]
    fn a_number_of_bytes_is_told_in_the_largest_unit() {
        let told = [0, 1, 1023, 1024, 1536, 1 << 20, 5 << 30, u64::MAX].map(super::text);
        assert_eq!(told, ["0 B", "1 B", "1023 B", "1.0 KiB", "1.5 KiB", "1.0 MiB", "5.0 GiB", "17179869184.0 GiB"]);
    }

    #[test]
    fn a_size_that_is_written_is_read_as_the_same() {
        let written = [64 << 20, 3 << 29, 8_000_000_000, 1025, 0].map(exact);
        assert_eq!(written.map(Option::unwrap_or_default), ["64MiB", "1536MiB", "8GB", "", ""]);
        assert_eq!(exact(3 << 29).as_deref().and_then(parse), Some(3 << 29));
    }

    #[test]
    fn a_size_has_a_number_and_a_unit() {
        assert_eq!(parse("64MiB"), Some(64 << 20));
        assert_eq!(parse("500 KB"), Some(500_000));
        assert_eq!(parse("1B"), Some(1));
        for bad in ["", "64", "MiB", "0MiB", "-1MiB", "1.5MiB", "1 mib", "18446744073709551615GiB", "1MiB "] {
            assert_eq!(parse(bad), None, "{bad}");
        }
    }
}
