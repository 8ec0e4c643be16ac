//! What holds of any two sides.

use proptest::prelude::*;

use super::*;

fn any_document() -> impl Strategy<Value = Document> {
    let kinds = prop::sample::select(vec![
        Kind::PurchaseOrders,
        Kind::Bills,
        Kind::Credits,
        Kind::Invoices,
        Kind::Payments,
    ]);
    let days = prop::sample::select(vec!["2026-09-30", "2026-10-01", "2026-10-31", "2026-11-01"]);
    let standings = prop::sample::select(vec![
        Standing::Draft,
        Standing::Binding,
        Standing::Cancelled,
    ]);
    let parts = (kinds, 1..6_i64, 1..4_i64, days, standings, 1..4_i64);
    parts.prop_map(|(kind, id, of, day, standing, total)| {
        let mut one = document(kind, id);
        one.vendor = vendor(of);
        set_day(&mut one, day);
        one.standing = standing;
        one.total = Decimal::from(total);
        one
    })
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    /// Where nothing differs, every vendor's counts and sums are equal.
    #[test]
    fn no_difference_means_equal_sums(
        wanted in prop::collection::vec(any_document(), 0..6),
        held in prop::collection::vec((any_document(), any::<bool>()), 0..6),
        same in any::<bool>(),
    ) {
        let held: Vec<Document> = if same {
            wanted.iter().map(|one| in_odoo(one, |_| ())).collect()
        } else {
            let held = held.into_iter().enumerate();
            held.map(|(at, (mut one, is_ours))| {
                one.id = 1_000 + i64::try_from(at).unwrap();
                one.name = one.name.filter(|_| is_ours);
                one
            }).collect()
        };
        let report = compared(wanted, held);
        if report.is_equal() {
            for row in &report.totals {
                prop_assert_eq!(row.servicetitan, row.odoo, "{:?}", row);
            }
        }
    }
}
