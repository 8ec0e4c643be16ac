//! Rows as the live API is known to send them.

use proptest::prelude::*;
use rust_decimal::Decimal;
use servicetitan::record::{
    self, ContactType, Customer, CustomerContact, CustomerType, DueDayType, Identity, Job,
    Location, PaymentTerm, Record, Unreadable,
};
use servicetitan::{ContactId, CustomerId, LocationId, PaymentTermId};

fn unreadable<T: Record + std::fmt::Debug>(raw: &str) -> Unreadable {
    record::parse::<T>(raw).unwrap_err()
}

#[test]
fn a_whole_customer() {
    let customer: Customer = record::parse(
        r#"{"id":7,"active":false,"name":"Ann O'Hara","type":"Residential",
        "address":{"street":"1 Main St","unit":null,"city":"Reno","state":"NV","zip":"89501","country":"USA","latitude":39.5,"longitude":null},
        "customFields":[{"typeId":1,"name":"Gate","value":null}],"balance":12.50,"taxExempt":true,"tagTypeIds":[3,4],
        "doNotMail":true,"doNotService":false,"nationalAccount":false,"createdOn":"2021-07-19T20:35:38.2876004Z",
        "createdById":2,"modifiedOn":"2021-07-19T20:35:38Z","mergedToId":8,"paymentTermId":5,"creditLimit":null,
        "creditLimitBalance":null,"externalData":[{"key":"odoo","value":"res.partner,4"}],"brandNew":{"a":[1]}}"#,
    )
    .unwrap();
    assert_eq!(customer.id, CustomerId(7));
    assert_eq!(customer.kind, CustomerType::Residential);
    assert!(!customer.active && customer.tax_exempt && customer.do_not_mail);
    assert_eq!(
        (
            customer.address.unit.as_deref(),
            customer.address.zip.as_str()
        ),
        (None, "89501")
    );
    assert_eq!(customer.balance, Some(Decimal::new(1250, 2)));
    assert_eq!(customer.merged_to_id, Some(CustomerId(8)));
    assert_eq!(customer.payment_term_id, Some(PaymentTermId(5)));
    assert_eq!(
        customer.created_on.unwrap().to_string(),
        "2021-07-19T20:35:38.2876004Z"
    );
    assert_eq!(customer.custom_fields[0].name.as_deref(), Some("Gate"));
    assert_eq!(customer.external_data[0].value, "res.partner,4");
    assert_eq!(customer.tag_type_ids, [3, 4]);
}

#[test]
fn a_customer_of_which_only_the_id_is_right() {
    let customer: Customer = record::parse(
        r#"{"id":"7","name":null,"type":3,"address":null,"customFields":null,"balance":"","tagTypeIds":null,
        "taxExempt":null,"createdOn":null,"modifiedOn":"","externalData":null,"mergedToId":null}"#,
    )
    .unwrap();
    assert_eq!((customer.id, customer.name.as_str()), (CustomerId(7), ""));
    assert_eq!(customer.kind, CustomerType::Other("3".to_owned()));
    assert!(
        customer.active && customer.tag_type_ids.is_empty() && customer.address.city.is_empty()
    );
    assert_eq!((customer.balance, customer.modified_on), (None, None));
    assert_eq!(
        record::parse::<Customer>(r#"{"id":7}"#).unwrap().kind,
        CustomerType::default()
    );
}

#[test]
fn contacts_locations_terms_and_jobs() {
    let contact: CustomerContact = record::parse(
        r#"{"modifiedOn":"2026-01-02T03:04:05.1Z","phoneSettings":{"phoneNumber":"5551234","doNotText":true},"createdOn":"2026-01-02T03:04:05Z",
        "preferences":null,"id":11,"type":"Pager","value":5551234,"memo":"work","customerId":7}"#,
    )
    .unwrap();
    assert_eq!(
        (contact.id, contact.customer_id),
        (ContactId(11), CustomerId(7))
    );
    assert_eq!(contact.kind, ContactType::Other("Pager".to_owned()));
    assert_eq!((contact.value.as_str(), contact.active), ("5551234", true));
    assert!(contact.phone_settings.unwrap().do_not_text);

    let location: Location = record::parse(
        r#"{"taxZoneId":null,"id":9,"customerId":7,"active":true,"name":"Shop","address":{"street":"2 Side St","zip":89501},"zoneId":4}"#,
    )
    .unwrap();
    assert_eq!(
        (location.id, location.customer_id),
        (LocationId(9), CustomerId(7))
    );
    assert_eq!(
        (location.address.zip.as_str(), location.zone_id),
        ("89501", Some(4))
    );

    let term: PaymentTerm = record::parse(
        r#"{"id":5,"name":"Net 30","dueDayType":"NumberOfDays","dueDay":30,"isCustomerDefault":true,"isVendorDefault":false,"active":true,
        "inUse":true,"modifiedOn":"2026-01-02T00:00:00","createdOn":"2026-01-02T00:00:00Z","paymentTermDiscountModel":null,"interestSettings":{}}"#,
    )
    .unwrap();
    assert_eq!((term.name.as_str(), term.due_day), ("Net 30", Some(30)));
    assert_eq!(term.due_day_type, DueDayType::NumberOfDays);
    assert_eq!(
        term.modified_on.unwrap().to_string(),
        "2026-01-02T00:00:00Z"
    );

    let job: Job =
        record::parse(r#"{"id":3,"customerId":7,"locationId":9,"jobStatus":"Hold"}"#).unwrap();
    assert_eq!(
        (job.customer_id, job.location_id),
        (CustomerId(7), Some(LocationId(9)))
    );
}

#[test]
fn what_cannot_be_read_is_named() {
    let shown: Vec<_> = [
        unreadable::<Customer>(r#"{"id":7,"address":{"zip":["a"]}}"#),
        unreadable::<Customer>(r#"{"id":7,"balance":"12,50"}"#),
        unreadable::<Customer>(r#"{"id":7,"modifiedOn":"yesterday"}"#),
        unreadable::<Customer>(r#"{"name":"x"}"#),
        unreadable::<Customer>(r#"{"id":null}"#),
        unreadable::<Location>(r#"{"id":7}"#),
        unreadable::<CustomerContact>(r#"{"id":7,"customerId":1.5}"#),
        unreadable::<Customer>(r#"{"id":7,"name":"\ud800"}"#),
        unreadable::<Customer>("[]"),
        unreadable::<Customer>(r#"{"id":7} {"id":8}"#),
    ]
    .iter()
    .map(ToString::to_string)
    .collect();
    insta::assert_snapshot!(shown.join("\n"), @r#"
    customer 7, field address.zip: invalid type: sequence, expected text
    customer 7, field balance: not an amount that can be held exactly (28 digits at most)
    customer 7, field modifiedOn: invalid value: string "yesterday", expected a date and time
    customer without a readable id: missing field `id`
    customer without a readable id, field id: invalid type: null, expected a whole number
    location 7: missing field `customerId`
    customer contact 7, field customerId: invalid type: floating point `1.5`, expected a whole number
    customer 7, field name: unexpected end of hex escape
    customer without a readable id: not a JSON object
    customer without a readable id: trailing characters
    "#);
}

#[test]
fn an_unreadable_row_is_not_quoted_at_length() {
    let long = "9".repeat(10_000);
    let error = unreadable::<Customer>(&format!(r#"{{"id":7,"modifiedOn":"{long}"}}"#));
    assert!(error.to_string().len() < 300, "{error}");
    let error = unreadable::<Customer>(&format!(r#"{{"id":7,"taxExempt":"{long}"}}"#));
    assert!(error.to_string().len() < 300, "{error}");
}

#[test]
fn an_identity_is_found_in_a_row_that_cannot_be_read() {
    let of = |raw: &str| {
        let identity = Identity::of(raw)?;
        Some((
            identity.id,
            identity.customer_id.map(|id| id.0),
            identity.active,
        ))
    };
    assert_eq!(
        of(r#"{"active":false,"name":"\ud800","balance":{"deep":[[]]},"customerId":"7","id":"9"}"#),
        Some((9, Some(7), Some(false)))
    );
    assert_eq!(
        of(r#"{"id":9,"customerId":"x","active":"maybe"}"#),
        Some((9, None, None))
    );
    assert_eq!(of(r#"{"id":null}"#), None);
    assert_eq!(of(r#"{"customerId":7}"#), None);
    assert_eq!(of("[9]"), None);
    assert_eq!(of("rubbish"), None);
}

fn balance(written: &str) -> Result<Option<Decimal>, Unreadable> {
    record::parse::<Customer>(&format!(r#"{{"id":1,"balance":{written}}}"#)).map(|c| c.balance)
}

#[test]
fn money_keeps_every_digit() {
    for (written, read) in [
        ("0.1", "0.1"),
        ("\"0.10\"", "0.10"),
        ("-1234567890123456.78", "-1234567890123456.78"),
        (
            "79228162514264337593543950335",
            "79228162514264337593543950335",
        ),
        ("1e2", "100"),
        ("1.25E+1", "12.50"),
        ("125E-2", "1.25"),
        ("0E50", "0"),
        ("\" 7 \"", "7"),
    ] {
        let expected = Decimal::from_str_exact(read).unwrap();
        assert_eq!(balance(written).unwrap(), Some(expected), "{written}");
    }
    for written in [
        "\"1_000\"",
        "\"1,5\"",
        "\"$5\"",
        "1e40",
        "true",
        "[]",
        "0.12345678901234567890123456789",
    ] {
        assert!(balance(written).is_err(), "{written}");
    }
}

proptest! {
    #[test]
    fn money_reads_the_same_as_number_and_as_string(mantissa in any::<i64>(), scale in 0_u32..10) {
        let amount = Decimal::new(mantissa, scale);
        prop_assert_eq!(balance(&amount.to_string()).unwrap(), Some(amount));
        prop_assert_eq!(balance(&format!("\"{amount}\"")).unwrap(), Some(amount));
    }

    #[test]
    fn times_are_read_with_0_to_7_digits_with_and_without_a_zone(
        seconds in 0_i64..4_000_000_000,
        ticks in 0_i32..10_000_000,
        zone in prop::sample::select(vec!["Z", "", "+00:00"]),
    ) {
        let moment = jiff::Timestamp::new(seconds, ticks * 100).unwrap();
        let text = moment.to_string();
        let written = format!("{}{zone}", text.trim_end_matches('Z'));
        let raw = format!(r#"{{"id":1,"modifiedOn":"{written}"}}"#);
        prop_assert_eq!(record::parse::<Customer>(&raw).unwrap().modified_on, Some(moment));
    }

    #[test]
    fn no_row_panics(raw in "\\PC{0,120}|\\{\"id\":[0-9]{1,20},\"(balance|modifiedOn|type|address|active)\":[\"0-9a-zTZ:.,\\[\\]{}+-]{0,30}\\}") {
        let _ = record::parse::<Customer>(&raw);
        let _ = Identity::of(&raw);
    }

    #[test]
    fn any_name_survives(name in "\\PC*|[\u{0}-\u{1f}\u{202e}a]{0,20}") {
        let raw = serde_json::json!({"id": 1, "name": name}).to_string();
        prop_assert_eq!(record::parse::<Customer>(&raw).unwrap().name, name);
    }
}
