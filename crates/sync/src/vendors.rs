//! Vendors -> `res.partner` with a supplier rank: a company with its remit-to address, phone and e-mail.
//!
//! ServiceTitan has no field for the account number with a vendor and the vendor's tax id; tenants keep them in custom
//! fields, which the connection file names. Not carried, because ServiceTitan does not give it back: the payment term, the
//! remittance vendor. Not carried either: the fax number, and how orders are sent.

use servicetitan::record::{CustomField, Vendor};

use crate::address::set_address;
use crate::content::Content;
use crate::directory::Directory;
use crate::flow::Flow;
use crate::plain::{line, text};
use crate::plan::{Plan, Subject};
use crate::record::Reason;
use crate::single;

const FLOW: Flow = Flow::Vendors;

/// What has to happen so that Odoo holds this vendor as ServiceTitan has it.
pub(crate) fn plan(subject: &Subject<'_>, directory: &Directory) -> Plan {
    let mut warnings = Vec::new();
    let wanted = wanted(subject, directory, &mut warnings);
    single::plan(FLOW, subject, wanted, warnings)
}

fn wanted(
    subject: &Subject<'_>,
    directory: &Directory,
    warnings: &mut Vec<String>,
) -> Result<(Content, bool), Reason> {
    let vendor: Vendor = single::read(FLOW, subject)?;
    let name = line(&vendor.name);
    if name.is_empty() {
        return Err(single::nameless(FLOW, subject));
    }
    let contact = &vendor.contact_info;
    let given = |value: &Option<String>| line(value.as_deref().unwrap_or_default());
    let mut content = Content::new();
    content.set("name", name);
    content.set_flag("is_company", true);
    content.set_flag("supplier_rank", true);
    set_address(&mut content, &vendor.address, directory, warnings);
    for (column, name) in directory.vendor_fields() {
        let same = |field: &&CustomField| {
            let given = field.name.as_deref().unwrap_or_default();
            line(given).eq_ignore_ascii_case(&line(name))
        };
        let field = vendor.custom_fields.iter().find(same);
        content.set(
            column,
            field.map(|field| given(&field.value)).unwrap_or_default(),
        );
    }
    content.set("phone", given(&contact.phone));
    content.set("email", given(&contact.email));
    let person = [given(&contact.first_name), given(&contact.last_name)];
    let person = person.join(" ").trim().to_owned();
    let person = (!person.is_empty()).then(|| format!("Contact: {person}"));
    let memo = text(vendor.memo.as_deref().unwrap_or_default());
    let notes = person.into_iter().chain((!memo.is_empty()).then_some(memo));
    content.set("comment", notes.collect::<Vec<_>>().join("\n"));
    Ok((content, vendor.active))
}
