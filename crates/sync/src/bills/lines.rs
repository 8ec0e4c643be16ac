//! The lines of a bill: the items', then shipping, tax, other costs and what rounding leaves.

use rust_decimal::Decimal;

use crate::content::Content;
use crate::directory::{Charge, CostField, Directory};
use crate::document;
use crate::failure;
use crate::flow::Flow;
use crate::link::{Name, TargetId};
use crate::money::{Priced, cents, priced, sum_in_odoo};
use crate::others::{key, target};
use crate::plain::{line, text_of_html};
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
    flow: Flow,
    subject: &'a Subject<'a>,
    paper: &'a Paper,
    document: &'a Name,
    part: &'a PartKey,
    directory: &'a Directory,
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
    let common = Common {
        flow,
        subject,
        paper,
        document,
        part,
        directory,
    };
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
        let quantity = self.directory.bill_quantity(of_paper.quantity);
        if quantity != of_paper.quantity {
            warnings.push(format!(
                "line {}: Odoo keeps the quantity {} as {}; raise the decimal accuracy of \"Product Unit\" there to keep it",
                at + 1,
                of_paper.quantity.normalize(),
                quantity.normalize()
            ));
        }
        let digits = self.directory.bill_price_digits();
        let priced = priced(quantity, of_paper.cost, wanted, digits);
        let account = self.account(at, of_paper)?;
        let product = of_paper
            .sku
            .and_then(|sku| target(self.subject, &key(Flow::Items, sku)));
        let order_line = billed.and_then(|item| self.order_line(&item.to_string()));
        if self.paper.order.is_some() && order_line.is_none() {
            warnings.push(format!(
                "line {}: no line of the purchase order in Odoo is known for it, so it is not linked with one",
                at + 1
            ));
        }
        let described = of_paper.texts.iter().map(|text| text_of_html(text));
        let described = described
            .map(|text| line(&text))
            .find(|text| !text.is_empty());
        let mut content = self.content(at, of_paper.unit, of_paper.job);
        content.set_id("product_id", product.map(|id| id.0));
        content.set(
            "name",
            described.unwrap_or_else(|| format!("Line {}", at + 1)),
        );
        content.set("quantity", quantity.normalize().to_string());
        content.set("price_unit", priced.unit_price.normalize().to_string());
        content.set_id("account_id", Some(account));
        content.set_id("purchase_line_id", order_line.map(|id| id.0));
        Ok((self.target(&of_paper.id, content), priced))
    }

    /// Odoo's account of a line. AP credits name none: all of them have one.
    fn account(&self, at: usize, of_paper: &PaperLine) -> Result<i64, Reason> {
        match &of_paper.account {
            Some(account) => self.directory.ledger_account(account),
            None if self.flow == Flow::ApCredits => self.directory.account_of_credits(),
            None => {
                let line = format!("line {} (id {})", at + 1, of_paper.id);
                Err(failure::account::line_without_account(&line))
            }
        }
    }

    fn charge(&self, charge: Charge, amount: Decimal) -> Result<Target, Reason> {
        let product = self.directory.charge(charge)?;
        let account = self.directory.charge_account(charge)?;
        let order_line = self.order_line(charge.as_str());
        let mut content = self.content(document::CHARGES_AFTER + charge as usize, None, None);
        content.set_id("product_id", Some(product));
        content.set("name", charge.label());
        content.set("quantity", "1");
        content.set("price_unit", amount.normalize().to_string());
        content.set_id("account_id", Some(account));
        content.set_id("purchase_line_id", order_line.map(|id| id.0));
        Ok(self.target(charge.as_str(), content))
    }

    fn content(&self, at: usize, unit: Option<i64>, job: Option<i64>) -> Content {
        let mut content = Content::new();
        let unit = unit
            .or(self.paper.unit)
            .map(|unit| key(Flow::BusinessUnits, unit));
        let job = job.or(self.paper.job).map(|job| key(Flow::Jobs, job));
        let accounts = [unit, job].into_iter().flatten();
        let accounts = accounts.filter_map(|account| target(self.subject, &account));
        content.set("sequence", (10 * (at + 1)).to_string());
        // Empty: without it Odoo taxes a line as its product or vendor says.
        content.set_id("tax_ids", None);
        let costs = self.directory.bill_line_costs();
        if let Some((column, accounts)) = costs.column(CostField::ACCOUNT_OF_BILL, accounts) {
            content.set(&column, accounts);
        }
        content
    }

    /// Odoo's line of the order that is billed.
    fn order_line(&self, line: &str) -> Option<TargetId> {
        let order = key(Flow::PurchaseOrders, self.paper.order?).link_name();
        let other = self.subject.others.get(&order)?;
        let name = document::line_name(&order, line);
        let link = other.links.iter().find(|link| link.name == name)?;
        Some(link.target)
    }

    fn target(&self, line: &str, content: Content) -> Target {
        Target {
            name: document::line_name(self.document, line),
            part: self.part.clone(),
            model: document::line_model(self.flow.model()),
            document: Some(self.document.clone()),
            content,
        }
    }
}
