//! Categories of the pricebook: a tree.

use jiff::Timestamp;
use serde::Deserialize;

use super::{Record, wire};
use crate::id::CategoryId;

/// A row of `pricebook/categories`. Those below it come with it, or as rows of their own, or both.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Category {
    /// The category's id.
    #[serde(deserialize_with = "wire::whole")]
    pub id: CategoryId,
    /// False once deactivated. True if the row does not say.
    #[serde(default = "wire::yes", deserialize_with = "wire::or_true")]
    pub active: bool,
    /// The name; empty if the row has none. Several categories may share one.
    #[serde(default, deserialize_with = "wire::text")]
    pub name: String,
    /// The category above it, if there is one.
    #[serde(default, deserialize_with = "wire::optional_whole")]
    pub parent_id: Option<CategoryId>,
    /// The categories below it.
    #[serde(default, deserialize_with = "wire::or_default")]
    pub subcategories: Vec<Category>,
    /// When it was last changed; rows may lack it.
    #[serde(default, deserialize_with = "wire::time")]
    pub modified_on: Option<Timestamp>,
}

impl Record for Category {
    const KIND: &'static str = "pricebook category";
}

impl Category {
    /// It and all that are below it.
    #[must_use]
    pub fn flat(self) -> Vec<Category> {
        let mut all = Vec::new();
        let mut todo = vec![self];
        while let Some(mut one) = todo.pop() {
            todo.append(&mut one.subcategories);
            all.push(one);
        }
        all
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tree_is_read_whole() {
        let row = r#"{"id": 1, "name": "HVAC", "active": true, "categoryType": "Materials", "parentId": null,
            "subcategories": [{"id": 2, "name": "Filters", "active": false, "categoryType": "Materials", "parentId": 1,
            "subcategories": [{"id": 3, "name": "20x20", "active": true, "categoryType": "New", "parentId": 2,
            "subcategories": null}]}]}"#;
        let category: Category = super::super::parse(row).unwrap();
        let mut flat: Vec<(i64, String, bool)> = category
            .flat()
            .into_iter()
            .map(|one| (one.id.0, one.name, one.active))
            .collect();
        flat.sort();
        let named = |id, name: &str, active| (id, name.to_owned(), active);
        assert_eq!(
            flat,
            [
                named(1, "HVAC", true),
                named(2, "Filters", false),
                named(3, "20x20", true)
            ]
        );
    }
}
