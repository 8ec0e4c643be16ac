//! The manual keeps up with the code: docs/operating.md explains every cause there is, and none that there is not.

use std::collections::BTreeSet;
use std::fs;
use std::path::Path;

const ROOT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../..");

/// The sources below a folder, without their unit tests.
fn sources(folder: &Path, found: &mut Vec<String>) {
    for entry in fs::read_dir(folder).expect("a folder") {
        let path = entry.expect("an entry").path();
        if path.is_dir() {
            sources(&path, found);
        } else if path.extension().is_some_and(|extension| extension == "rs") {
            let text = fs::read_to_string(&path).expect("text");
            let (code, _) = text.split_once("#[cfg(test)]").unwrap_or((&text, ""));
            found.push(code.to_owned());
        }
    }
}

/// The string literals that follow right after `before`.
fn literals<'a>(code: &'a str, before: &'a str) -> impl Iterator<Item = &'a str> {
    code.match_indices(before).filter_map(move |(at, _)| {
        let rest = code[at + before.len()..].trim_start().strip_prefix('"')?;
        Some(rest.split_once('"')?.0)
    })
}

/// The string literals that are the argument right before `after`.
fn literals_before<'a>(code: &'a str, after: &'a str) -> impl Iterator<Item = &'a str> {
    code.match_indices(after).filter_map(move |(at, _)| {
        let rest = code[..at].trim_end().strip_suffix("\",")?;
        Some(rest.rsplit_once('"')?.1)
    })
}

fn causes_in_code() -> BTreeSet<String> {
    let mut code = Vec::new();
    sources(&Path::new(ROOT).join("crates/sync/src"), &mut code);
    sources(&Path::new(ROOT).join("crates/ml-connector/src"), &mut code);
    let mut causes = BTreeSet::new();
    for code in &code {
        let named = literals(code, "cause: ").chain(literals(code, "reason("));
        let named = named.chain(literals(code, "INTERNAL_ERROR: &str = "));
        causes.extend(named.map(str::to_owned));
    }
    // What the doctor finds wrong is named after the check.
    let mut code = Vec::new();
    let doctor = Path::new(ROOT).join("crates/ml-connector/src/doctor");
    sources(&doctor, &mut code);
    let rights = Path::new(ROOT).join("crates/ml-connector/src/rights.rs");
    code.push(fs::read_to_string(rights).expect("text"));
    for code in &code {
        let checks = literals(code, "=> (").chain(literals_before(code, "Status::Error"));
        causes.extend(checks.map(|check| check.replace(' ', "-")));
    }
    causes
}

/// The words in the first column of the chapter's tables.
fn causes_in_manual() -> BTreeSet<String> {
    let manual = fs::read_to_string(Path::new(ROOT).join("docs/operating.md")).expect("a manual");
    let (_, chapter) = manual.split_once("\n## Causes\n").expect("the chapter");
    chapter
        .lines()
        .filter_map(|line| line.strip_prefix("| `")?.split_once(" | "))
        .flat_map(|(first, _)| first.split(", "))
        .map(|word| word.trim_matches('`').to_owned())
        .collect()
}

#[test]
fn every_cause_is_explained() {
    let (code, manual) = (causes_in_code(), causes_in_manual());
    for known in [
        "odoo-refused",
        "no-name",
        "connection-incomplete",
        "odoo-fields",
        "odoo-server",
    ] {
        assert!(code.contains(known), "the search misses {known}");
    }
    let missing: Vec<_> = code.difference(&manual).collect();
    assert!(missing.is_empty(), "not in docs/operating.md: {missing:?}");
    let gone: Vec<_> = manual.difference(&code).collect();
    assert!(
        gone.is_empty(),
        "docs/operating.md explains what there is not: {gone:?}"
    );
}
