//! The contract: what the crate promises of every Odoo, as one suite that runs against each.

mod bills;
mod books;
mod deals;
mod errors;
mod exchanges;
mod goods;
mod invoices;
mod loading;
mod orders;
mod payments;
mod reading;
mod receipts;
mod references;
mod states;
mod tasks;

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

/// Where a clause of purchasing is asked: of both, or of a real Odoo alone until the sandbox has learnt it.
#[derive(Clone, Copy, PartialEq)]
enum Of {
    Both,
    Real,
}

/// As [`clauses`], each with its switch in front.
macro_rules! purchasing {
    ($($of:ident $module:ident::$clause:ident,)*) => {
        &[$((Of::$of, concat!(stringify!($module), "::", stringify!($clause)), |target| $module::$clause(target).boxed()),)*]
    };
}

/// Not held against Odoo 14 so far.
const PURCHASING_SINCE: u16 = 19;
const PURCHASING: &[(Of, &str, Clause)] = purchasing![
    Both goods::are_made_once_and_with_the_taxes_that_were_said,
    Both goods::bear_no_tax_only_if_that_is_said,
    Both goods::are_archived_and_keep_their_price,
    Both goods::plans_and_accounts_are_made_and_borne_by_lines,
    Both goods::an_account_that_does_not_exist_is_not_refused,
    Both orders::are_made_with_their_lines_and_equal_to_the_cent,
    Both orders::sent_again_stay_the_same,
    Both orders::with_a_bad_line_are_refused_whole_and_hold_up_no_other,
    Both orders::that_are_made_twice_at_once_are_one,
    Both orders::lines_without_a_name_are_doubled,
    Real orders::keep_their_price_against_the_vendors,
    Both orders::lines_are_replaced_all_or_none,
    Both orders::a_name_that_is_created_twice_moves_to_the_second,
    Both orders::numbers_arrive_digit_for_digit,
    Both exchanges::keep_the_old_unit_unless_it_is_said,
    Both exchanges::keep_the_old_receipt_unless_they_are_brought_to_nothing_first,
    Both states::are_confirmed_and_cancelled,
    Both states::keep_their_lines_once_they_are_binding,
    Both states::wait_for_approval_where_two_steps_are_set,
    Both states::that_are_locked_are_unlocked_before_they_are_cancelled,
    Both states::that_are_gone_are_left_out,
    Both receipts::of_a_part_ask_first_and_leave_a_backorder,
    Both receipts::of_all_need_no_question,
    Both receipts::nobody_counted_are_taken_to_be_whole,
    Both receipts::of_more_than_was_ordered_are_accepted_and_a_rest_can_be_cancelled,
    Real receipts::follow_what_is_ordered_later,
    Both bills::are_linked_to_the_order_and_posted,
    Both bills::of_several_one_bad_one_holds_up_all,
    Both bills::that_are_posted_twice_at_once_are_posted_once,
    Both bills::in_a_locked_period_are_moved_out_of_it,
    Both bills::of_the_same_number_are_not_refused,
    Both bills::go_back_to_draft_and_change,
    Real bills::keep_no_account_that_is_not_said_again,
    Both bills::that_are_posted_refuse_their_lines,
    Both bills::get_dates_of_their_own_where_none_are_said,
    Both bills::can_have_their_tax_set_to_the_cent,
    Both bills::bear_what_the_order_bears_until_something_else_is_said,
    Both bills::credits_are_bills_of_another_kind,
    Both invoices::are_booked_and_read_back,
    Both invoices::that_come_to_nothing_are_paid,
    Both invoices::below_nothing_are_refused,
    Both invoices::bear_several_taxes,
    Both invoices::are_rounded_as_the_company_says,
    Both invoices::keep_a_tax_that_was_set_until_a_line_changes,
    Both invoices::sent_again_keep_a_tax_that_was_set,
    Both invoices::without_a_tax_item_bear_no_tax,
    Both invoices::credits_settle_what_they_name,
    Both invoices::in_a_locked_period_are_moved_out_of_it,
    Both invoices::bear_what_is_said,
    Both payments::make_an_entry_when_they_are_posted,
    Both payments::sent_again_lose_the_account_that_makes_the_entry,
    Both payments::that_are_posted_take_changes_that_their_entry_does_not,
    Both payments::settle_exactly_what_is_said,
    Both payments::settle_no_more_than_is_open,
    Both payments::parts_are_not_checked_by_odoo,
    Both payments::reconciled_by_odoo_take_what_they_can,
    Both payments::go_back_to_draft_and_are_cancelled,
    Both payments::of_invoices_that_change_are_set_free,
    Both payments::go_back_to_the_customer,
    Both payments::in_a_locked_period_are_moved_out_of_it,
    Both payments::need_what_the_preflight_finds,
    Both payments::settled_twice_at_once_are_settled_once,
    Both tasks::go_through_stages_and_states,
    Both tasks::of_projects_are_for_those_who_are_in_the_group,
    Both deals::are_confirmed_and_cancelled,
    Both deals::know_what_was_invoiced_of_them,
    Both deals::take_the_products_price_with_a_quantity_alone,
    Both deals::of_tags_and_distributions_are_written,
    Real books::the_connectors_user_may_do_it_all,
    Real books::a_poor_user_is_told_what_is_missing,
    Both books::locks_are_read,
];

/// Runs every clause, also after a failure, and fails with the list of those that did not hold.
/// `ODOO_CLAUSE` runs only those whose name contains it.
pub(crate) async fn holds_for(target: &Target) {
    let only = std::env::var("ODOO_CLAUSE").unwrap_or_default();
    let mut broken = Vec::new();
    let knows_purchasing = target.client.version().major >= PURCHASING_SINCE;
    let purchasing = PURCHASING
        .iter()
        .filter(|(of, ..)| knows_purchasing && (target.hand.is_real() || *of == Of::Both))
        .map(|(_, name, clause)| (*name, *clause));
    let all = CLAUSES.iter().copied().chain(purchasing);
    for (name, clause) in all.filter(|(name, _)| name.contains(&only)) {
        println!("clause {name}");
        if AssertUnwindSafe(clause(target))
            .catch_unwind()
            .await
            .is_err()
        {
            broken.push(name);
        }
    }
    assert!(broken.is_empty(), "clauses that do not hold: {broken:#?}");
}
