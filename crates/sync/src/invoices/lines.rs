//! The lines of an invoice, what they come to, and the tax on them.

use rust_decimal::Decimal;
use servicetitan::record::{GlAccountRef, Invoice, InvoiceItem};

use crate::directory::{Charge, Directory};
use crate::failure::account::line_without_account;
use crate::flow::Flow;
use crate::journal::{Journal, described};
use crate::link::Name;
use crate::money::{Priced, cents, priced, sum_in_odoo};
use crate::others::{key, target};
use crate::plan::{APPROVE, Subject, Tax};
use crate::record::Reason;
use crate::sighting::PartKey;
use crate::target::Target;

use super::{FLOW, gives_back, job, own_unit, sku, unit};

/// The lines of an invoice, what they come to with tax, and the tax.
pub(super) struct Lines {
    pub(super) targets: Vec<Target>,
    pub(super) total: Decimal,
    pub(super) tax: Tax,
}

/// What all lines have in common.
struct Common<'a> {
    journal: Journal<'a>,
    invoice: &'a Invoice,
    /// Odoo's tax of those that are taxed.
    tax: Option<i64>,
    /// One, or minus one where money is given back: a credit note says it without the sign.
    sign: Decimal,
}

pub(super) fn wanted(
    subject: &Subject<'_>,
    invoice: &Invoice,
    document: &Name,
    part: &PartKey,
    directory: &Directory,
    warnings: &mut Vec<String>,
) -> Result<Lines, Reason> {
    let sums = Sums::of(invoice)?;
    let journal = Journal {
        flow: FLOW,
        subject,
        document,
        part,
        directory,
    };
    let common = Common {
        journal,
        invoice,
        tax: tax(invoice, &sums, directory)?,
        sign: if gives_back(invoice) {
            Decimal::NEGATIVE_ONE
        } else {
            Decimal::ONE
        },
    };
    // Where ServiceTitan charges tax and calls no line taxable, something else than the line decided it.
    let all_are_taxed = common.tax.is_some() && !invoice.items.iter().any(is_taxed);
    if all_are_taxed && !invoice.items.is_empty() {
        warnings.push(
            "ServiceTitan charges tax and says of no line that it is taxable: the tax is computed on all of them"
                .to_owned(),
        );
    }
    let (mut targets, mut in_odoo) = (Vec::new(), Vec::new());
    for (at, item) in invoice.items.iter().enumerate() {
        let is_taxed = all_are_taxed || is_taxed(item);
        let (target, priced) = common.item(at, item, is_taxed, warnings)?;
        in_odoo.push(priced);
        targets.push(target);
    }
    let rest = common.sign * sums.untaxed - sum_in_odoo(&in_odoo, directory.adds_before_rounding());
    if !rest.is_zero() {
        warnings.push(format!(
            "rounding leaves {rest:.2} over: it stands in a line of its own, so that the invoice comes to ServiceTitan's total"
        ));
        let (unit, job) = (own_unit(invoice), job(invoice));
        let content = journal.charge(Charge::Rounding, rest, unit, job)?;
        targets.push(journal.target(Charge::Rounding.as_str(), content));
    }
    // Each side may round each line, or their sum. What a person approved may be any.
    let slack = if subject.decision == Some(APPROVE) {
        Decimal::MAX
    } else {
        Decimal::from(invoice.items.len() + 1) * Decimal::new(1, 2)
    };
    Ok(Lines {
        targets,
        total: common.sign * (sums.untaxed + sums.tax),
        tax: Tax {
            amount: common.sign * sums.tax,
            slack,
        },
    })
}

fn is_taxed(item: &InvoiceItem) -> bool {
    item.taxable
}

/// Odoo's tax, where tax is charged.
fn tax(invoice: &Invoice, sums: &Sums, directory: &Directory) -> Result<Option<i64>, Reason> {
    if sums.tax.is_zero() {
        return Ok(None);
    }
    let code = invoice.sales_tax_code.as_ref();
    let code = code.and_then(|code| code.name.as_deref());
    let zone = invoice.tax_zone_id.map(|zone| zone.0);
    directory
        .sales_tax(zone, code.unwrap_or_default())
        .map(Some)
}

/// What ServiceTitan says that the invoice comes to, found to agree with itself.
struct Sums {
    untaxed: Decimal,
    tax: Decimal,
}

impl Sums {
    fn of(invoice: &Invoice) -> Result<Self, Reason> {
        let of_lines: Decimal = invoice.items.iter().map(|item| cents(total_of(item))).sum();
        let tax = cents(invoice.sales_tax.unwrap_or_default());
        let untaxed = invoice.sub_total.map_or(of_lines, cents);
        let total = invoice.total.map_or(untaxed + tax, cents);
        // Half a cent for each line, whichever way it is rounded.
        let slack = Decimal::new(5, 3) * Decimal::from(invoice.items.len());
        let exact: Decimal = invoice.items.iter().map(total_of).sum();
        let is_explained = untaxed == of_lines || (untaxed - exact).abs() <= slack;
        if is_explained && untaxed + tax == total {
            return Ok(Self { untaxed, tax });
        }
        Err(Reason {
            cause: "total-differs".to_owned(),
            what: format!(
                "ServiceTitan says that the invoice comes to {total:.2}, but its lines ({of_lines:.2}; subtotal \
                 {untaxed:.2}) and tax ({tax:.2}) come to {:.2}: {:.2} differ.",
                of_lines + tax,
                total - of_lines - tax
            ),
            advice: "Open it in ServiceTitan, look at its lines and its tax, and save it; the connector reads it again by \
                     itself."
                .to_owned(),
        })
    }
}

/// What a line comes to, by its own word or else by quantity and price.
pub(crate) fn total_of(item: &InvoiceItem) -> Decimal {
    let computed = || item.quantity.unwrap_or(Decimal::ONE) * item.price.unwrap_or_default();
    item.total.unwrap_or_else(computed)
}

impl Common<'_> {
    fn item(
        &self,
        at: usize,
        item: &InvoiceItem,
        is_taxed: bool,
        warnings: &mut Vec<String>,
    ) -> Result<(Target, Priced), Reason> {
        let Journal {
            subject, directory, ..
        } = self.journal;
        let total = cents(total_of(item));
        let quantity = quantity(item, total);
        let quantity = self.sign * self.journal.quantity(at, quantity, warnings);
        let price = item.price.unwrap_or(total);
        let digits = directory.bill_price_digits();
        let priced = priced(quantity, price, self.sign * total, digits);
        let names_items = directory.invoices().names_items;
        let product = sku(item).filter(|_| names_items);
        let product = product.and_then(|sku| target(subject, &key(Flow::Items, sku)));
        let mut content = self
            .journal
            .line(at, unit(self.invoice, item), job(self.invoice));
        if is_taxed {
            content.set_id("tax_ids", self.tax);
        }
        content.set_id("product_id", product.map(|id| id.0));
        content.set("name", name(at, item));
        content.set("quantity", quantity.normalize().to_string());
        content.set("price_unit", priced.unit_price.normalize().to_string());
        content.set_id("account_id", Some(self.account(at, item, total)?));
        Ok((self.journal.target(&item.id.to_string(), content), priced))
    }

    /// The account of income. A line that comes to nothing may quote none; it goes where another one of the invoice does.
    fn account(&self, at: usize, item: &InvoiceItem, total: Decimal) -> Result<i64, Reason> {
        let own = item.general_ledger_account.as_ref();
        let mut of_others = self.invoice.items.iter().filter_map(account);
        let account = own.or_else(|| of_others.find(|_| total.is_zero()));
        let Some(account) = account else {
            let line = format!("line {} (id {})", at + 1, item.id);
            return Err(line_without_account(&line));
        };
        self.journal.directory.ledger_account(account)
    }
}

/// How much is sold. Of a line that comes to something it is something.
pub(crate) fn quantity(item: &InvoiceItem, total: Decimal) -> Decimal {
    let quantity = item.quantity.unwrap_or(Decimal::ONE);
    if quantity.is_zero() && !total.is_zero() {
        Decimal::ONE
    } else {
        quantity
    }
}

fn account(item: &InvoiceItem) -> Option<&GlAccountRef> {
    item.general_ledger_account.as_ref()
}

fn name(at: usize, item: &InvoiceItem) -> String {
    let texts = [&item.description, &item.display_name, &item.sku_name];
    described(at, texts.into_iter().filter_map(|text| text.as_deref()))
}
