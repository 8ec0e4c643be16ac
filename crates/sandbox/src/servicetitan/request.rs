//! Bodies of writes, as far as the live system binds them. Unknown fields are dropped here.

use serde::Deserialize;

use super::record::{
    Address, Cents, ContactKind, CustomField, Customer, CustomerId, CustomerKind, ExternalDatum,
    PaymentTermId,
};

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct NewCustomer {
    pub(super) name: Option<String>,
    pub(super) address: Option<Address>,
    pub(super) locations: Option<Vec<NewLocation>>,
    pub(super) contacts: Option<Vec<NewContact>>,
    #[serde(flatten)]
    pub(super) rest: CustomerEdit,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct NewLocation {
    pub(super) customer_id: Option<CustomerId>,
    pub(super) name: Option<String>,
    pub(super) address: Option<Address>,
    pub(super) contacts: Option<Vec<NewContact>>,
}

#[derive(Deserialize)]
pub(super) struct NewContact {
    #[serde(rename = "type")]
    pub(super) kind: ContactKind,
    pub(super) value: String,
    pub(super) memo: Option<String>,
}

/// What can be set on a customer besides its name and address.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct CustomerEdit {
    #[serde(rename = "type")]
    pub(super) kind: Option<CustomerKind>,
    pub(super) custom_fields: Option<Vec<NewCustomField>>,
    pub(super) external_data: Option<NewExternalData>,
    pub(super) do_not_mail: Option<bool>,
    pub(super) do_not_service: Option<bool>,
    pub(super) national_account: Option<bool>,
    pub(super) active: Option<bool>,
    pub(super) tag_type_ids: Option<Vec<i64>>,
    pub(super) tax_exempt: Option<bool>,
    pub(super) payment_term_id: Option<PaymentTermId>,
    pub(super) credit_limit: Option<f64>,
    pub(super) credit_limit_balance: Option<f64>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct NewCustomField {
    pub(super) type_id: i64,
    pub(super) value: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct NewExternalData {
    #[serde(default)]
    pub(super) patch_mode: Option<PatchMode>,
    pub(super) external_data: Vec<NewExternalDatum>,
}

#[derive(Deserialize, Clone, Copy, PartialEq, Eq)]
pub(super) enum PatchMode {
    Replace,
    Merge,
}

#[derive(Deserialize)]
pub(super) struct NewExternalDatum {
    pub(super) key: String,
    pub(super) value: Option<String>,
}

#[derive(Deserialize)]
pub(super) struct CustomerPatch {
    pub(super) name: Option<String>,
    pub(super) address: Option<WholeAddress>,
    #[serde(flatten)]
    pub(super) rest: CustomerEdit,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct LocationPatch {
    pub(super) customer_id: Option<CustomerId>,
    pub(super) name: Option<String>,
    pub(super) address: Option<PatchedAddress>,
    pub(super) active: Option<bool>,
    pub(super) tax_zone_id: Option<i64>,
}

/// A customer's address is patched whole.
#[derive(Deserialize)]
pub(super) struct WholeAddress {
    pub(super) street: String,
    pub(super) unit: String,
    pub(super) city: String,
    pub(super) state: String,
    pub(super) zip: String,
    pub(super) country: String,
    pub(super) latitude: f64,
    pub(super) longitude: f64,
}

/// A location's address is patched whole but for its coordinates.
#[derive(Deserialize)]
pub(super) struct PatchedAddress {
    pub(super) street: String,
    pub(super) unit: String,
    pub(super) city: String,
    pub(super) state: String,
    pub(super) zip: String,
    pub(super) country: String,
    pub(super) latitude: Option<f64>,
    pub(super) longitude: Option<f64>,
}

#[derive(Deserialize)]
pub(super) struct ContactPatch {
    #[serde(rename = "type")]
    pub(super) kind: Option<ContactKind>,
    pub(super) value: Option<String>,
    pub(super) memo: Option<String>,
}

impl CustomerEdit {
    pub(super) fn apply(self, customer: &mut Customer) {
        customer.kind = self.kind.unwrap_or(customer.kind);
        customer.do_not_mail = self.do_not_mail.unwrap_or(customer.do_not_mail);
        customer.do_not_service = self.do_not_service.unwrap_or(customer.do_not_service);
        customer.national_account = self.national_account.unwrap_or(customer.national_account);
        customer.active = self.active.unwrap_or(customer.active);
        customer.tax_exempt = self.tax_exempt.unwrap_or(customer.tax_exempt);
        customer.payment_term_id = self.payment_term_id.or(customer.payment_term_id);
        if let Some(tags) = self.tag_type_ids {
            customer.tag_type_ids = tags;
        }
        customer.credit_limit = self.credit_limit.map(cents).or(customer.credit_limit);
        customer.credit_limit_balance = self
            .credit_limit_balance
            .map(cents)
            .or(customer.credit_limit_balance);
        for new in self.custom_fields.unwrap_or_default() {
            customer
                .custom_fields
                .retain(|field| field.type_id != new.type_id);
            let name = Some(format!("Field {}", new.type_id));
            let field = CustomField {
                type_id: new.type_id,
                name,
                value: Some(new.value),
            };
            customer.custom_fields.push(field);
        }
        if let Some(external) = self.external_data {
            external.apply(&mut customer.external_data);
        }
    }
}

impl NewExternalData {
    pub(super) fn apply(self, data: &mut Vec<ExternalDatum>) {
        if self.patch_mode != Some(PatchMode::Merge) {
            data.clear();
        }
        for NewExternalDatum { key, value } in self.external_data {
            data.retain(|datum| datum.key != key);
            // Null removes a key.
            data.extend(value.map(|value| ExternalDatum { key, value }));
        }
    }
}

impl From<WholeAddress> for Address {
    fn from(new: WholeAddress) -> Self {
        let WholeAddress {
            street,
            unit,
            city,
            state,
            zip,
            country,
            latitude,
            longitude,
        } = new;
        let (latitude, longitude) = (Some(latitude), Some(longitude));
        Self {
            street,
            unit: Some(unit),
            city,
            state,
            zip,
            country,
            latitude,
            longitude,
        }
    }
}

impl From<PatchedAddress> for Address {
    fn from(new: PatchedAddress) -> Self {
        let PatchedAddress {
            street,
            unit,
            city,
            state,
            zip,
            country,
            latitude,
            longitude,
        } = new;
        Self {
            street,
            unit: Some(unit),
            city,
            state,
            zip,
            country,
            latitude,
            longitude,
        }
    }
}

/// An amount from the wire, to the cent.
fn cents(amount: f64) -> Cents {
    let digits: String = format!("{amount:.2}")
        .chars()
        .filter(|c| *c != '.')
        .collect();
    Cents(digits.parse().unwrap_or_default())
}
