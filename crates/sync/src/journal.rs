//! What the lines of journal documents have in common, a vendor's or a customer's.

use rust_decimal::Decimal;

use crate::content::Content;
use crate::directory::{Charge, CostField, Directory};
use crate::document;
use crate::flow::Flow;
use crate::link::Name;
use crate::others::{key, target};
use crate::plain::{line, text_of_html};
use crate::plan::Subject;
use crate::record::Reason;
use crate::sighting::PartKey;
use crate::target::Target;

/// The document that lines are made for.
#[derive(Clone, Copy)]
pub(crate) struct Journal<'a> {
    pub(crate) flow: Flow,
    pub(crate) subject: &'a Subject<'a>,
    pub(crate) document: &'a Name,
    pub(crate) part: &'a PartKey,
    pub(crate) directory: &'a Directory,
}

impl Journal<'_> {
    /// The columns of a line at this place: who bears it, and no tax. Said although it is empty: without it Odoo taxes a
    /// line as its product or partner says.
    pub(crate) fn line(&self, at: usize, unit: Option<i64>, job: Option<i64>) -> Content {
        let unit = unit.map(|unit| key(Flow::BusinessUnits, unit));
        let job = job.map(|job| key(Flow::Jobs, job));
        let accounts = [unit, job].into_iter().flatten();
        let accounts = accounts.filter_map(|account| target(self.subject, &account));
        let mut content = Content::new();
        content.set("sequence", (10 * (at + 1)).to_string());
        content.set_id("tax_ids", None);
        let costs = self.directory.bill_line_costs();
        if let Some((column, accounts)) = costs.column(CostField::ACCOUNT_OF_BILL, accounts) {
            content.set(&column, accounts);
        }
        content
    }

    /// The columns of what is charged besides items, or of what rounding leaves.
    pub(crate) fn charge(
        &self,
        charge: Charge,
        amount: Decimal,
        unit: Option<i64>,
        job: Option<i64>,
    ) -> Result<Content, Reason> {
        let product = self.directory.charge(charge)?;
        let account = self.directory.charge_account(charge)?;
        let mut content = self.line(document::CHARGES_AFTER + charge as usize, unit, job);
        content.set_id("product_id", Some(product));
        content.set("name", charge.label());
        content.set("quantity", "1");
        content.set("price_unit", amount.normalize().to_string());
        content.set_id("account_id", Some(account));
        Ok(content)
    }

    /// A quantity as Odoo keeps it, with a warning where that is less than the source says.
    pub(crate) fn quantity(
        &self,
        at: usize,
        quantity: Decimal,
        warnings: &mut Vec<String>,
    ) -> Decimal {
        let kept = self.directory.bill_quantity(quantity);
        if kept != quantity {
            warnings.push(format!(
                "line {}: Odoo keeps the quantity {} as {}; raise the decimal accuracy of \"Product Unit\" there to keep it",
                at + 1,
                quantity.normalize(),
                kept.normalize()
            ));
        }
        kept
    }

    /// The line of that id.
    pub(crate) fn target(&self, line: &str, content: Content) -> Target {
        Target {
            name: document::line_name(self.document, line),
            part: self.part.clone(),
            model: document::line_model(self.flow.model()),
            document: Some(self.document.clone()),
            content,
        }
    }
}

/// What a line is called: the first of these texts that says something, else its place.
pub(crate) fn described<'t>(at: usize, texts: impl IntoIterator<Item = &'t str>) -> String {
    let mut texts = texts.into_iter().map(|text| line(&text_of_html(text)));
    let text = texts.find(|text| !text.is_empty());
    text.unwrap_or_else(|| format!("Line {}", at + 1))
}
