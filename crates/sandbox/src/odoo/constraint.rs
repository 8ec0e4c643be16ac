//! What the database and the models forbid, in the words that Odoo has for it.

use rust_decimal::Decimal;

use super::Id;
use super::database::Tx;
use super::refusal::Refusal;
use super::schema::{Kind, Model, Source, log};
use super::value::Value;
use super::write::Values;

/// Foreign keys on a record that is about to go: its children lose their parent, everything else forbids it. Returns the
/// records to bring up to date afterwards: the children, or the documents that a line belonged to.
pub(super) fn release(
    tx: &mut Tx<'_>,
    model: Model,
    id: Id,
    going: &[Id],
) -> Result<Vec<(Model, Id)>, Refusal> {
    let restricting: &[(Model, &str, &str)] = match model {
        Model::State => &[(Model::Partner, "state_id", "State")],
        Model::Country => &[(Model::Partner, "country_id", "Country")],
        Model::Partner => &[
            (Model::Company, "partner_id", "Partner"),
            (Model::Seller, "partner_id", "Vendor"),
            (Model::Order, "partner_id", "Vendor"),
            (Model::Move, "partner_id", "Partner"),
            (Model::Payment, "partner_id", "Customer/Vendor"),
            (Model::SaleOrder, "partner_id", "Customer"),
        ],
        Model::Product => &[
            (Model::OrderLine, "product_id", "Product"),
            (Model::StockMove, "product_id", "Product"),
            (Model::SaleLine, "product_id", "Product"),
            (Model::MoveLine, "product_id", "Product"),
        ],
        Model::Uom => &[(Model::Template, "uom_id", "Unit")],
        Model::ProductCategory => &[(Model::Template, "categ_id", "Product Category")],
        Model::Account => &[(Model::MoveLine, "account_id", "Account")],
        Model::Plan => &[(Model::Analytic, "plan_id", "Plan")],
        _ => &[],
    };
    for (holder, field, label) in restricting {
        if tx
            .db
            .rows(*holder)
            .any(|row| row.reference(*holder, field) == Some(id))
        {
            return Err(foreign_key(*holder, field, label));
        }
    }
    let points_to = |name: &str| tx.row(model, id).and_then(|row| row.reference(model, name));
    let above = match model {
        Model::OrderLine => vec![(Model::Order, points_to("order_id"))],
        Model::SaleLine => vec![(Model::SaleOrder, points_to("order_id"))],
        Model::MoveLine => {
            let ordered = points_to("purchase_line_id")
                .and_then(|line| tx.row(Model::OrderLine, line))
                .and_then(|row| row.reference(Model::OrderLine, "order_id"));
            vec![(Model::Move, points_to("move_id")), (Model::Order, ordered)]
        }
        _ => Vec::new(),
    };
    if !above.is_empty() {
        let known = above
            .into_iter()
            .filter_map(|(model, id)| Some((model, id?)));
        return Ok(known.collect());
    }
    if model != Model::Partner {
        return Ok(Vec::new());
    }
    let children: Vec<Id> = tx
        .db
        .pointing(model, "parent_id", id)
        .filter(|child| !going.contains(child))
        .collect();
    let place = model.definition().place("parent_id");
    for child in &children {
        tx.update_silently(model, *child, place, Value::Empty)?;
    }
    Ok(children.into_iter().map(|child| (model, child)).collect())
}

/// The constraints that PostgreSQL would check.
pub(super) fn check_row(
    tx: &Tx<'_>,
    model: Model,
    row: &[Value],
    id: Option<Id>,
) -> Result<(), Refusal> {
    let definition = model.definition();
    for (place, field) in definition.fields.iter().enumerate() {
        if field.source == Source::Inherited {
            continue;
        }
        if field.required && row[place] == Value::Empty {
            return Err(Refusal::constraint(
                format!(
                    "Missing required value for the field '{}' ({}).\nModel: '{}' ({})\n- create/update: a mandatory \
                     field is not set\n- delete: another model requires the record being deleted, you can archive it \
                     instead\n",
                    field.label,
                    field.name,
                    model.label(),
                    model.name()
                ),
                Some(field.name),
            ));
        }
        if let (Kind::Many2one(comodel), Value::Ref(target)) = (field.kind, &row[place])
            && place > log::WRITE_DATE
            && tx.row(comodel, *target).is_none()
            && !(comodel == model && Some(*target) == id)
        {
            // A company-dependent reference has no foreign key: Odoo notices when it reads it.
            return Err(if field.company_dependent {
                Refusal::missing(comodel.name(), *target, tx.env.user)
            } else {
                foreign_key(model, field.name, field.label)
            });
        }
    }
    if model == Model::Payment && row[definition.place("amount")].as_number() < Decimal::ZERO {
        return Err(Refusal::constraint(
            "The payment amount cannot be negative.",
            Some("amount"),
        ));
    }
    if model == Model::Partner {
        let is_contact = row[definition.place("type")].as_text() == Some("contact");
        if is_contact && row[definition.place("name")] == Value::Empty {
            return Err(Refusal::constraint("Contacts require a name", None));
        }
    }
    Ok(())
}

/// The text that Odoo has for any broken foreign key, even if nobody deletes anything.
fn foreign_key(model: Model, field: &'static str, label: &str) -> Refusal {
    Refusal::constraint(
        format!(
            "Another model is using the record you are trying to delete.\n\nThe troublemaker is: '{}' ({})\nThanks to \
             the following constraint: '{label}' ({field})\nHow about archiving the record instead?",
            model.label(),
            model.name()
        ),
        Some(field),
    )
}

pub(super) fn check_cycle(tx: &Tx<'_>, model: Model, id: Id, vals: &Values) -> Result<(), Refusal> {
    if !vals.contains_key("parent_id") {
        return Ok(());
    }
    let mut at = id;
    while let Some(parent) = tx
        .row(model, at)
        .and_then(|row| row.reference(model, "parent_id"))
    {
        if parent == id {
            return Err(Refusal::validation(match model {
                Model::Partner => "You cannot create recursive Partner hierarchies.",
                Model::Category => "You can not create recursive tags.",
                _ => "Recursion Detected.",
            }));
        }
        at = parent;
    }
    Ok(())
}
