//! The direction in which crates may depend on each other, read from cargo itself.

use std::collections::{BTreeMap, BTreeSet};

use cargo_metadata::{DependencyKind, MetadataCommand};

/// What each crate of ours may build on. Anything else is a mistake in the architecture, not in this table.
fn allowed() -> BTreeMap<&'static str, BTreeSet<&'static str>> {
    BTreeMap::from([
        ("servicetitan", BTreeSet::new()),
        ("odoo", BTreeSet::new()),
        ("sandbox", BTreeSet::new()),
        ("sync", BTreeSet::from(["servicetitan", "odoo"])),
        ("store", BTreeSet::from(["sync"])),
        (
            "ml-connector",
            BTreeSet::from(["servicetitan", "odoo", "sync", "store", "sandbox"]),
        ),
    ])
}

#[test]
fn crates_depend_on_each_other_in_one_direction() {
    let metadata = MetadataCommand::new()
        .manifest_path(concat!(env!("CARGO_MANIFEST_DIR"), "/Cargo.toml"))
        .no_deps()
        .exec()
        .expect("cargo describes the workspace");
    let allowed = allowed();
    let ours: BTreeSet<&str> = metadata
        .packages
        .iter()
        .map(|package| package.name.as_str())
        .collect();
    assert_eq!(
        ours,
        allowed.keys().copied().collect(),
        "a crate was added or removed: say where it belongs"
    );
    for package in &metadata.packages {
        let name = package.name.as_str();
        for dependency in package
            .dependencies
            .iter()
            .filter(|d| d.kind == DependencyKind::Normal)
        {
            if ours.contains(dependency.name.as_str()) {
                assert!(
                    allowed[name].contains(dependency.name.as_str()),
                    "{name} must not depend on {}",
                    dependency.name
                );
            }
        }
    }
}

#[test]
fn the_brain_has_no_way_to_do_io() {
    let metadata = MetadataCommand::new()
        .manifest_path(concat!(env!("CARGO_MANIFEST_DIR"), "/Cargo.toml"))
        .no_deps()
        .exec()
        .expect("cargo describes the workspace");
    let sync = metadata
        .packages
        .iter()
        .find(|package| package.name.as_str() == "sync")
        .expect("it is there");
    let normal = sync
        .dependencies
        .iter()
        .filter(|d| d.kind == DependencyKind::Normal);
    for dependency in normal {
        let name = dependency.name.as_str();
        assert!(
            !["tokio", "reqwest", "hyper", "axum", "rusqlite", "postgres"].contains(&name),
            "sync uses {name}"
        );
        if ["servicetitan", "odoo"].contains(&name) {
            assert!(
                !dependency.uses_default_features && dependency.features.is_empty(),
                "sync pulls in {name}'s client"
            );
        }
    }
}
