//! What stands where nobody reads it, in sections that others may have things in.

use super::problem::{Parsed, problem};
use super::{keys, misspelt};
use toml::de::{DeTable, DeValue};

/// Refuses what seems to be ours and is lost where it stands. What is in our own sections is for their types to judge.
pub(super) fn check(root: &DeTable) -> Parsed<()> {
    no_arrays(root, &["app", "capabilities"])?;
    none_misplaced(root, "at the top", misspelt::section_of_uncommon)?;
    none_outside_capabilities(root)?;
    if let Some(app) = table_in(root, "app") {
        none_misplaced(app, "in [app]", misspelt::section_of_uncommon)?;
        none_outside_capabilities(app)?;
    }
    none_misspelt(root, &["capabilities"], misspelt::meant_at_the_top)?;
    if let Some(capabilities) = table_in(root, "capabilities") {
        no_arrays(capabilities, &keys::CAPABILITIES)?;
        if let Some(wasm) = table_in(capabilities, "wasm") {
            no_arrays(wasm, &["limits", "http"])?;
        }
        none_misspelt(capabilities, *keys::CAPABILITIES, misspelt::meant_capability)?;
        none_misplaced(capabilities, "in [capabilities]", misspelt::section_of)?;
    }
    Ok(())
}

/// Refuses an array in the place of one of our sections. Their types would take its values for those of their keys, in the order in which these are
/// declared.
fn no_arrays(table: &DeTable, sections: &[&str]) -> Parsed<()> {
    for (key, value) in table {
        let name = key.get_ref();
        if sections.contains(&name.as_ref()) && matches!(value.get_ref(), DeValue::Array(_)) {
            return problem(value.span(), format!("`{name}` must be a table, not an array"));
        }
    }
    Ok(())
}

fn table_in<'a, 'i>(table: &'a DeTable<'i>, key: &str) -> Option<&'a DeTable<'i>> {
    match table.get(key)?.get_ref() {
        DeValue::Table(inner) => Some(inner),
        _ => None,
    }
}

/// Refuses a section that seems to mean one of ours. Those of other modules are none of our business.
fn none_misspelt(table: &DeTable, ours: &[&str], meant: fn(&str) -> Option<&'static str>) -> Parsed<()> {
    for key in table.keys() {
        let name = key.get_ref();
        if !ours.contains(&name.as_ref())
            && let Some(meant) = meant(name)
        {
            return problem(key.span(), format!("unknown section `{name}`; did you mean [{meant}]?"));
        }
    }
    Ok(())
}

/// Refuses a key of ours that stands where it is not read.
fn none_misplaced(table: &DeTable, place: &str, section_of: fn(&str) -> Option<&'static str>) -> Parsed<()> {
    for (key, value) in table {
        let name = key.get_ref();
        if !matches!(value.get_ref(), DeValue::Table(_))
            && let Some(section) = section_of(name)
        {
            return problem(key.span(), format!("unknown key `{name}` {place}; did you mean `{name}` in [{section}]?"));
        }
    }
    Ok(())
}

/// Refuses a section that can only be one of ours, by what is in it, where it is not read.
fn none_outside_capabilities(table: &DeTable) -> Parsed<()> {
    for (key, value) in table {
        let DeValue::Table(inner) = value.get_ref() else { continue };
        let (name, keys): (_, Vec<_>) = (key.get_ref(), inner.keys().map(|key| key.get_ref().as_ref()).collect());
        if let Some(meant) = misspelt::meant_by_content(name, &keys) {
            return problem(key.span(), format!("nobody reads the section `{name}` here; did you mean [{meant}]?"));
        }
    }
    Ok(())
}
