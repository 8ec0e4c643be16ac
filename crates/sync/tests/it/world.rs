//! A target that does what plans say, in memory: just enough to ask what a second plan would do.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};
use sync::content::Content;
use sync::customers;
use sync::directory::{
    AnalyticPlan, Charge, Country, Dimension, Directory, OrderLines, OrderNote, Purchasing,
    Subdivision,
};
use sync::filing::{self, RowKind};
use sync::flow::Flow;
use sync::flows;
use sync::link::{Link, Name, TargetId};
use sync::linking::Which;
use sync::plan::{Decision, Goal, Other, Plan, Subject, Verb};
use sync::record::{SourceId, State};
use sync::sighting::{Part, PartKey};

pub(crate) struct World {
    flow: Flow,
    pub(crate) directory: Directory,
    parts: BTreeMap<PartKey, (SourceId, Part)>,
    links: BTreeMap<Name, (SourceId, Link)>,
    /// What the parts' records share with others.
    shares: BTreeMap<PartKey, Vec<Name>>,
    /// Other records that are known with all that they have, by their link's name.
    others: BTreeMap<Name, Other>,
    /// The links that an unanswered call may have made.
    pub(crate) in_doubt: Option<BTreeSet<Name>>,
    /// Why the record stands where it stands since it was planned last.
    pub(crate) stands: Option<String>,
    /// Whether more records share a name than are known.
    pub(crate) is_cut: bool,
    /// What was sent.
    pub(crate) sent: BTreeMap<TargetId, Content>,
    /// What stands there: with what Odoo copied from customers to their partners.
    pub(crate) standing: BTreeMap<TargetId, Content>,
    /// What was brought to which state.
    pub(crate) reached: BTreeMap<Name, Goal>,
    last: i64,
}

pub(crate) fn directory() -> Directory {
    let us = Country {
        id: 1,
        code: "US".into(),
        name: "United States".into(),
    };
    let california = Subdivision {
        id: 11,
        country: 1,
        code: "CA".into(),
        name: "California".into(),
    };
    let fields = [
        "phone",
        "email",
        "customer_rank",
        "property_payment_term_id",
    ];
    Directory::new(vec![us], vec![california], Some(1))
        .with_partner_fields(fields.map(str::to_owned))
        .with_payment_terms(
            [(30, "30 Days".to_owned())],
            Some([(7, "30 Days".to_owned())].into()),
        )
        .with_purchasing(
            Purchasing::default()
                .with_receiving(true)
                .with_analytic_plan(Dimension::BusinessUnits, AnalyticPlan::At(3))
                .with_analytic_plan(Dimension::Jobs, AnalyticPlan::At(4))
                .with_units_of_measure([(1, "Units".to_owned()), (2, "ft".to_owned())], Some(1))
                .with_charges([
                    (Charge::Shipping, 91),
                    (Charge::Tax, 92),
                    (Charge::Rounding, 93),
                ])
                .with_order_lines(OrderLines::default())
                .with_order_note(Some(OrderNote {
                    field: "note".to_owned(),
                    is_html: true,
                })),
        )
}

pub(crate) fn customer(id: i64, changes: &Value) -> Value {
    let mut row = json!({
        "id": id, "active": true, "name": "Ann Lee", "type": "Residential",
        "address": {"street": "1 Main St", "unit": "2", "city": "Fresno", "state": "CA", "zip": "93650", "country": "USA"},
        "balance": 0, "taxExempt": false, "customFields": null, "externalData": null, "tagTypeIds": [],
        "doNotMail": false, "doNotService": false, "nationalAccount": false,
        "createdOn": "2026-01-01T00:00:00Z", "modifiedOn": "2026-01-01T00:00:00.1234567Z", "mergedToId": null,
    });
    overlay(&mut row, changes);
    row
}

pub(crate) fn contact(customer: i64, id: i64, kind: &str, value: &str) -> Value {
    json!({"id": id, "customerId": customer, "type": kind, "value": value, "memo": null, "active": true,
        "modifiedOn": "2026-01-01T00:00:00Z", "createdOn": "2026-01-01T00:00:00Z"})
}

pub(crate) fn location(customer: i64, id: i64) -> Value {
    json!({"id": id, "customerId": customer, "active": true, "name": "Shop", "taxExempt": false,
        "address": {"street": "9 Side St", "city": "Fresno", "state": "California", "zip": "93651", "country": "US"},
        "createdOn": "2026-01-01T00:00:00Z", "modifiedOn": "2026-01-01T00:00:00Z"})
}

pub(crate) fn overlay(row: &mut Value, changes: &Value) {
    for (field, value) in changes.as_object().expect("changes are an object") {
        row[field] = value.clone();
    }
}

impl World {
    pub(crate) fn new(flow: Flow) -> Self {
        Self {
            flow,
            directory: directory(),
            parts: BTreeMap::new(),
            links: BTreeMap::new(),
            shares: BTreeMap::new(),
            others: BTreeMap::new(),
            in_doubt: None,
            stands: None,
            is_cut: false,
            sent: BTreeMap::new(),
            standing: BTreeMap::new(),
            reached: BTreeMap::new(),
            last: 0,
        }
    }

    pub(crate) fn sees(&mut self, kind: RowKind, row: &Value) {
        let sighting = filing::file(kind, &row.to_string());
        let part = Part {
            key: sighting.part.clone(),
            payload: sighting.payload,
        };
        // A part that moved takes its link along, as the store does it.
        if let Some((owner, _)) = self.parts.get(&sighting.part)
            && *owner != sighting.owner
            && let Some((of, _)) = self.links.get_mut(&Name(sighting.part.0.replace('/', "_")))
        {
            *of = sighting.owner.clone();
        }
        self.shares.insert(sighting.part.clone(), sighting.shares);
        self.parts.insert(sighting.part, (sighting.owner, part));
    }

    /// A record of another flow is in Odoo under this id.
    pub(crate) fn knows(&mut self, name: &str, target: i64) {
        self.knows_holding(name, target, Content::from_iter([("name", "any")]));
    }

    /// The same, with what it holds.
    pub(crate) fn knows_holding(&mut self, name: &str, target: i64, base: Content) {
        let link = Link {
            name: Name(name.to_owned()),
            model: "any".to_owned(),
            target: TargetId(target),
            base,
        };
        let owner = SourceId(format!("owner of {name}"));
        self.links.insert(link.name.clone(), (owner, link));
    }

    /// Another record was seen, with these rows; its links are all those that are known whose names begin with `lines`.
    pub(crate) fn knows_rows(
        &mut self,
        name: &str,
        lines: &str,
        state: State,
        rows: &[(RowKind, Value)],
    ) {
        let rows = rows.iter();
        let parts = rows.map(|(kind, row)| {
            let sighting = filing::file(*kind, &row.to_string());
            Part {
                key: sighting.part,
                payload: sighting.payload,
            }
        });
        let is_its_own = |link: &&Link| link.name.0 == name || link.name.0.starts_with(lines);
        let links = self.links.values().map(|(_, link)| link);
        let other = Other {
            parts: parts.collect(),
            links: links.filter(is_its_own).cloned().collect(),
            state: Some(state),
            ..Other::default()
        };
        self.others.insert(Name(name.to_owned()), other);
    }

    /// What Odoo was last given of a record.
    pub(crate) fn holds(&mut self, name: &str, base: &[(&str, &str)]) {
        let (_, link) = self.links.get_mut(&Name(name.to_owned())).expect("a link");
        link.base = base.iter().copied().collect();
    }

    /// A column of a base, as one from before the column was carried lacks it.
    pub(crate) fn forgets(&mut self, name: &str, column: &str) {
        let (_, link) = self.links.get_mut(&Name(name.to_owned())).expect("a link");
        let left = link.base.iter().filter(|(name, _)| *name != column);
        link.base = left.collect();
    }

    pub(crate) fn plan(&self, source: &str) -> Plan {
        self.plan_with(source, None)
    }

    pub(crate) fn plan_with(&self, source: &str, decision: Option<&str>) -> Plan {
        let source = SourceId(source.to_owned());
        let parts: Vec<Part> = self
            .parts
            .values()
            .filter(|(owner, _)| *owner == source)
            .map(|(_, part)| part.clone())
            .collect();
        let links: Vec<Link> = self
            .links
            .values()
            .filter(|(owner, _)| *owner == source)
            .map(|(_, link)| link.clone())
            .collect();
        let mut others = self.others.clone();
        for (name, (_, link)) in &self.links {
            others.entry(name.clone()).or_default().link = Some(link.clone());
        }
        for (key, names) in &self.shares {
            let (owner, part) = &self.parts[key];
            let link = self.links.get(&self.flow.link_name(owner));
            for name in names {
                let sharing = others.entry(name.clone()).or_default();
                sharing.is_cut = self.is_cut;
                sharing.parts.push(part.clone());
                sharing.links.extend(link.map(|(_, link)| link.clone()));
            }
        }
        let subject = Subject {
            source: &source,
            parts: &parts,
            links: &links,
            others: &others,
            in_doubt: self.in_doubt.as_ref(),
            decision,
            stands: self.stands.as_deref(),
        };
        flows::plan(self.flow, &subject, &self.directory)
    }

    /// Plans, does what the plan says, and gives the number of writes.
    pub(crate) fn carry(&mut self, source: &str) -> usize {
        self.carry_with(source, None)
    }

    /// The same, where a person decided so.
    pub(crate) fn carry_with(&mut self, source: &str, decision: Option<&str>) -> usize {
        let Decision::Write(writes) = self.plan_with(source, decision).decision else {
            return 0;
        };
        for write in &writes {
            let target = match &write.verb {
                Verb::Create { columns } => {
                    self.last += 1;
                    let target = TargetId(self.last);
                    self.sent.insert(target, columns.clone());
                    let copied = self.parent_of(columns).map_or_else(Content::new, |parent| {
                        customers::inherited(&self.standing[&parent], columns)
                    });
                    self.standing.insert(target, copied.overlaid(columns));
                    target
                }
                Verb::Update { target, columns } => {
                    let partner = self
                        .sent
                        .get_mut(target)
                        .expect("an update addresses a partner that is there");
                    *partner = partner.overlaid(columns);
                    let standing = self.standing[target].overlaid(columns);
                    self.standing.insert(*target, standing);
                    self.copy_to_children(*target, columns);
                    *target
                }
                Verb::Alias { target } | Verb::Tell { target, .. } => *target,
                Verb::Adopt { which, .. } => match which {
                    Which::This(id) => *id,
                    Which::TheOnly => panic!("only Odoo can say which"),
                },
                Verb::Delete { target } => {
                    self.sent.remove(target);
                    self.links.remove(&write.name);
                    continue;
                }
                Verb::Reach { goal, .. } | Verb::Settle { goal, .. } => {
                    let (_, link) = &self.links[&write.name];
                    self.reached.insert(write.name.clone(), *goal);
                    link.target
                }
                Verb::Receive { order, .. } => *order,
            };
            let link = Link {
                name: write.name.clone(),
                model: write.model.to_owned(),
                target,
                base: write.holds.clone(),
            };
            self.links
                .insert(write.name.clone(), (SourceId(source.to_owned()), link));
        }
        writes.len()
    }

    fn parent_of(&self, columns: &Content) -> Option<TargetId> {
        let parent = Name(columns.get("parent")?.to_owned());
        self.links.get(&parent).map(|(_, link)| link.target)
    }

    /// Odoo hands changes of a customer down to the partners that are active at that moment.
    fn copy_to_children(&mut self, parent: TargetId, columns: &Content) {
        let children: Vec<TargetId> = self
            .standing
            .iter()
            .filter(|(_, child)| child.get("active") == Some("1"))
            .filter(|(_, child)| self.parent_of(child) == Some(parent))
            .map(|(target, _)| *target)
            .collect();
        for child in children {
            let copied = customers::inherited(columns, &self.standing[&child]);
            let standing = self.standing[&child].overlaid(&copied);
            self.standing.insert(child, standing);
        }
    }

    pub(crate) fn partner(&self, name: &str) -> &Content {
        let (_, link) = self
            .links
            .get(&Name(name.to_owned()))
            .unwrap_or_else(|| panic!("no link {name}"));
        &self.sent[&link.target]
    }
}
