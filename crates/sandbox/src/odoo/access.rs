//! Who may do what: rights per model, and the record rule that can hide partners.

use super::database::{ADMIN, Row, SUPERUSER, Tx};
use super::domain::Domain;
use super::refusal::{Kind, Refusal};
use super::schema::Model;
use super::{Group, Id, Rights};

/// What somebody wants to do to records.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub(super) enum Operation {
    Read,
    Write,
    Create,
    Unlink,
}

impl Operation {
    pub(super) fn named(name: &str) -> Option<Self> {
        match name {
            "read" => Some(Self::Read),
            "write" => Some(Self::Write),
            "create" => Some(Self::Create),
            "unlink" => Some(Self::Unlink),
            _ => None,
        }
    }

    fn letter(self) -> char {
        match self {
            Self::Read => 'r',
            Self::Write => 'w',
            Self::Create => 'c',
            Self::Unlink => 'u',
        }
    }

    fn name(self) -> &'static str {
        match self {
            Self::Read => "read",
            Self::Write => "write",
            Self::Create => "create",
            Self::Unlink => "unlink",
        }
    }
}

fn rights(tx: &Tx<'_>) -> Rights {
    if tx.sudo || tx.env.user == SUPERUSER || tx.env.user == ADMIN {
        Rights::Admin
    } else {
        tx.db.rights
    }
}

/// Whether the user is in a group.
pub(super) fn is_in(tx: &Tx<'_>, group: Group) -> bool {
    match rights(tx) {
        Rights::Admin => true,
        Rights::Reader => false,
        Rights::PartnerManager if group == Group::ProductCreation => false,
        _ if Group::FURTHER.contains(&group) => {
            let managed = group == Group::Project && tx.db.given.contains(&Group::ProjectManager);
            managed || tx.db.given.contains(&group)
        }
        Rights::PartnerManager | Rights::ProductManager => !tx.db.taken.contains(&group),
    }
}

/// Whether the user is in the group of that external id.
pub(super) fn has_group(tx: &Tx<'_>, external_id: &str) -> bool {
    if external_id == "analytic.group_analytic_accounting" {
        return tx.db.analytic_accounting;
    }
    let mut groups = Group::ALL.into_iter().chain(Group::FURTHER);
    groups.any(|group| group.external_id() == external_id && is_in(tx, group))
}

/// Whether the user's groups allow the operation on the model at all.
pub(super) fn may(tx: &Tx<'_>, model: Model, operation: Operation) -> bool {
    let hidden = model == Model::Plan && !tx.db.analytic_accounting;
    match rights(tx) {
        Rights::Admin => !hidden || tx.sudo || tx.env.user == SUPERUSER,
        rights => {
            let granted = granted(rights, model, tx.db.analytic_accounting);
            let left = left(model, |group| rights == Rights::Reader || is_in(tx, group));
            granted.contains(operation.letter()) && left.contains(operation.letter())
        }
    }
}

/// What is left of the rights on a model without the groups that the user is not in. Some give the same right.
fn left(model: Model, is_in: impl Fn(Group) -> bool) -> &'static str {
    let lacks = |group| !is_in(group);
    match model {
        Model::Partner | Model::Category if lacks(Group::ContactCreation) => "r",
        Model::Template | Model::Product | Model::ProductCategory | Model::Uom | Model::Seller
            if lacks(Group::ProductCreation) =>
        {
            "r"
        }
        // Whoever books bills may see and change the orders.
        Model::Order | Model::OrderLine if lacks(Group::Purchase) => "rw",
        Model::Project if lacks(Group::ProjectManager) => "r",
        Model::Stage if lacks(Group::Project) => "r",
        Model::SaleOrder if !lacks(Group::Sales) => "crw",
        Model::SaleLine if !lacks(Group::Sales) => "crwu",
        // Whoever books invoices may see and change the orders.
        Model::SaleOrder | Model::SaleLine if !lacks(Group::Invoicing) => "rw",
        Model::SaleOrder | Model::SaleLine => "",
        Model::Payment | Model::Partial | Model::Full if lacks(Group::Invoicing) => "",
        Model::MethodLine if lacks(Group::Invoicing) => "r",
        // Whoever purchases may prepare bills.
        Model::MoveLine if lacks(Group::Invoicing) => "crw",
        _ => "crwu",
    }
}

/// What somebody may do with a model: some of create, read, write and unlink, by their first letters.
fn granted(rights: Rights, model: Model, analytic: bool) -> &'static str {
    let reader = rights == Rights::Reader;
    match model {
        Model::Partner
        | Model::Category
        | Model::State
        | Model::Distribution
        | Model::Order
        | Model::OrderLine
        | Model::Picking
        | Model::Move
        | Model::MoveLine
        | Model::Payment
        | Model::MethodLine
        | Model::Partial
        | Model::Full
        | Model::SaleOrder
        | Model::SaleLine
        | Model::Project
        | Model::Stage
        | Model::AnalyticLine
            if !reader =>
        {
            "crwu"
        }
        // Everybody has tasks of their own, in no project.
        Model::Task => "crwu",
        // Whoever is an employee has them, once "Analytic Accounting" is on.
        Model::Plan | Model::Analytic | Model::Distribution if analytic => "crwu",
        Model::ExternalId
        | Model::Precision
        | Model::Plan
        | Model::Distribution
        | Model::SaleOrder
        | Model::SaleLine => "",
        Model::Template | Model::Product | Model::ProductCategory | Model::Uom | Model::Seller
            if rights == Rights::ProductManager =>
        {
            "crwu"
        }
        Model::StockMove if !reader => "crw",
        Model::Order
        | Model::OrderLine
        | Model::Picking
        | Model::StockMove
        | Model::Move
        | Model::MoveLine
        | Model::AnalyticLine
        | Model::Journal
        | Model::Payment
        | Model::Partial
        | Model::Full
            if reader =>
        {
            ""
        }
        _ => "r",
    }
}

/// Refuses what the user's groups, or a rule on one of the records, do not allow.
pub(super) fn check(
    tx: &mut Tx<'_>,
    model: Model,
    operation: Operation,
    ids: &[Id],
) -> Result<(), Refusal> {
    if !may(tx, model, operation) {
        return Err(no_rights(model, operation));
    }
    if rights(tx) == Rights::Admin {
        return Ok(());
    }
    for id in ids {
        let row = tx.existing(model, *id)?;
        if !rule_allows(tx, model, row) {
            return Err(ruled_out(tx, model, operation));
        }
    }
    Ok(())
}

/// Whether the record rules let the user see the record.
pub(super) fn rule_allows(tx: &Tx<'_>, model: Model, row: &Row) -> bool {
    if rights(tx) == Rights::Admin {
        return true;
    }
    match model {
        Model::Partner => match &tx.rule {
            Some(rule) => rule.matches(tx, model, row),
            None => true,
        },
        Model::ApiKey => row.reference(model, "user_id") == Some(tx.env.user),
        Model::Task if !is_in(tx, Group::Project) => {
            row.reference(model, "project_id").is_none()
                && row.get(model, "user_ids").as_many().contains(&tx.env.user)
        }
        _ => true,
    }
}

/// The partner rule, understood once at the beginning of a transaction.
pub(super) fn understand_rule(tx: &mut Tx<'_>) -> Result<(), Refusal> {
    if let Some(rule) = tx.db.partner_rule.clone() {
        tx.rule = Some(std::rc::Rc::new(Domain::parse(tx, Model::Partner, &rule)?));
    }
    Ok(())
}

fn no_rights(model: Model, operation: Operation) -> Refusal {
    let verb = match operation {
        Operation::Read => "access",
        Operation::Write => "modify",
        Operation::Create => "create",
        Operation::Unlink => "delete",
    };
    let group = match model {
        Model::Partner | Model::Category | Model::State => Some("Contact Creation"),
        Model::ExternalId | Model::User | Model::Company => Some("Access Rights"),
        Model::Country | Model::Currency | Model::Lang | Model::Precision => Some("Settings"),
        Model::Template | Model::Product | Model::ProductCategory | Model::Uom | Model::Seller => {
            Some("Products/Create")
        }
        Model::Plan | Model::Analytic | Model::Distribution => Some("Analytic Accounting"),
        Model::Term | Model::Account | Model::Tax | Model::Journal => {
            Some("Accounting/Administrator")
        }
        Model::Order | Model::OrderLine => Some("Purchase/User"),
        Model::SaleOrder | Model::SaleLine => Some("Sales/User: Own Documents Only"),
        Model::Project => Some("Project/Administrator"),
        Model::Task | Model::Stage => Some("Project/User"),
        Model::Picking | Model::StockMove => Some("Inventory/User"),
        Model::Move
        | Model::MoveLine
        | Model::Payment
        | Model::MethodLine
        | Model::Partial
        | Model::Full
        | Model::AnalyticLine => Some("Accounting/Invoicing"),
        Model::Warehouse | Model::Location | Model::PickingType => Some("Inventory/Administrator"),
        Model::ApiKey => None,
    };
    let groups = group.map_or_else(
        || "No group currently allows this operation.".to_owned(),
        |group| format!("This operation is allowed for the following groups:\n\t- {group}"),
    );
    Refusal::new(
        Kind::Access,
        format!(
            "You are not allowed to {verb} '{}' ({}) records.\n\n{groups}\n\nContact your administrator to request \
             access if necessary.",
            model.label(),
            model.name()
        ),
    )
}

fn ruled_out(tx: &Tx<'_>, model: Model, operation: Operation) -> Refusal {
    let user = tx
        .row(Model::User, tx.env.user)
        .and_then(|row| row.text(Model::User, "name"))
        .unwrap_or_default();
    Refusal::new(
        Kind::Access,
        format!(
            "Uh-oh! Looks like you have stumbled upon some top-secret records.\n\nSorry, {user} (id={}) doesn't have \
             '{}' access to:\n- {} ({})\n\nIf you really, really need access, perhaps you can win over your friendly \
             administrator with a batch of freshly baked cookies.",
            tx.env.user,
            operation.name(),
            model.label(),
            model.name()
        ),
    )
}
