//! What people do in ServiceTitan, and what it does to whose `modifiedOn`.

use sandbox::servicetitan::{
    Address, ContactKind, CustomerKind, Kind, Mix, PaymentTermId, Refusal, Rot, customer_id,
};
use serde_json::{Value, json};

use super::Desk;

fn address(street: &str) -> Address {
    Address {
        street: street.to_owned(),
        unit: None,
        city: "Austin".to_owned(),
        state: "TX".to_owned(),
        zip: "78701".to_owned(),
        country: "USA".to_owned(),
        latitude: None,
        longitude: None,
    }
}

#[tokio::test]
async fn a_customers_own_fields_and_balance_bump_it_and_its_children_do_not() {
    let desk = Desk::new().await;
    let id = customer_id(8);
    let stamp = || desk.tenant.customer(id).unwrap().modified_on;
    let bumps = |act: &dyn Fn()| {
        desk.hands.advance_s(1);
        let before = stamp();
        act();
        stamp() > before
    };
    let tenant = &desk.tenant;
    assert!(bumps(&|| tenant.rename_customer(id, "New").unwrap()));
    assert!(bumps(&|| tenant
        .change_address(id, address("2 New St"))
        .unwrap()));
    assert!(bumps(&|| tenant
        .change_kind(id, CustomerKind::Commercial)
        .unwrap()));
    assert!(bumps(&|| tenant.change_balance(id, 100).unwrap()));
    assert!(bumps(&|| tenant
        .set_payment_term(id, Some(PaymentTermId(3)))
        .unwrap()));
    assert!(bumps(&|| tenant.deactivate(id).unwrap()));
    assert!(bumps(&|| tenant.reactivate(id).unwrap()));
    let contact = tenant
        .add_contact(id, ContactKind::Email, "x@example.com", None)
        .unwrap();
    let location = tenant
        .add_location(id, "Barn", address("3 Barn Rd"))
        .unwrap();
    assert!(!bumps(&|| {
        tenant.add_contact(id, ContactKind::Fax, "1", None).unwrap();
    }));
    assert!(!bumps(&|| tenant
        .change_contact(contact, "y@example.com", Some("memo"))
        .unwrap()));
    assert!(!bumps(&|| tenant.remove_contact(contact).unwrap()));
    assert!(!bumps(&|| {
        tenant
            .add_location(id, "Shed", address("4 Shed Rd"))
            .unwrap();
    }));
    assert!(!bumps(&|| tenant
        .change_location(location, "Barn 2", address("5 Rd"))
        .unwrap()));
    assert!(!bumps(&|| tenant
        .move_location(location, customer_id(9))
        .unwrap()));
    assert!(!bumps(&|| {
        tenant.book_job(id).unwrap();
    }));
    let customer = tenant.customer(id).unwrap();
    assert_eq!((customer.name.as_str(), customer.balance.0), ("New", 100));
    assert_eq!(customer.payment_term_id, Some(PaymentTermId(3)));
}

#[tokio::test]
async fn a_merge_moves_contacts_and_locations_to_the_survivor() {
    let desk = Desk::with(|o| o.customers(20).mix(Mix::plain())).await;
    let (loser, survivor) = (customer_id(3), customer_id(4));
    desk.tenant
        .add_contact(loser, ContactKind::Phone, "5125550100", None)
        .unwrap();
    let contacts = desk.tenant.contacts_of(loser).len() + desk.tenant.contacts_of(survivor).len();
    let locations =
        desk.tenant.locations_of(loser).len() + desk.tenant.locations_of(survivor).len();
    let before = desk.tenant.customer(survivor).unwrap();
    desk.hands.advance_s(1);
    desk.tenant.merge(loser, survivor).unwrap();
    let row = desk.crm(&format!("customers/{loser}")).await;
    assert_eq!(row["active"], false);
    assert_eq!(row["mergedToId"], survivor.0);
    assert_eq!(desk.tenant.contacts_of(survivor).len(), contacts);
    assert_eq!(desk.tenant.locations_of(survivor).len(), locations);
    assert!(desk.tenant.contacts_of(loser).is_empty());
    assert!(desk.tenant.locations_of(loser).is_empty());
    assert_eq!(
        desk.tenant.customer(survivor).unwrap(),
        before,
        "the survivor is not touched"
    );
    let refused = desk.tenant.merge(survivor, loser);
    assert_eq!(
        refused,
        Err(Refusal::Merge {
            loser: survivor,
            survivor: loser
        })
    );
}

#[tokio::test]
async fn what_does_not_exist_cannot_be_changed() {
    let desk = Desk::new().await;
    let nobody = sandbox::servicetitan::CustomerId(7);
    let unknown = Err(Refusal::Unknown {
        kind: Kind::Customer,
        id: 7,
    });
    assert_eq!(desk.tenant.rename_customer(nobody, "x"), unknown);
    assert_eq!(desk.tenant.merge(nobody, customer_id(0)), unknown);
    assert!(desk.tenant.book_job(nobody).is_err());
}

#[tokio::test]
async fn a_new_customer_has_a_location_and_is_in_list_and_feed() {
    let desk = Desk::new().await;
    let end = desk.crm("export/customers").await["continueFrom"]
        .as_str()
        .unwrap()
        .to_owned();
    let id = desk
        .tenant
        .create_customer("Ada", CustomerKind::Residential, address("1 Main St"))
        .unwrap();
    assert_eq!(
        desk.crm(&format!("customers?ids={id}")).await["data"][0]["name"],
        "Ada"
    );
    let page = desk.crm(&format!("export/customers?from={end}")).await;
    assert_eq!(page["data"][0]["id"], id.0);
    assert_eq!(page["data"].as_array().unwrap().len(), 1);
    assert_eq!(
        desk.tenant.locations_of(id)[0].address,
        address("1 Main St")
    );
}

#[tokio::test]
async fn a_clock_that_goes_back_hides_no_change_from_the_feed() {
    let desk = Desk::new().await;
    desk.tenant
        .rename_customer(customer_id(0), "First")
        .unwrap();
    let end = desk.crm("export/customers").await["continueFrom"]
        .as_str()
        .unwrap()
        .to_owned();
    desk.hands.advance_s(-3_600);
    desk.tenant
        .rename_customer(customer_id(1), "Second")
        .unwrap();
    let page = desk.crm(&format!("export/customers?from={end}")).await;
    assert_eq!(page["data"][0]["name"], "Second");
    let first = desk.tenant.customer(customer_id(0)).unwrap().modified_on;
    assert_eq!(
        desk.tenant.customer(customer_id(1)).unwrap().modified_on,
        first,
        "a tie"
    );
}

#[tokio::test]
async fn rows_rot_and_heal() {
    let desk = Desk::new().await;
    let id = customer_id(6);
    let row = |page: Value| page["data"].as_array().unwrap().last().unwrap().clone();
    let good = desk.crm(&format!("customers/{id}")).await;
    for (rot, holds) in [
        (
            Rot::NameNull,
            (|r: &Value| r["name"].is_null()) as fn(&Value) -> bool,
        ),
        (Rot::NameBlank, |r| r["name"] == "   "),
        (Rot::NameWithNul, |r| {
            r["name"].as_str().unwrap().contains('\0')
        }),
        (Rot::NameHuge { bytes: 1_000_000 }, |r| {
            r["name"].as_str().unwrap().len() == 1_000_000
        }),
        (Rot::IdMissing, |r| r.get("id").is_none()),
        (Rot::IdText, |r| r["id"] == "100000007"),
        (Rot::WrongTypes, |r| {
            r["active"] == "yes" && r["address"].is_array()
        }),
        (
            Rot::Field {
                name: "type".into(),
                value: json!(3),
            },
            |r| r["type"] == 3,
        ),
    ] {
        desk.tenant
            .spoil(Kind::Customer, id.0, rot.clone())
            .unwrap();
        assert!(
            holds(&row(desk.crm("export/customers").await)),
            "{rot:?} in the feed"
        );
        assert!(
            holds(&desk.crm(&format!("customers/{id}")).await),
            "{rot:?} by id"
        );
    }
    desk.tenant.heal(Kind::Customer, id.0).unwrap();
    let healed = desk.crm(&format!("customers/{id}")).await;
    assert_eq!(healed["name"], good["name"]);
    assert_ne!(
        healed["modifiedOn"], good["modifiedOn"],
        "a poller comes across it again"
    );
}
