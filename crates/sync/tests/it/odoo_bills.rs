//! What ServiceTitan is told of bills in Odoo.

use std::collections::BTreeMap;

use rust_decimal::Decimal;
use serde_json::json;
use sync::content::Content;
use sync::directory::{Directory, WriteBack};
use sync::flow::Flow;
use sync::flows;
use sync::link::{Link, Name, TargetId};
use sync::odoo_bills::{OdooBill, Shown, fields, key_of};
use sync::plan::{Decision, Other, Plan, Subject, Verb, Write};
use sync::record::{SourceId, State};
use sync::sighting::{Part, PartKey};

const MOVE: i64 = 4711;

/// A bill of ServiceTitan's that stands in Odoo, posted on both sides unless a test says otherwise.
struct Told {
    shown: Option<Shown>,
    /// ServiceTitan's row.
    row: serde_json::Value,
    state: State,
    /// Where the bill's link leads.
    target: i64,
    known: Option<Content>,
    wanted: WriteBack,
}

impl Told {
    fn new() -> Self {
        Self {
            shown: Some(Shown {
                number: Some("BILL/2026/11/0001".to_owned()),
                state: "posted".to_owned(),
                payment_state: Some("partial".to_owned()),
                total: Decimal::new(3174, 2),
                open: Decimal::new(10, 0),
            }),
            row: json!({"id": 31, "active": true, "syncStatus": "Posted"}),
            state: State::Synced,
            target: MOVE,
            known: None,
            wanted: WriteBack {
                number_field: Some("Odoo Number".to_owned()),
                payment_field: Some("Odoo Payment State".to_owned()),
                open_amount_field: Some("Odoo Open".to_owned()),
                state_field: Some("Odoo State".to_owned()),
                mark_exported: true,
            },
        }
    }

    fn plan(&self) -> Plan {
        let bill = OdooBill {
            id: MOVE,
            of: Name("bill_31".to_owned()),
            shows: self.shown.clone(),
        };
        let sighting = bill.sighting();
        let parts = [Part {
            key: sighting.part,
            payload: sighting.payload,
        }];
        let reached = [
            ("partner_id/.id", "6"),
            ("reached", "posted"),
            ("total", "31.74"),
        ];
        let other = Other {
            link: Some(Link {
                name: bill.of.clone(),
                model: "account.move".to_owned(),
                target: TargetId(self.target),
                base: Content::from_iter(reached),
            }),
            parts: vec![Part {
                key: PartKey("inventory-bill/31".to_owned()),
                payload: self.row.to_string(),
            }],
            state: Some(self.state),
            ..Other::default()
        };
        let links: Vec<Link> = self
            .known
            .iter()
            .map(|base| Link {
                name: Name(format!("odoo_bill_{MOVE}")),
                model: "inventory-bill".to_owned(),
                target: TargetId(31),
                base: base.clone(),
            })
            .collect();
        let subject = Subject {
            source: &SourceId::from(MOVE),
            parts: &parts,
            links: &links,
            others: &BTreeMap::from([(bill.of, other)]),
            in_doubt: None,
            decision: None,
            stands: None,
        };
        assert_eq!(
            flows::references(Flow::OdooBills, &subject)[0].to_string(),
            "bills 31"
        );
        let directory = Directory::default().with_write_back(self.wanted.clone());
        flows::plan(Flow::OdooBills, &subject, &directory)
    }

    fn write(&self) -> Write {
        match self.plan().decision {
            Decision::Write(mut writes) if writes.len() == 1 => writes.remove(0),
            other => panic!("{other:?}"),
        }
    }

    /// The plan is carried out.
    fn carried(mut self) -> Self {
        self.known = Some(self.write().holds);
        self
    }

    fn cause(&self) -> String {
        match self.plan().decision {
            Decision::Ignore(reason) => reason.cause,
            other => panic!("{other:?}"),
        }
    }
}

/// The fields that are told, and the total at which the bill is marked.
fn told(write: &Write) -> (Vec<(&str, &str)>, Option<Decimal>) {
    let Verb::Tell {
        document,
        target,
        columns,
        mark,
    } = &write.verb
    else {
        panic!("{write:?}");
    };
    assert_eq!((document.to_string().as_str(), target.0), ("bills 31", 31));
    let total = mark.as_ref().map(|mark| mark.total);
    (fields(columns).collect(), total)
}

#[test]
fn a_bill_is_told_whole_once_and_then_by_what_changed() {
    let mut bill = Told::new();
    let write = bill.write();
    let (fields, mark) = told(&write);
    assert_eq!(
        fields,
        [
            ("Odoo Number", "BILL/2026/11/0001"),
            ("Odoo Open", "10.00"),
            ("Odoo Payment State", "Partially Paid"),
            ("Odoo State", "Posted"),
        ]
    );
    assert_eq!(mark, Some(Decimal::new(3174, 2)));
    bill = bill.carried();
    assert_eq!(bill.plan().decision, Decision::Unchanged);
    let shown = bill.shown.as_mut().expect("it is there");
    shown.payment_state = Some("paid".to_owned());
    shown.open = Decimal::ZERO;
    let write = bill.write();
    assert_eq!(
        told(&write),
        (
            vec![("Odoo Open", "0.00"), ("Odoo Payment State", "Paid")],
            None
        )
    );
}

#[test]
fn a_bill_is_marked_only_when_both_sides_hold_it_alike() {
    let unmarked = |change: fn(&mut Told)| {
        let mut bill = Told::new();
        change(&mut bill);
        let write = bill.write();
        let (_, mark) = told(&write);
        assert_eq!(mark, None);
        assert_eq!(write.holds.get("exported"), None);
        bill.plan().warnings
    };
    unmarked(|bill| bill.wanted.mark_exported = false);
    unmarked(|bill| bill.state = State::Pending);
    unmarked(|bill| bill.state = State::Waiting);
    unmarked(|bill| bill.row["syncStatus"] = json!("Pending"));
    unmarked(|bill| bill.shown.as_mut().unwrap().state = "draft".to_owned());
    unmarked(|bill| bill.shown = None);
    let warnings = unmarked(|bill| bill.shown.as_mut().unwrap().total = Decimal::new(3175, 2));
    assert_eq!(
        warnings,
        [
            "Odoo's bill comes to 31.75, and 31.74 was carried: it is not marked as exported in ServiceTitan"
        ]
    );
}

#[test]
fn a_mark_that_was_set_is_neither_set_again_nor_forgotten() {
    let mut bill = Told::new().carried();
    bill.row["syncStatus"] = json!("Exported");
    assert_eq!(bill.plan().decision, Decision::Unchanged);
    bill.shown.as_mut().unwrap().state = "draft".to_owned();
    let write = bill.write();
    let (fields, mark) = told(&write);
    assert_eq!(
        fields,
        [
            ("Odoo Open", ""),
            ("Odoo Payment State", ""),
            ("Odoo State", "Draft")
        ]
    );
    assert_eq!(mark, None);
    assert_eq!(write.holds.get("exported"), Some("1"));
}

#[test]
fn a_bill_that_was_deleted_says_so() {
    let mut bill = Told::new().carried();
    bill.shown = None;
    let write = bill.write();
    let (fields, _) = told(&write);
    assert_eq!(
        fields,
        [
            ("Odoo Number", ""),
            ("Odoo Open", ""),
            ("Odoo Payment State", ""),
            ("Odoo State", "Deleted")
        ]
    );
}

#[test]
fn nothing_is_told_where_there_is_nobody_to_tell() {
    let mut bill = Told::new();
    bill.target = MOVE + 1;
    assert_eq!(bill.cause(), "superseded-in-odoo");
    let mut bill = Told::new();
    bill.row["active"] = json!(false);
    assert_eq!(bill.cause(), "withdrawn-in-servicetitan");
}

#[test]
fn links_of_bills_are_told_from_others() {
    let key = |name: &str| key_of(&Name(name.to_owned())).map(|key| key.to_string());
    assert_eq!(key("bill_31").as_deref(), Some("bills 31"));
    assert_eq!(key("ap_bill_31").as_deref(), Some("ap-bills 31"));
    for other in [
        "bill_line_31_7",
        "vendor_credit_31",
        "bill_",
        "bill_x",
        "31",
        "bill_031",
    ] {
        assert_eq!(key(other), None, "{other}");
    }
}
