//! Links from page to page lead somewhere: to a file that is there, and to a heading that is there.

use super::blocks::{pages, read, root};

/// What a link to a heading is called.
fn anchor(heading: &str) -> String {
    let kept = heading.chars().filter(|c| c.is_alphanumeric() || matches!(c, ' ' | '-' | '_'));
    kept.collect::<String>().to_lowercase().replace(' ', "-")
}

/// The links that the headings of a page have. Of several with the same words those after the first have numbers.
fn anchors(text: &str) -> Vec<String> {
    let mut found: Vec<String> = Vec::new();
    for heading in outside_of_code(text)
        .filter_map(|line| line.trim_start_matches('#').strip_prefix(' ').filter(|_| line.starts_with('#')))
    {
        let plain = anchor(heading);
        let before =
            found.iter().filter(|known| **known == plain || known.strip_prefix(&plain).is_some_and(is_number)).count();
        found.push(if before == 0 { plain } else { format!("{plain}-{before}") });
    }
    found
}

fn is_number(rest: &str) -> bool {
    rest.strip_prefix('-').is_some_and(|number| number.parse::<usize>().is_ok())
}

fn outside_of_code(text: &str) -> impl Iterator<Item = &str> {
    let mut inside = false;
    text.lines().filter(move |line| {
        inside ^= line.starts_with("```");
        !inside && !line.starts_with("```")
    })
}

#[test]
fn links_between_pages_lead_somewhere() {
    let (mut wrong, mut followed) = (Vec::new(), 0);
    for page in pages() {
        let text = read(&page);
        let folder = root().join(&page).parent().unwrap().to_owned();
        for line in outside_of_code(&text) {
            for rest in line.split("](").skip(1) {
                let link = rest.split(')').next().unwrap();
                if link.contains("://") || link.starts_with("mailto:") {
                    continue;
                }
                followed += 1;
                let (path, heading) = link.split_once('#').unwrap_or((link, ""));
                let target = if path.is_empty() { root().join(&page) } else { folder.join(path) };
                if !target.exists() {
                    wrong.push(format!("{page}: {link} leads nowhere"));
                } else if !heading.is_empty() {
                    let there = std::fs::read_to_string(&target).unwrap_or_default();
                    if !anchors(&there).contains(&heading.to_owned()) {
                        wrong.push(format!("{page}: {link} leads to no heading"));
                    }
                }
            }
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    assert!(followed > 100, "only {followed} links were found");
}

#[test]
fn the_index_leads_to_every_page() {
    let index = read("docs/README.md");
    for page in pages().iter().filter_map(|page| page.strip_prefix("docs/")).filter(|page| *page != "README.md") {
        assert!(index.contains(&format!("]({page})")), "docs/README.md does not lead to {page}");
    }
}
