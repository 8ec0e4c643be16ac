//! What should stand in Odoo, told from ServiceTitan's side alone: a second, independent statement of the mapping.

use std::collections::BTreeMap;

use sandbox::servicetitan::{Address, Contact, ContactKind, Customer, CustomerKind, Tenant};
use serde_json::{Value, json};

use crate::odoo_side::Partners;

/// The partners that a tenant's active customers should be, with the fields that the mapping decides.
pub(crate) fn partners(tenant: &Tenant) -> Partners {
    let mut partners = Partners::new();
    let terms: BTreeMap<i64, String> = tenant
        .payment_terms()
        .into_iter()
        .map(|term| (term.id.0, term.name))
        .collect();
    for customer in tenant
        .customers()
        .into_iter()
        .filter(|customer| customer.active)
    {
        let mut contacts: Vec<Contact> = tenant
            .contacts_of(customer.id)
            .into_iter()
            .filter(|contact| contact.active)
            .collect();
        contacts.sort_by_key(|contact| contact.id);
        let first = |kind| contacts.iter().find(|contact| contact.kind == kind);
        let phone = first(ContactKind::Phone).or_else(|| first(ContactKind::MobilePhone));
        let email = first(ContactKind::Email);
        let own = format!("customer_{}", customer.id);
        partners.insert(own.clone(), person(&customer, phone, email, &terms));
        for contact in &contacts {
            let shown = [phone, email]
                .into_iter()
                .flatten()
                .any(|shown| shown.id == contact.id);
            if !shown {
                partners.insert(
                    format!("contact_{}_{}", customer.id, contact.id),
                    child(&own, contact),
                );
            }
        }
        for location in tenant
            .locations_of(customer.id)
            .into_iter()
            .filter(|location| location.active)
        {
            let mut fields = address(&location.address);
            let name = [text(&location.name), text(&customer.name)]
                .into_iter()
                .find(|name| name != &json!(false));
            fields.extend([
                ("name".to_owned(), name.unwrap_or_default()),
                ("type".to_owned(), json!("delivery")),
                ("active".to_owned(), json!(true)),
                ("parent_id".to_owned(), json!(own)),
            ]);
            partners.insert(format!("location_{}", location.id), fields);
        }
    }
    partners
}

/// Fails with the first differences between what should be there and what is. Fields that the mapping does not decide
/// (a contact's address, say) are left to Odoo.
pub(crate) fn assert_holds(actual: &Partners, tenant: &Tenant) {
    let expected = partners(tenant);
    let live: Vec<&String> = actual
        .iter()
        .filter(|(_, row)| row["active"] == json!(true))
        .map(|(name, _)| name)
        .collect();
    let missing: Vec<&String> = expected
        .keys()
        .filter(|name| !actual.contains_key(*name))
        .collect();
    let extra: Vec<&&String> = live
        .iter()
        .filter(|name| !expected.contains_key(**name))
        .collect();
    assert!(
        missing.is_empty() && extra.is_empty(),
        "missing: {missing:?}\nextra: {extra:?}"
    );
    for (name, fields) in &expected {
        for (field, value) in fields {
            assert_eq!(actual[name].get(field), Some(value), "{name}.{field}");
        }
    }
}

fn person(
    customer: &Customer,
    phone: Option<&Contact>,
    email: Option<&Contact>,
    terms: &BTreeMap<i64, String>,
) -> BTreeMap<String, Value> {
    // Odoo's own terms that ServiceTitan's carry the name of; the others cannot be matched.
    const SHARED_TERMS: [&str; 6] = [
        "Immediate Payment",
        "15 Days",
        "21 Days",
        "30 Days",
        "45 Days",
        "End of Following Month",
    ];
    let mut fields = address(&customer.address);
    let term = customer
        .payment_term_id
        .and_then(|id| terms.get(&id.0))
        .map(|name| text(name));
    let term = term.filter(|name| {
        SHARED_TERMS
            .iter()
            .any(|shared| name.as_str() == Some(shared))
    });
    let value =
        |contact: Option<&Contact>| contact.map_or(json!(false), |contact| text(&contact.value));
    fields.extend([
        ("name".to_owned(), text(&customer.name)),
        (
            "is_company".to_owned(),
            json!(customer.kind == CustomerKind::Commercial),
        ),
        ("type".to_owned(), json!("contact")),
        ("active".to_owned(), json!(true)),
        ("ref".to_owned(), json!(customer.id.to_string())),
        ("phone".to_owned(), value(phone)),
        ("email".to_owned(), value(email)),
        ("parent_id".to_owned(), json!(false)),
        (
            "property_payment_term_id".to_owned(),
            term.unwrap_or(json!(false)),
        ),
    ]);
    fields
}

fn child(parent: &str, contact: &Contact) -> BTreeMap<String, Value> {
    let memo = text(contact.memo.as_deref().unwrap_or_default());
    let name = match (contact.kind, memo.as_str()) {
        (ContactKind::Fax, Some(memo)) => json!(format!("{memo} (fax)")),
        (_, Some(_)) => memo,
        (ContactKind::Phone, None) => json!("Phone"),
        (ContactKind::Email, None) => json!("E-mail"),
        (ContactKind::Fax, None) => json!("Fax"),
        (ContactKind::MobilePhone, None) => json!("Mobile"),
    };
    let value = text(&contact.value);
    let (phone, email) = if contact.kind == ContactKind::Email {
        (json!(false), value)
    } else {
        (value, json!(false))
    };
    BTreeMap::from([
        ("name".to_owned(), name),
        ("type".to_owned(), json!("contact")),
        ("active".to_owned(), json!(true)),
        ("phone".to_owned(), phone),
        ("email".to_owned(), email),
        ("parent_id".to_owned(), json!(parent)),
    ])
}

/// Street, city and so on; the state and country only where they are written as everybody writes them.
fn address(address: &Address) -> BTreeMap<String, Value> {
    let mut fields = BTreeMap::from([
        ("street".to_owned(), text(&address.street)),
        (
            "street2".to_owned(),
            text(address.unit.as_deref().unwrap_or_default()),
        ),
        ("city".to_owned(), text(&address.city)),
        ("zip".to_owned(), text(&address.zip)),
    ]);
    let country = match address.country.trim() {
        "USA" | "US" => Some("United States"),
        "Canada" | "CA" | "CAN" => Some("Canada"),
        _ => None,
    };
    if let Some(country) = country {
        fields.insert("country_id".to_owned(), json!(country));
    }
    fields
}

/// One line without what a line cannot hold; nothing is `false`, as Odoo says it.
fn text(value: &str) -> Value {
    let plain = |c: char| {
        !c.is_control()
            && !matches!(c, '\u{200e}' | '\u{200f}' | '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
    };
    let spaced: String = value
        .chars()
        .map(|c| if plain(c) { c } else { ' ' })
        .collect();
    let line = spaced.split_whitespace().collect::<Vec<_>>().join(" ");
    let line: String = line.chars().take(512).collect();
    if line.is_empty() {
        json!(false)
    } else {
        json!(line.trim_end())
    }
}
