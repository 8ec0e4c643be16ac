//! What people do in Odoo while a connector runs: edit, archive, delete, merge, change rights and keys.
//!
//! Record edits are made as the administrator, by the same code as calls, at the present of the clock. Every act can
//! also be posted to `/sandbox/acts`.

use jiff::Timestamp;
use rust_decimal::Decimal;
use serde::Deserialize;
use serde_json::{Map, Value as Json, json};

use super::call::{self, Call};
use super::database::{ADMIN, Env, LIMITED, Tx};
use super::domain::Domain;
use super::payment;
use super::refusal::Refusal;
use super::sandbox::{Sandbox, State, lock};
use super::schema::Model;
use super::value::Value;
use super::write::{self, Values};
use super::{Group, Id, Rights, merge};

/// Something that a person does, e.g. `{"do": "edit_partner", "id": 7, "values": {"name": "New Name"}}`.
#[derive(Clone, Debug, Deserialize)]
#[serde(tag = "do", rename_all = "snake_case")]
pub enum Act {
    /// Creates a partner.
    CreatePartner {
        /// As `create` takes them.
        values: Map<String, Json>,
    },
    /// Edits a partner.
    EditPartner {
        /// Which one.
        id: Id,
        /// As `write` takes them.
        values: Map<String, Json>,
    },
    /// Deletes a partner. Its external ids go with it; its children lose their parent.
    DeletePartner {
        /// Which one.
        id: Id,
    },
    /// Merges partners with Odoo's wizard: the survivor takes what it lacks, children and external ids of the losers,
    /// and the losers are deleted.
    MergePartners {
        /// The one that stays.
        survivor: Id,
        /// Those that go.
        losers: Vec<Id>,
    },
    /// Makes a record rule: from now on the limited user sees only the partners that match, and is refused the others.
    ShowOnlyPartners {
        /// E.g. `[["city", "!=", "Boulder"]]`.
        domain: Json,
    },
    /// Takes the record rule away.
    ShowAllPartners,
    /// Changes what the limited user may do.
    SetRights {
        /// From now on.
        rights: Rights,
    },
    /// Takes a group from the limited user.
    TakeGroup {
        /// Which one.
        group: Group,
    },
    /// Gives it back, or one that the limited user did not have.
    GiveGroup {
        /// Which one.
        group: Group,
    },
    /// Registers a payment of a posted bill or invoice, as Odoo's "Pay" does: a payment of today with an entry of its own,
    /// posted and reconciled.
    PayBill {
        /// Which one.
        bill: Id,
        /// How much, in the bill's currency, e.g. `"12.50"`.
        amount: Decimal,
    },
    /// Switches "Analytic Accounting" of the settings.
    SetAnalyticAccounting {
        /// From now on.
        on: bool,
    },
    /// Revokes the limited user's key: 401 from now on.
    RevokeKey,
    /// Makes the limited user's key valid again.
    RestoreKey,
    /// Sets the end of the limited user's key.
    SetKeyExpiry {
        /// `None`: it never ends.
        end: Option<Timestamp>,
    },
}

impl Sandbox {
    /// A person does something. Returns the id of a created partner.
    ///
    /// # Panics
    /// When Odoo would refuse, e.g. because there is no such partner.
    pub fn act(&self, act: Act) -> Option<Id> {
        match self.state.act(act) {
            Ok(id) => id,
            Err(refusal) => panic!("Odoo refuses this: {}", refusal.message),
        }
    }

    /// A person creates a partner from values (an object) as `create` takes them.
    ///
    /// # Panics
    /// When Odoo would refuse.
    pub fn create_partner(&self, values: Json) -> Id {
        let values = object(values);
        self.act(Act::CreatePartner { values })
            .expect("a created partner has an id")
    }

    /// A person edits a partner with values (an object) as `write` takes them.
    ///
    /// # Panics
    /// When Odoo would refuse, e.g. because there is no such partner.
    pub fn edit_partner(&self, id: Id, values: Json) {
        let values = object(values);
        self.act(Act::EditPartner { id, values });
    }

    /// A person renames a partner.
    ///
    /// # Panics
    /// When there is no such partner.
    pub fn rename_partner(&self, id: Id, name: &str) {
        self.edit_partner(id, json!({"name": name}));
    }

    /// A person archives a partner.
    ///
    /// # Panics
    /// When there is no such partner.
    pub fn archive_partner(&self, id: Id) {
        self.edit_partner(id, json!({"active": false}));
    }

    /// A person takes a partner out of the archive.
    ///
    /// # Panics
    /// When there is no such partner.
    pub fn unarchive_partner(&self, id: Id) {
        self.edit_partner(id, json!({"active": true}));
    }

    /// [`Act::DeletePartner`].
    ///
    /// # Panics
    /// When there is no such partner.
    pub fn delete_partner(&self, id: Id) {
        self.act(Act::DeletePartner { id });
    }

    /// [`Act::MergePartners`].
    ///
    /// # Panics
    /// When one of them does not exist.
    pub fn merge_partners(&self, survivor: Id, losers: &[Id]) {
        let losers = losers.to_vec();
        self.act(Act::MergePartners { survivor, losers });
    }

    /// [`Act::ShowOnlyPartners`].
    ///
    /// # Panics
    /// When it is no domain.
    pub fn show_only_partners(&self, domain: Json) {
        self.act(Act::ShowOnlyPartners { domain });
    }

    /// [`Act::ShowAllPartners`].
    pub fn show_all_partners(&self) {
        self.act(Act::ShowAllPartners);
    }

    /// [`Act::SetRights`].
    pub fn set_rights(&self, rights: Rights) {
        self.act(Act::SetRights { rights });
    }

    /// [`Act::TakeGroup`].
    pub fn take_group(&self, group: Group) {
        self.act(Act::TakeGroup { group });
    }

    /// [`Act::GiveGroup`].
    pub fn give_group(&self, group: Group) {
        self.act(Act::GiveGroup { group });
    }

    /// [`Act::PayBill`].
    ///
    /// # Panics
    /// When there is no such bill, or it is not posted.
    pub fn pay_bill(&self, bill: Id, amount: Decimal) {
        self.act(Act::PayBill { bill, amount });
    }

    /// [`Act::SetAnalyticAccounting`].
    pub fn set_analytic_accounting(&self, on: bool) {
        self.act(Act::SetAnalyticAccounting { on });
    }

    /// The administrator calls any method of any model, with named arguments (an object; `context` may be among them):
    /// edits, deletes, posts, cancels what a connector made. Not counted in [`Sandbox::calls`], struck by no fault.
    ///
    /// # Panics
    /// When Odoo would refuse.
    pub fn call(&self, model: &str, method: &str, ids: &[Id], arguments: Json) -> Json {
        match self.try_call(model, method, ids, arguments) {
            Ok(answer) => answer,
            Err(message) => panic!("Odoo refuses {model}.{method}: {message}"),
        }
    }

    /// The same, where a refusal is expected.
    ///
    /// # Errors
    /// Odoo's message.
    pub fn try_call(
        &self,
        model: &str,
        method: &str,
        ids: &[Id],
        arguments: Json,
    ) -> Result<Json, String> {
        let mut arguments = object(arguments);
        let context = arguments.remove("context").map(object).unwrap_or_default();
        let call = Call {
            model: model.to_owned(),
            method: method.to_owned(),
            ids: json!(ids),
            context: context.clone(),
            arguments,
        };
        let run = |tx: &mut Tx<'_>| {
            tx.env.context = context;
            call::run(tx, &call)
        };
        self.state.by_hand(run).map_err(|refusal| refusal.message)
    }

    /// [`Act::RevokeKey`].
    pub fn revoke_key(&self) {
        self.act(Act::RevokeKey);
    }

    /// [`Act::RestoreKey`].
    pub fn restore_key(&self) {
        self.act(Act::RestoreKey);
    }

    /// [`Act::SetKeyExpiry`].
    pub fn set_key_expiry(&self, end: Option<Timestamp>) {
        self.act(Act::SetKeyExpiry { end });
    }
}

impl State {
    pub(super) fn act(&self, act: Act) -> Result<Option<Id>, Refusal> {
        match act {
            Act::CreatePartner { values } => {
                let ids = self.by_hand(|tx| write::create(tx, Model::Partner, vec![values]))?;
                return Ok(ids.first().copied());
            }
            Act::EditPartner { id, values } => self.edit(id, values)?,
            Act::DeletePartner { id } => self.by_hand(|tx| {
                tx.existing(Model::Partner, id)?;
                write::unlink(tx, Model::Partner, &[id])
            })?,
            Act::MergePartners { survivor, losers } => {
                self.by_hand(|tx| merge::merge(tx, survivor, &losers))?;
            }
            Act::ShowOnlyPartners { domain } => {
                self.by_hand(|tx| Domain::parse(tx, Model::Partner, &domain))?;
                self.database().partner_rule = Some(domain);
            }
            Act::ShowAllPartners => self.database().partner_rule = None,
            Act::SetRights { rights } => self.database().rights = rights,
            Act::TakeGroup { group } => {
                let mut database = self.database();
                database.given.remove(&group);
                database.taken.insert(group);
            }
            Act::GiveGroup { group } => {
                let mut database = self.database();
                database.taken.remove(&group);
                database.given.insert(group);
            }
            Act::PayBill { bill, amount } => self.by_hand(|tx| payment::pay(tx, bill, amount))?,
            Act::SetAnalyticAccounting { on } => self.database().analytic_accounting = on,
            Act::RevokeKey => lock(&self.keys).revoked = true,
            Act::RestoreKey => lock(&self.keys).revoked = false,
            Act::SetKeyExpiry { end } => self.set_key_expiry(end)?,
        }
        Ok(None)
    }

    fn edit(&self, id: Id, values: Values) -> Result<(), Refusal> {
        self.by_hand(|tx| write::write(tx, Model::Partner, &[id], values))
    }

    fn set_key_expiry(&self, end: Option<Timestamp>) -> Result<(), Refusal> {
        self.by_hand(|tx| {
            let key = tx
                .db
                .rows(Model::ApiKey)
                .find(|row| row.reference(Model::ApiKey, "user_id") == Some(LIMITED))
                .map(super::database::Row::id);
            let place = Model::ApiKey.definition().place("expiration_date");
            let value = end.map_or(Value::Empty, Value::Time);
            key.map_or(Ok(()), |id| {
                tx.update(Model::ApiKey, id, vec![(place, value)])
            })
        })
    }

    fn by_hand<T>(
        &self,
        work: impl FnOnce(&mut Tx<'_>) -> Result<T, Refusal>,
    ) -> Result<T, Refusal> {
        let now = (self.options.clock)();
        let mut database = self.database();
        let env = Env {
            user: ADMIN,
            context: Map::new(),
            now,
            snapshot: database.commits(),
        };
        let mut tx = Tx::begin(&mut database, env);
        let done = work(&mut tx)?;
        tx.commit(Model::Partner);
        Ok(done)
    }
}

fn object(values: Json) -> Values {
    match values {
        Json::Object(values) => values,
        other => panic!("values of a record are a JSON object, not {other}"),
    }
}
