//! A strict reader of Prometheus's text format, as far as it is used here.

use std::collections::BTreeMap;

/// The labels of a sample, in their order, and its value.
pub type Sample = (Vec<(String, String)>, f64);

pub struct Metric {
    pub kind: String,
    pub samples: Vec<Sample>,
}

/// All metrics by name. Panics at what is none: a name twice, samples apart from their metric, a sample twice.
pub fn parse(text: &str) -> BTreeMap<String, Metric> {
    assert!(text.ends_with('\n'));
    let mut metrics: BTreeMap<String, Metric> = BTreeMap::new();
    let mut lines = text.lines().peekable();
    while let Some(help) = lines.next() {
        let (name, help) = help.strip_prefix("# HELP ").expect(help).split_once(' ').unwrap();
        assert!(!help.is_empty() && name.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_'), "{name}");
        let kind = lines.next().and_then(|line| line.strip_prefix(&format!("# TYPE {name} "))).expect(name);
        assert_eq!(kind == "counter", name.ends_with("_total"), "{name} is a {kind}");
        let mut samples: Vec<Sample> = Vec::new();
        while let Some(line) = lines.next_if(|line| !line.starts_with('#')) {
            let sample = sample(line, name);
            assert!(sample.1 >= 0.0 && samples.iter().all(|(labels, _)| *labels != sample.0), "{line}");
            samples.push(sample);
        }
        let metric = Metric { kind: kind.to_owned(), samples };
        assert!(metrics.insert(name.to_owned(), metric).is_none(), "{name} twice");
    }
    metrics
}

fn sample(line: &str, name: &str) -> Sample {
    let rest = line.strip_prefix(name).unwrap_or_else(|| panic!("{line} is no sample of {name}"));
    let mut labels = Vec::new();
    let Some(mut rest) = rest.strip_prefix('{') else {
        return (labels, rest.strip_prefix(' ').unwrap().parse().unwrap());
    };
    loop {
        let (label, value) = rest.split_once("=\"").expect(line);
        let (value, after) = quoted(value).unwrap_or_else(|| panic!("{line}"));
        labels.push((label.to_owned(), value));
        match after.strip_prefix(',') {
            Some(more) => rest = more,
            None => return (labels, after.strip_prefix("} ").expect(line).parse().unwrap()),
        }
    }
}

/// Up to the quote that is not escaped, and what follows it.
fn quoted(text: &str) -> Option<(String, &str)> {
    let mut value = String::new();
    let mut chars = text.char_indices();
    loop {
        match chars.next()? {
            (at, '"') => return Some((value, &text[at + 1..])),
            (_, '\\') => value.push(match chars.next()?.1 {
                'n' => '\n',
                escaped @ ('"' | '\\') => escaped,
                _ => return None,
            }),
            (_, c) => value.push(c),
        }
    }
}
