//! The lines of a bill: the items', then shipping, tax, other costs and what rounding leaves.

use rust_decimal::Decimal;

use crate::directory::{Charge, Directory};
use crate::document;
use crate::failure;
use crate::flow::Flow;
use crate::journal::{Journal, described};
use crate::link::{Name, TargetId};
use crate::money::{Priced, cents, priced, sum_in_odoo};
use crate::others::{key, target};
use crate::plan::Subject;
use crate::record::Reason;
use crate::sighting::PartKey;
use crate::target::Target;

use super::matching::order_items;
use super::paper::{Paper, PaperLine};

/// The lines of a bill, and what they come to.
pub(super) struct Lines {
    pub(super) targets: Vec<Target>,
    pub(super) total: Decimal,
}

/// What all lines have in common.
struct Common<'a> {
    journal: Journal<'a>,
    paper: &'a Paper,
}

pub(super) fn wanted(
    flow: Flow,
    subject: &Subject<'_>,
    paper: &Paper,
    document: &Name,
    part: &PartKey,
    directory: &Directory,
    warnings: &mut Vec<String>,
) -> Result<Lines, Reason> {
    let journal = Journal {
        flow,
        subject,
        document,
        part,
        directory,
    };
    let common = Common { journal, paper };
    let order_items = order_items(subject, paper);
    let mut targets = Vec::new();
    let (mut exact, mut in_odoo) = (Decimal::ZERO, Vec::new());
    for (at, of_paper) in paper.lines.iter().enumerate() {
        let billed = of_paper
            .receipt_item
            .and_then(|item| order_items.get(&item).copied());
        let (target, priced) = common.item(at, of_paper, billed, warnings)?;
        exact += of_paper.quantity * of_paper.cost;
        in_odoo.push(priced);
        targets.push(target);
    }
    let charged: Decimal = paper.charges.iter().map(|(_, amount)| cents(*amount)).sum();
    let by_line = in_odoo.iter().map(Priced::subtotal).sum();
    let total = total(flow, paper, exact, by_line, charged)?;
    let in_odoo = sum_in_odoo(&in_odoo, directory.adds_before_rounding());
    let rest = total - charged - in_odoo;
    if !rest.is_zero() {
        warnings.push(format!(
            "rounding leaves {rest:.2} over: it stands in a line of its own, so that the {} comes to ServiceTitan's total",
            flow.noun()
        ));
    }
    for (charge, amount) in paper.charges.into_iter().chain([(Charge::Rounding, rest)]) {
        let amount = cents(amount);
        if !amount.is_zero() {
            targets.push(common.charge(charge, amount)?);
        }
    }
    Ok(Lines { targets, total })
}

/// What the paper comes to. ServiceTitan gives no amount of a line: it may round each of them, or their sum.
fn total(
    flow: Flow,
    paper: &Paper,
    exact: Decimal,
    by_line: Decimal,
    charged: Decimal,
) -> Result<Decimal, Reason> {
    let counted = by_line + charged;
    let Some(said) = paper.total.map(cents) else {
        return Ok(counted);
    };
    // Half a cent for each line, whichever way it is rounded.
    let slack = Decimal::new(5, 3) * Decimal::from(paper.lines.len());
    let explained = said == counted || (said - charged - exact).abs() <= slack;
    if explained {
        return Ok(said);
    }
    let of_lines = cents(exact) + charged;
    Err(Reason {
        cause: "total-differs".to_owned(),
        what: format!(
            "ServiceTitan says that the {} comes to {said:.2}, but its lines, tax, shipping and other costs come to \
             {of_lines:.2}: {:.2} differ.",
            flow.noun(),
            said - of_lines
        ),
        advice: "Open it in ServiceTitan, look at its lines, tax and shipping, and save it; the connector reads it again by \
                 itself."
            .to_owned(),
    })
}

impl Common<'_> {
    fn item(
        &self,
        at: usize,
        of_paper: &PaperLine,
        billed: Option<i64>,
        warnings: &mut Vec<String>,
    ) -> Result<(Target, Priced), Reason> {
        let wanted = cents(of_paper.quantity * of_paper.cost);
        let Journal {
            subject, directory, ..
        } = self.journal;
        let quantity = self.journal.quantity(at, of_paper.quantity, warnings);
        let digits = directory.bill_price_digits();
        let priced = priced(quantity, of_paper.cost, wanted, digits);
        let account = self.account(at, of_paper)?;
        let product = of_paper
            .sku
            .and_then(|sku| target(subject, &key(Flow::Items, sku)));
        let order_line = billed.and_then(|item| self.order_line(&item.to_string()));
        if self.paper.order.is_some() && order_line.is_none() {
            warnings.push(format!(
                "line {}: no line of the purchase order in Odoo is known for it, so it is not linked with one",
                at + 1
            ));
        }
        let texts = of_paper.texts.iter().map(String::as_str);
        let mut content = self
            .journal
            .line(at, self.unit(of_paper), self.job(of_paper));
        content.set_id("product_id", product.map(|id| id.0));
        content.set("name", described(at, texts));
        content.set("quantity", quantity.normalize().to_string());
        content.set("price_unit", priced.unit_price.normalize().to_string());
        content.set_id("account_id", Some(account));
        content.set_id("purchase_line_id", order_line.map(|id| id.0));
        Ok((self.journal.target(&of_paper.id, content), priced))
    }

    fn unit(&self, of_paper: &PaperLine) -> Option<i64> {
        of_paper.unit.or(self.paper.unit)
    }

    fn job(&self, of_paper: &PaperLine) -> Option<i64> {
        of_paper.job.or(self.paper.job)
    }

    /// Odoo's account of a line. AP credits name none: all of them have one.
    fn account(&self, at: usize, of_paper: &PaperLine) -> Result<i64, Reason> {
        match &of_paper.account {
            Some(account) => self.journal.directory.ledger_account(account),
            None if self.journal.flow == Flow::ApCredits => {
                self.journal.directory.account_of_credits()
            }
            None => {
                let line = format!("line {} (id {})", at + 1, of_paper.id);
                Err(failure::account::line_without_account(&line))
            }
        }
    }

    fn charge(&self, charge: Charge, amount: Decimal) -> Result<Target, Reason> {
        let (unit, job) = (self.paper.unit, self.paper.job);
        let mut content = self.journal.charge(charge, amount, unit, job)?;
        let order_line = self.order_line(charge.as_str());
        content.set_id("purchase_line_id", order_line.map(|id| id.0));
        Ok(self.journal.target(charge.as_str(), content))
    }

    /// Odoo's line of the order that is billed.
    fn order_line(&self, line: &str) -> Option<TargetId> {
        let order = key(Flow::PurchaseOrders, self.paper.order?).link_name();
        let other = self.journal.subject.others.get(&order)?;
        let name = document::line_name(&order, line);
        let link = other.links.iter().find(|link| link.name == name)?;
        Some(link.target)
    }
}
