//! The partners that a customer should be in Odoo: itself, its further contact methods, its locations.

use std::collections::BTreeSet;

use servicetitan::record::{ContactType, CustomerContact, CustomerType};

use crate::address::set_address;
use crate::content::Content;
use crate::directory::Directory;
use crate::filing::RowKind;
use crate::link::Name;
use crate::plain::line;
use crate::record::Reason;
use crate::target::Target;

use super::MODEL;
use super::aggregate::Aggregate;

/// Every partner that the customer should be; the customer's own comes first, since the others refer to it.
pub(super) fn wanted(
    aggregate: &Aggregate,
    own: &Name,
    directory: &Directory,
    warnings: &mut Vec<String>,
) -> Result<Vec<Target>, Reason> {
    let reach = Reach::choose(aggregate, directory);
    let customer = Target {
        model: MODEL,
        document: None,
        name: own.clone(),
        part: RowKind::Customer.key(aggregate.customer.id.0),
        content: customer(aggregate, &reach, directory, warnings)?,
    };
    let contacts = aggregate.contacts.iter().map(|method| Target {
        model: MODEL,
        document: None,
        name: contact_name(aggregate, method),
        part: RowKind::contact_key(aggregate.customer.id.0, method.id.0),
        content: contact(aggregate, own, method, &reach),
    });
    let mut partners: Vec<Target> = std::iter::once(customer).chain(contacts).collect();
    for location in &aggregate.locations {
        partners.push(Target {
            model: MODEL,
            document: None,
            name: location_name(location.id.0),
            part: RowKind::Location.key(location.id.0),
            content: delivery(aggregate, own, location, directory, warnings),
        });
    }
    Ok(partners)
}

/// The names of all partners that the customer's rows stand for, wanted or not.
pub(super) fn names(aggregate: &Aggregate, own: &Name) -> Vec<Name> {
    let contacts = aggregate
        .contacts
        .iter()
        .map(|method| contact_name(aggregate, method));
    let locations = aggregate
        .locations
        .iter()
        .map(|location| location_name(location.id.0));
    std::iter::once(own.clone())
        .chain(contacts)
        .chain(locations)
        .collect()
}

/// The name of the partner that stands for a location.
pub(crate) fn location_name(location: i64) -> Name {
    Name(format!("location_{location}"))
}

fn contact_name(aggregate: &Aggregate, method: &CustomerContact) -> Name {
    Name(format!("contact_{}_{}", aggregate.customer.id, method.id))
}

/// Which contact methods stand on the customer's own partner. The lowest ids win, so that the choice is stable.
struct Reach<'a> {
    phone: Option<&'a CustomerContact>,
    mobile: Option<&'a CustomerContact>,
    email: Option<&'a CustomerContact>,
}

impl<'a> Reach<'a> {
    fn choose(aggregate: &'a Aggregate, directory: &Directory) -> Self {
        let first = |kind: &ContactType| {
            let usable =
                |method: &&CustomerContact| method.active && !line(&method.value).is_empty();
            aggregate
                .contacts
                .iter()
                .filter(usable)
                .find(|method| method.kind == *kind)
        };
        let mobile = first(&ContactType::MobilePhone);
        let email = first(&ContactType::Email);
        match first(&ContactType::Phone) {
            Some(phone) if directory.has_partner_field("mobile") => Self {
                phone: Some(phone),
                mobile,
                email,
            },
            Some(phone) => Self {
                phone: Some(phone),
                mobile: None,
                email,
            },
            // Where partners have no field for a mobile number (19), it is the phone number of those with no other.
            None if directory.has_partner_field("mobile") => Self {
                phone: None,
                mobile,
                email,
            },
            None => Self {
                phone: mobile,
                mobile: None,
                email,
            },
        }
    }

    fn holds(&self, method: &CustomerContact) -> bool {
        [self.phone, self.mobile, self.email]
            .into_iter()
            .flatten()
            .any(|held| held.id == method.id)
    }
}

fn value(method: Option<&CustomerContact>) -> String {
    method.map(|method| line(&method.value)).unwrap_or_default()
}

fn customer(
    aggregate: &Aggregate,
    reach: &Reach<'_>,
    directory: &Directory,
    warnings: &mut Vec<String>,
) -> Result<Content, Reason> {
    let customer = &aggregate.customer;
    let name = line(&customer.name);
    if name.is_empty() {
        return Err(Reason {
            cause: "no-name".to_owned(),
            what: format!(
                "Customer {} has no name in ServiceTitan (field `name`).",
                customer.id
            ),
            advice: "Give the customer a name in ServiceTitan; it comes over by itself then."
                .to_owned(),
        });
    }
    let mut content = Content::new();
    content.set("type", "contact");
    content.set("name", name);
    content.set_flag("is_company", customer.kind == CustomerType::Commercial);
    content.set_flag("active", customer.active);
    content.set("ref", customer.id.to_string());
    set_address(&mut content, &customer.address, directory, warnings);
    content.set("phone", value(reach.phone));
    content.set("email", value(reach.email));
    if directory.has_partner_field("mobile") {
        content.set("mobile", value(reach.mobile));
    }
    if directory.has_partner_field("customer_rank") {
        content.set("customer_rank", "1");
    }
    if directory.has_partner_field("property_payment_term_id") {
        match customer.payment_term_id {
            None => content.set("property_payment_term_id/.id", ""),
            Some(term) => {
                let found = directory.payment_term(term.0, warnings);
                // Terms that cannot be read leave what Odoo has: unknown is not none.
                if found.is_some() || directory.knows_payment_terms() {
                    content.set_id("property_payment_term_id", found);
                }
            }
        }
    }
    Ok(content)
}

fn contact(
    aggregate: &Aggregate,
    own: &Name,
    method: &CustomerContact,
    reach: &Reach<'_>,
) -> Content {
    let text = line(&method.value);
    let stands_alone = method.active && !text.is_empty() && !reach.holds(method);
    let memo = line(method.memo.as_deref().unwrap_or_default());
    let (label, column) = match &method.kind {
        ContactType::Email => ("E-mail", "email"),
        ContactType::Phone => ("Phone", "phone"),
        ContactType::MobilePhone => ("Mobile", "phone"),
        ContactType::Fax => ("Fax", "phone"),
        ContactType::Other(_) => ("Contact", "phone"),
    };
    let name = match (&method.kind, memo.is_empty()) {
        (_, true) => label.to_owned(),
        (ContactType::Fax, false) => format!("{memo} (fax)"),
        (_, false) => memo,
    };
    let mut content = Content::new();
    content.set("parent", own.0.clone());
    content.set("type", "contact");
    content.set("name", name);
    content.set("phone", if column == "phone" { text.as_str() } else { "" });
    content.set("email", if column == "email" { text.as_str() } else { "" });
    content.set_flag("active", stands_alone && aggregate.is_active());
    content
}

fn delivery(
    aggregate: &Aggregate,
    own: &Name,
    location: &servicetitan::record::Location,
    directory: &Directory,
    warnings: &mut Vec<String>,
) -> Content {
    let name = [line(&location.name), line(&aggregate.customer.name)]
        .into_iter()
        .find(|name| !name.is_empty());
    let mut content = Content::new();
    content.set("parent", own.0.clone());
    content.set("type", "delivery");
    content.set("name", name.unwrap_or_default());
    content.set_flag("active", location.active && aggregate.is_active());
    let before = warnings.len();
    set_address(&mut content, &location.address, directory, warnings);
    let known: BTreeSet<String> = warnings[..before].iter().cloned().collect();
    for warning in warnings.split_off(before) {
        let warning = format!("location {}: {warning}", location.id);
        if !known.contains(&warning) {
            warnings.push(warning);
        }
    }
    content
}
