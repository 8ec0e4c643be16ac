//! What people do in Odoo while a connector runs: edit, archive, delete, merge, change rights and keys.
//!
//! Record edits are made as the administrator, by the same code as calls, at the present of the clock.

use serde_json::{Map, Value as Json, json};

use super::database::{ADMIN, Env, LIMITED, Tx};
use super::refusal::Refusal;
use super::sandbox::{Sandbox, lock};
use super::schema::Model;
use super::value::Value;
use super::write::{self, Values};
use super::{Id, Rights, merge};

impl Sandbox {
    /// A person creates a partner from values as `create` takes them.
    ///
    /// # Panics
    /// When Odoo would refuse.
    pub fn create_partner(&self, values: Json) -> Id {
        let values = object(values);
        self.by_hand(|tx| write::create(tx, Model::Partner, vec![values]))[0]
    }

    /// A person edits a partner with values as `write` takes them.
    ///
    /// # Panics
    /// When Odoo would refuse, e.g. because there is no such partner.
    pub fn edit_partner(&self, id: Id, values: Json) {
        let values = object(values);
        self.by_hand(|tx| write::write(tx, Model::Partner, &[id], values));
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

    /// A person deletes a partner. Its external ids go with it; its children lose their parent.
    ///
    /// # Panics
    /// When there is no such partner.
    pub fn delete_partner(&self, id: Id) {
        self.by_hand(|tx| {
            tx.existing(Model::Partner, id)?;
            write::unlink(tx, Model::Partner, &[id])
        });
    }

    /// A person merges partners with Odoo's wizard: the survivor takes what it lacks, children and external ids of the
    /// losers, and the losers are deleted.
    ///
    /// # Panics
    /// When one of them does not exist.
    pub fn merge_partners(&self, survivor: Id, losers: &[Id]) {
        self.by_hand(|tx| merge::merge(tx, survivor, losers));
    }

    /// A record rule: from now on the limited user sees only the partners that match this domain, and is refused the
    /// others. E.g. `json!([["city", "!=", "Boulder"]])`.
    ///
    /// # Panics
    /// When it is no domain.
    pub fn show_only_partners(&self, domain: Json) {
        self.by_hand(|tx| super::domain::Domain::parse(tx, Model::Partner, &domain));
        self.state.database().partner_rule = Some(domain);
    }

    /// Takes the record rule away.
    pub fn show_all_partners(&self) {
        self.state.database().partner_rule = None;
    }

    /// Changes what the limited user may do.
    pub fn set_rights(&self, rights: Rights) {
        self.state.database().rights = rights;
    }

    /// Revokes the limited user's key: 401 from now on.
    pub fn revoke_key(&self) {
        lock(&self.state.keys).revoked = true;
    }

    /// Makes the limited user's key valid again.
    pub fn restore_key(&self) {
        lock(&self.state.keys).revoked = false;
    }

    /// Sets the end of the limited user's key (`None`: it never ends).
    pub fn set_key_expiry(&self, end: Option<jiff::Timestamp>) {
        self.by_hand(|tx| {
            let mine = tx
                .db
                .rows(Model::ApiKey)
                .find(|row| row.reference(Model::ApiKey, "user_id") == Some(LIMITED))
                .map(super::database::Row::id);
            let place = Model::ApiKey.definition().place("expiration_date");
            let value = end.map_or(Value::Empty, Value::Time);
            match mine {
                Some(id) => tx.update(Model::ApiKey, id, vec![(place, value)]),
                None => Ok(()),
            }
        });
    }

    fn by_hand<T>(&self, work: impl FnOnce(&mut Tx<'_>) -> Result<T, Refusal>) -> T {
        let now = (self.state.options.clock)();
        let mut database = self.state.database();
        let env = Env {
            user: ADMIN,
            context: Map::new(),
            now,
            snapshot: database.commits(),
        };
        let mut tx = Tx::begin(&mut database, env);
        match work(&mut tx) {
            Ok(done) => {
                tx.commit();
                done
            }
            Err(refusal) => {
                drop(tx);
                panic!("Odoo refuses this edit: {}", refusal.message)
            }
        }
    }
}

fn object(values: Json) -> Values {
    match values {
        Json::Object(values) => values,
        other => panic!("values of a record are a JSON object, not {other}"),
    }
}
