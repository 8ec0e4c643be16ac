//! Custom fields of documents of either side: the fields that a tenant has made, and the calls that
//! set their values by name, many objects at once.

use jiff::{Timestamp, ToSpan as _};
use serde::Deserialize;
use serde_json::{Value, json};

use crate::servicetitan::api::{Answer, Call};
use crate::servicetitan::problem::Problem;
use crate::servicetitan::read::PAGING;
use crate::servicetitan::receivables::{Invoice, Payment};
use crate::servicetitan::record::{CustomField, InvoiceId};
use crate::servicetitan::table::{Record, Table};

/// Whose custom fields.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Fielded {
    Vendors,
    Receipts,
    Returns,
    Bills,
    Credits,
    Invoices,
    Payments,
}

impl Fielded {
    /// Id and name of each field that its objects can have.
    pub(crate) fn fields(self) -> &'static [(i64, &'static str)] {
        match self {
            Self::Vendors => &[
                (601, "Account Number"),
                (602, "Tax ID"),
                (603, "Odoo Vendor"),
            ],
            Self::Receipts => &[(611, "Dock")],
            Self::Returns => &[(621, "RMA")],
            Self::Bills | Self::Credits => &[(631, "Odoo Number"), (632, "Odoo Payment State")],
            Self::Invoices => &[
                (641, "Odoo Number"),
                (642, "Odoo State"),
                (643, "Odoo Payment State"),
                (644, "Odoo Open Amount"),
            ],
            Self::Payments => &[(651, "Odoo Number"), (652, "Odoo State")],
        }
    }
}

/// What has custom fields.
trait Fields: Record {
    fn fields(&mut self) -> &mut Vec<CustomField>;
}

macro_rules! fields {
    ($($name:ty),*) => {$(
        impl Fields for $name {
            fn fields(&mut self) -> &mut Vec<CustomField> {
                &mut self.custom_fields
            }
        }
    )*};
}

fields!(
    super::Vendor,
    super::Receipt,
    super::Return,
    super::Bill,
    super::ApCredit,
    Invoice,
    Payment
);

#[derive(Deserialize)]
struct Body {
    operations: Vec<Operation>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Operation {
    object_id: i64,
    custom_fields: Vec<Pair>,
}

#[derive(Deserialize)]
struct Pair {
    name: String,
    value: Option<String>,
}

impl Call<'_> {
    pub(crate) fn field_types(&self, whose: Fielded) -> Answer {
        let query = self.query(&[PAGING])?;
        let made: Timestamp = "2024-01-02T03:04:05Z".parse().unwrap_or(Timestamp::MIN);
        let rows: Vec<Value> = whose
            .fields()
            .iter()
            .map(|(id, name)| {
                json!({
                    "id": id, "name": name, "dataType": "Text", "dataTypeOptions": [],
                    "createdOn": made, "modifiedOn": made + 1.hour(),
                })
            })
            .collect();
        let total = query.flag("includeTotal")?.then_some(rows.len());
        Ok(Some(json!({
            "page": 1, "pageSize": 50, "hasMore": false, "totalCount": total, "data": rows,
        })))
    }

    /// All operations or none: an unknown object or field refuses the whole call.
    pub(crate) fn set_fields(&mut self, whose: Fielded) -> Answer {
        let body: Body = self.read()?;
        let (now, lag) = (self.now, self.lag());
        let tables = &mut self.books.purchasing;
        let receivables = &mut self.books.receivables;
        let objects: Vec<i64> = body.operations.iter().map(|one| one.object_id).collect();
        let done = match whose {
            Fielded::Invoices => set(&mut receivables.invoices, whose, body, now, lag),
            Fielded::Payments => set(&mut receivables.payments, whose, body, now, lag),
            Fielded::Vendors => set(&mut tables.vendors, whose, body, now, lag),
            Fielded::Receipts => set(&mut tables.receipts, whose, body, now, lag),
            Fielded::Returns => set(&mut tables.returns, whose, body, now, lag),
            Fielded::Bills => set(&mut tables.bills, whose, body, now, lag),
            Fielded::Credits => set(&mut tables.credits, whose, body, now, lag),
        };
        if whose == Fielded::Invoices && done.is_ok() {
            for id in objects {
                self.books
                    .announce_invoice("tn.acc.invoice-updated", InvoiceId(id));
            }
        }
        done
    }
}

/// Sets a field, or clears it.
pub(super) fn set_field(
    fields: &mut Vec<CustomField>,
    type_id: i64,
    name: &str,
    value: Option<String>,
) {
    fields.retain(|field| field.type_id != type_id);
    fields.extend(value.map(|value| CustomField {
        type_id,
        name: Some(name.to_owned()),
        value: Some(value),
    }));
}

fn set<T: Fields>(
    table: &mut Table<T>,
    whose: Fielded,
    body: Body,
    now: Timestamp,
    lag: Option<Timestamp>,
) -> Answer {
    let mut changed = Vec::new();
    for operation in body.operations {
        let message = format!("Object {} does not exist.", operation.object_id);
        let unknown = Problem::invalid("ObjectId", &message);
        let mut row = table.get(operation.object_id).cloned().ok_or(unknown)?;
        for pair in operation.custom_fields {
            let message = format!("Custom field '{}' does not exist.", pair.name);
            let mut known = whose.fields().iter();
            let field = known.find(|(_, name)| *name == pair.name);
            let (type_id, _) = *field.ok_or(Problem::invalid("CustomFields", &message))?;
            set_field(row.fields(), type_id, &pair.name, pair.value);
        }
        changed.push(row);
    }
    for row in changed {
        table.put(row, now, lag);
    }
    Ok(None)
}
