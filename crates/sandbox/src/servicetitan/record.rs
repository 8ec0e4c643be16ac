//! ServiceTitan's records as this simulator keeps and shows them: the fields of the 2026-05 specs.

use jiff::Timestamp;
use serde::ser::SerializeStruct as _;
use serde::{Deserialize, Serialize, Serializer};

macro_rules! ids {
    ($($(#[$doc:meta])* $name:ident;)*) => {$(
        $(#[$doc])*
        #[derive(
            Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize,
        )]
        #[serde(transparent)]
        pub struct $name(pub i64);

        impl std::fmt::Display for $name {
            fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
                self.0.fmt(f)
            }
        }
    )*};
}

ids! {
    /// A tenant's number, as in the path.
    TenantId;
    /// A customer's id.
    CustomerId;
    /// A location's id.
    LocationId;
    /// A contact's id; customers' and locations' contacts share the sequence.
    ContactId;
    /// A payment term's id.
    PaymentTermId;
    /// A business unit's id.
    BusinessUnitId;
    /// A job's id.
    JobId;
    /// An appointment's id.
    AppointmentId;
    /// A vendor's id.
    VendorId;
    /// An item's id: materials, equipment and services share the sequence.
    SkuId;
    /// A pricebook category's id.
    CategoryId;
    /// A warehouse's or a truck's id; they share the sequence.
    PlaceId;
    /// A general ledger account's id.
    GlAccountId;
    /// A tax zone's id.
    TaxZoneId;
    /// A purchase order's id.
    PurchaseOrderId;
    /// A purchase order type's id.
    OrderTypeId;
    /// The id of a purchase order's line.
    OrderLineId;
    /// A receipt's id.
    ReceiptId;
    /// The id of a receipt's line.
    ReceiptLineId;
    /// A bill's id, the same as inventory bill and as AP bill.
    BillId;
    /// The id of a bill's line.
    BillLineId;
    /// A return's id.
    ReturnId;
    /// The id of a return's line.
    ReturnLineId;
    /// The id of a vendor's credit.
    ApCreditId;
    /// An invoice's id.
    InvoiceId;
    /// The id of an invoice's line.
    InvoiceLineId;
    /// A payment's id.
    PaymentId;
    /// The id of a payment type.
    PaymentTypeId;
    /// The id of a payment's part that is applied to one invoice.
    SplitId;
    /// A technician's id.
    TechnicianId;
    /// The id of a technician's assignment to an appointment.
    AssignmentId;
    /// A journal entry's number; its id on the wire is a GUID.
    JournalEntryId;
}

/// An amount in cents; on the wire a JSON number with at most two decimals, as CRM sends it.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
#[serde(transparent)]
pub struct Cents(pub i64);

impl Cents {
    /// The decimal text, e.g. `-12.05`; accounting sends amounts this way.
    #[must_use]
    pub fn text(self) -> String {
        let sign = if self.0 < 0 { "-" } else { "" };
        let cents = self.0.unsigned_abs();
        format!("{sign}{}.{:02}", cents / 100, cents % 100)
    }
}

impl Serialize for Cents {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let number: f64 = self.text().parse().map_err(serde::ser::Error::custom)?;
        serializer.serialize_f64(number)
    }
}

/// Who a customer is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum CustomerKind {
    /// A person.
    Residential,
    /// A company.
    Commercial,
}

/// An address; latitude and longitude are degrees.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Address {
    /// House number and street.
    pub street: String,
    /// Apartment, suite, ...
    #[serde(default)]
    pub unit: Option<String>,
    /// City.
    pub city: String,
    /// State or province, usually its two-letter code.
    pub state: String,
    /// ZIP or postal code.
    pub zip: String,
    /// Free text, mostly `USA` or `Canada`.
    pub country: String,
    /// Degrees north.
    #[serde(default)]
    pub latitude: Option<f64>,
    /// Degrees east.
    #[serde(default)]
    pub longitude: Option<f64>,
}

/// A value of a custom field.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct CustomField {
    /// The field.
    pub type_id: i64,
    /// Its name; null when it was deleted since.
    pub name: Option<String>,
    /// Its value.
    pub value: Option<String>,
}

/// A key and a value that an application stored on a record.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ExternalDatum {
    /// The application's key.
    pub key: String,
    /// The application's value.
    pub value: String,
}

/// A customer.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
#[expect(clippy::struct_excessive_bools, reason = "ServiceTitan's own fields")]
pub struct Customer {
    /// Its id.
    pub id: CustomerId,
    /// False once deactivated or merged away.
    pub active: bool,
    /// Its name.
    pub name: String,
    /// Person or company.
    #[serde(rename = "type")]
    pub kind: CustomerKind,
    /// The billing address.
    pub address: Address,
    /// Values of custom fields.
    pub custom_fields: Vec<CustomField>,
    /// What it owes.
    pub balance: Cents,
    /// Whether it is exempt from sales tax.
    pub tax_exempt: bool,
    /// Its tags.
    pub tag_type_ids: Vec<i64>,
    /// Whether it refuses mail.
    pub do_not_mail: bool,
    /// Whether it is not to be served.
    pub do_not_service: bool,
    /// Whether it is a national account.
    pub national_account: bool,
    /// When it was made.
    pub created_on: Timestamp,
    /// Who made it.
    pub created_by_id: i64,
    /// When it changed last, its balance included, its contacts and locations not.
    pub modified_on: Timestamp,
    /// The survivor of a merge.
    pub merged_to_id: Option<CustomerId>,
    /// Its payment term.
    pub payment_term_id: Option<PaymentTermId>,
    /// Its credit limit.
    pub credit_limit: Option<Cents>,
    /// What is left of it.
    pub credit_limit_balance: Option<Cents>,
    /// What applications stored on it.
    pub external_data: Vec<ExternalDatum>,
    /// When it changed last, its balance apart (not shown; it is what
    /// `excludeAccountingChangesFromModifiedDateRange` filters by).
    #[serde(skip)]
    pub content_modified_on: Timestamp,
}

/// How a contact is reached.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub enum ContactKind {
    /// A land line.
    Phone,
    /// An email address.
    Email,
    /// A fax number.
    Fax,
    /// A mobile phone.
    MobilePhone,
}

/// Whose contact it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Owner {
    /// A customer's.
    Customer(CustomerId),
    /// A location's.
    Location(LocationId),
}

/// A way to reach a customer or a location.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Contact {
    /// Its id.
    pub id: ContactId,
    /// Whose it is.
    pub owner: Owner,
    /// How.
    pub kind: ContactKind,
    /// The number or address.
    pub value: String,
    /// A remark, e.g. a person's name.
    pub memo: Option<String>,
    /// False once removed: the lists omit it then, the export feed shows it.
    pub active: bool,
    /// When it was made.
    pub created_on: Timestamp,
    /// When it changed last.
    pub modified_on: Timestamp,
}

/// A job site of a customer.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Location {
    /// Its id.
    pub id: LocationId,
    /// Whose it is.
    pub customer_id: CustomerId,
    /// Whether it is in use.
    pub active: bool,
    /// Its name.
    pub name: String,
    /// Where it is.
    pub address: Address,
    /// Values of custom fields.
    pub custom_fields: Vec<CustomField>,
    /// When it was made.
    pub created_on: Timestamp,
    /// Who made it.
    pub created_by_id: i64,
    /// When it changed last.
    pub modified_on: Timestamp,
    /// The survivor of a merge.
    pub merged_to_id: Option<LocationId>,
    /// Its dispatch zone.
    pub zone_id: Option<i64>,
    /// Whether it is exempt from sales tax.
    pub tax_exempt: bool,
    /// Its tags.
    pub tag_type_ids: Vec<i64>,
    /// What applications stored on it.
    pub external_data: Vec<ExternalDatum>,
    /// Its tax zone.
    pub tax_zone_id: Option<i64>,
}

/// When a payment is due.
#[derive(Debug, Clone, PartialEq)]
pub struct PaymentTerm {
    /// Its id.
    pub id: PaymentTermId,
    /// Its name.
    pub name: String,
    /// How `due_day` counts, e.g. `NumberOfDays`.
    pub due_day_type: &'static str,
    /// Days, or the day of a month.
    pub due_day: i32,
    /// Whether new customers get it.
    pub is_customer_default: bool,
    /// Whether it is in use.
    pub active: bool,
    /// When it was made.
    pub created_on: Timestamp,
    /// When it changed last.
    pub modified_on: Timestamp,
}

impl Serialize for PaymentTerm {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut row = serializer.serialize_struct("PaymentTerm", 12)?;
        row.serialize_field("id", &self.id)?;
        row.serialize_field("name", &self.name)?;
        row.serialize_field("dueDayType", self.due_day_type)?;
        row.serialize_field("dueDay", &self.due_day)?;
        row.serialize_field("isCustomerDefault", &self.is_customer_default)?;
        row.serialize_field("isVendorDefault", &false)?;
        row.serialize_field("active", &self.active)?;
        row.serialize_field("inUse", &true)?;
        row.serialize_field("modifiedOn", &self.modified_on)?;
        row.serialize_field("createdOn", &self.created_on)?;
        row.serialize_field("paymentTermDiscountModel", &serde_json::json!({}))?;
        row.serialize_field(
            "interestSettings",
            &serde_json::json!({
                "rateType": "Flat", "frequency": "Once", "targetInvoices": [],
                "taskId": 0, "taskDisplayName": "",
            }),
        )?;
        row.end()
    }
}

/// An id with a name, as documents refer to things.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct NamedId {
    /// Whose.
    pub id: i64,
    /// Its name.
    pub name: String,
}

/// A business unit.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct BusinessUnit {
    /// Its id.
    pub id: BusinessUnitId,
    /// Whether it is in use.
    pub active: bool,
    /// Its name.
    pub name: String,
    /// The name on documents.
    pub official_name: Option<String>,
    /// ISO 4217.
    pub currency: Option<String>,
    /// What other accounting systems track it as.
    pub quickbooks_class: Option<String>,
    /// Its number in the accounting system.
    pub account_code: Option<String>,
    /// Its trade.
    pub trade: Option<NamedId>,
    /// Its division.
    pub division: Option<NamedId>,
    /// What applications stored on it.
    pub external_data: Vec<ExternalDatum>,
    /// When it was made.
    pub created_on: Timestamp,
    /// When it changed last.
    pub modified_on: Timestamp,
}

/// A job.
#[derive(Debug, Clone, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Job {
    /// Its id.
    pub id: JobId,
    /// Its number as people say it.
    pub job_number: String,
    /// Its project.
    pub project_id: Option<i64>,
    /// For whom.
    pub customer_id: CustomerId,
    /// Where.
    pub location_id: LocationId,
    /// `Scheduled`, `Dispatched`, `InProgress`, `Hold`, `Completed` or `Canceled`.
    pub job_status: &'static str,
    /// When it was completed.
    pub completed_on: Option<Timestamp>,
    /// Whose work it is.
    pub business_unit_id: BusinessUnitId,
    /// Its type.
    pub job_type_id: i64,
    /// `Low`, `Normal`, `High` or `Urgent`.
    pub priority: &'static str,
    /// What brought it in.
    pub campaign_id: i64,
    /// How many appointments it has.
    pub appointment_count: i64,
    /// The first of them.
    pub first_appointment_id: AppointmentId,
    /// The last of them.
    pub last_appointment_id: AppointmentId,
    /// Whether it is free of charge.
    pub no_charge: bool,
    /// Whether the customer is notified.
    pub notifications_enabled: bool,
    /// When it was booked.
    pub created_on: Timestamp,
    /// Who booked it.
    pub created_by_id: i64,
    /// When it changed last.
    pub modified_on: Timestamp,
    /// Its tags.
    pub tag_type_ids: Vec<i64>,
    /// The customer's purchase order number.
    pub customer_po: String,
    /// Its invoice, made when it was booked.
    pub invoice_id: InvoiceId,
    /// What it comes to.
    pub total: Option<Cents>,
    /// Estimates.
    pub estimate_ids: Vec<i64>,
    /// Equipment.
    pub equipment_ids: Vec<i64>,
    /// What is to be done, as HTML.
    pub summary: Option<String>,
    /// Values of custom fields.
    pub custom_fields: Vec<CustomField>,
    /// What applications stored on it.
    pub external_data: Vec<ExternalDatum>,
}

/// A visit for a job.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Appointment {
    /// Its id.
    pub id: AppointmentId,
    /// Its job.
    pub job_id: JobId,
    /// Its number as people say it.
    pub appointment_number: Option<String>,
    /// Planned start.
    pub start: Timestamp,
    /// Planned end.
    pub end: Timestamp,
    /// The customer was told to expect someone from here on.
    pub arrival_window_start: Option<Timestamp>,
    /// The customer was told to expect someone until then.
    pub arrival_window_end: Option<Timestamp>,
    /// `Scheduled`, `Dispatched`, `Working`, `Hold`, `Done` or `Canceled`.
    pub status: &'static str,
    /// A word to the technician.
    pub special_instructions: Option<String>,
    /// When it was made.
    pub created_on: Timestamp,
    /// When it changed last.
    pub modified_on: Timestamp,
    /// For whom.
    pub customer_id: CustomerId,
    /// Whether it was never used.
    pub unused: bool,
    /// Who made it.
    pub created_by_id: i64,
    /// Whether the customer confirmed.
    pub is_confirmed: bool,
    /// Whether it exists still.
    pub active: bool,
}
