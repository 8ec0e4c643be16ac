//! The contract: what the crate promises of every Odoo, as one suite that runs against each.

mod errors;
mod loading;
mod reading;
mod references;

use std::panic::AssertUnwindSafe;

use futures::FutureExt;
use futures::future::BoxFuture;

use crate::target::Target;

type Clause = for<'t> fn(&'t Target) -> BoxFuture<'t, ()>;

/// Names clauses once, so that a failure can say which it was.
macro_rules! clauses {
    ($($module:ident::$clause:ident,)*) => {
        &[$((concat!(stringify!($module), "::", stringify!($clause)), |target| $module::$clause(target).boxed()),)*]
    };
}

const CLAUSES: &[(&str, Clause)] = clauses![
    loading::creates_then_updates_by_name,
    loading::writes_only_the_columns_that_are_there_and_clears_by_empty,
    loading::names_what_it_refuses_and_saves_the_rest,
    loading::does_not_blame_the_first_for_the_batch,
    loading::does_not_blame_children_for_another_family,
    loading::finds_all_of_many_bad_rows,
    loading::updates_by_id_archived_or_not_but_never_creates,
    loading::a_race_for_new_names_makes_no_duplicates,
    loading::creates_again_by_name_what_a_person_deleted,
    loading::keeps_texts_as_they_are,
    loading::an_unknown_column_is_a_mistake_of_the_caller,
    loading::the_prefix_of_an_addon_is_not_refused,
    references::are_found_archived_or_not_and_absent_after_deletion,
    references::follow_a_merge,
    references::tell_hidden_from_absent,
    reading::whoami_says_whose_key_it_is,
    reading::searches_by_domain_order_and_limit,
    reading::pages_by_id_skip_nothing,
    reading::missing_records_are_left_out,
    reading::writes_by_id,
    reading::rights_are_asked_per_model,
    reading::fields_are_described,
    reading::the_preflight_finds_what_is_missing,
    reading::a_method_without_a_result_gives_null,
    errors::say_what_they_mean,
    errors::tell_a_bad_key_and_a_bad_database,
    errors::tell_a_company_that_is_not_allowed,
];

/// Runs every clause, also after a failure, and fails with the list of those that did not hold.
/// `ODOO_CLAUSE` runs only those whose name contains it.
pub(crate) async fn holds_for(target: &Target) {
    let only = std::env::var("ODOO_CLAUSE").unwrap_or_default();
    let mut broken = Vec::new();
    for (name, clause) in CLAUSES.iter().filter(|(name, _)| name.contains(&only)) {
        println!("clause {name}");
        if AssertUnwindSafe(clause(target))
            .catch_unwind()
            .await
            .is_err()
        {
            broken.push(*name);
        }
    }
    assert!(broken.is_empty(), "clauses that do not hold: {broken:#?}");
}
