//! The preflight, carried out: see [`crate::preflight`].

use serde_json::Value;

use super::{Client, Search};
use crate::context::Context;
use crate::domain::Domain;
use crate::error::ErrorKind;
use crate::preflight::{
    ApiKey, Company, Field, FieldState, Keys, ModelNeeds, Needs, Report, Right, RightState,
};
use crate::record::{Model, RecordId};
use crate::server::Identity;
use crate::{Fields, Result, datetime};

impl Client {
    /// Looks at everything that is needed, writing nothing: about 20 ms per question.
    ///
    /// An error means that the question could not be put (out of reach, refused credentials); what is
    /// merely missing stands in the report.
    pub async fn preflight(&self, needs: &Needs) -> Result<Report> {
        let identity = self.whoami().await?;
        let company = self.company(&identity).await?;
        // A company that is not allowed makes every other question fail.
        let usable = !matches!(company, Company::NotAllowed { .. });
        let (mut rights, mut fields) = (Vec::new(), Vec::new());
        let mut groups_missing = Vec::new();
        if usable {
            for groups in &needs.groups {
                if !self.has_one_of(identity.user, groups).await? {
                    groups_missing.push(groups.clone());
                }
            }
            for (model, needs) in &needs.models {
                for &operation in &needs.operations {
                    let state = match self.has_access(model, operation).await {
                        Ok(true) => RightState::Granted,
                        Ok(false) => RightState::Denied,
                        Err(error) if error.kind == ErrorKind::NoSuchMethod => {
                            RightState::NoSuchModel
                        }
                        Err(error) => return Err(error),
                    };
                    rights.push(Right {
                        model: model.clone(),
                        operation,
                        state,
                    });
                }
                fields.extend(self.field_states(model, needs).await?);
            }
        }
        Ok(Report {
            version: self.version().clone(),
            protocol: self.protocol(),
            database: self.config().database.clone(),
            keys: self.keys(&identity).await?,
            languages: self.languages(&identity).await?,
            identity,
            company,
            rights,
            fields,
            groups_missing,
        })
    }

    async fn has_one_of(&self, user: RecordId, groups: &[String]) -> Result<bool> {
        for group in groups {
            if self.has_group(user, group).await? {
                return Ok(true);
            }
        }
        Ok(false)
    }

    async fn company(&self, identity: &Identity) -> Result<Company> {
        let configured = self.config().company.map(RecordId);
        let id = configured.unwrap_or(identity.company);
        if !identity.companies.contains(&id) {
            return Ok(Company::NotAllowed {
                id,
                allowed: identity.companies.clone(),
            });
        }
        let found = self
            .read(&Model::COMPANY, &[id], &["name"], &Context::new())
            .await;
        let name = allowed(found)?
            .and_then(|found| Some(found.first()?.get("name")?.as_str()?.to_owned()));
        Ok(match configured {
            Some(_) => Company::Allowed { id, name },
            None => Company::Default { id, name },
        })
    }

    async fn field_states(&self, model: &Model, needs: &ModelNeeds) -> Result<Vec<Field>> {
        let one = |name: &String| vec![name.clone()];
        let wanted: Vec<Vec<String>> = needs
            .fields
            .iter()
            .map(one)
            .chain(needs.either.iter().cloned())
            .collect();
        let names: Vec<&str> = wanted.iter().flatten().map(String::as_str).collect();
        if names.is_empty() {
            return Ok(Vec::new());
        }
        let found = match self
            .fields_get(model, &names, &["type", "required", "readonly"])
            .await
        {
            Ok(found) => found,
            // Without any right on the model even its fields are refused.
            Err(error)
                if matches!(
                    error.kind,
                    ErrorKind::NoSuchMethod | ErrorKind::AccessDenied
                ) =>
            {
                return Ok(Vec::new());
            }
            Err(error) => return Err(error),
        };
        let state_of = |names: &Vec<String>| {
            let there = names.iter().find_map(|name| Some((name, found.get(name)?)));
            let (name, state) = match there {
                Some((name, field)) => (name.clone(), field_state(field)),
                None => (names.join(" or "), FieldState::Missing),
            };
            Field {
                model: model.clone(),
                name,
                state,
            }
        };
        Ok(wanted.iter().map(state_of).collect())
    }

    async fn keys(&self, identity: &Identity) -> Result<Keys> {
        let model = Model::named("res.users.apikeys");
        let search = Search::new(
            Domain::equal("user_id", identity.user.get()),
            &["name", "scope", "expiration_date"],
        );
        // Expiry came with a later version; without the field there is nothing to know.
        let found = self.search_read(&model, &search, &own_company()).await;
        Ok(match allowed(found)? {
            None => Keys::Unknown,
            Some(found) => Keys::Known(found.iter().filter_map(api_key).collect()),
        })
    }

    async fn languages(&self, _identity: &Identity) -> Result<Vec<String>> {
        let model = Model::named("res.lang");
        let search = Search::new(Domain::all(), &["code"]);
        let found = self.search_read(&model, &search, &own_company()).await;
        let mut codes: Vec<String> = allowed(found)?
            .unwrap_or_default()
            .iter()
            .filter_map(|language| Some(language.get("code")?.as_str()?.to_owned()))
            .collect();
        codes.sort();
        Ok(codes)
    }
}

/// The user's own company, even when the configured one is not allowed.
pub(super) fn own_company() -> Context {
    Context::new().set("allowed_company_ids", Vec::<i64>::new())
}

/// `None` where the user may not look, or there is nothing to look at.
pub(super) fn allowed<T>(result: Result<T>) -> Result<Option<T>> {
    match result {
        Ok(value) => Ok(Some(value)),
        Err(error)
            if matches!(
                error.kind,
                ErrorKind::AccessDenied | ErrorKind::NoSuchMethod | ErrorKind::Mistake
            ) =>
        {
            Ok(None)
        }
        Err(error) => Err(error),
    }
}

fn field_state(field: &Fields) -> FieldState {
    let flag = |name: &str| field.get(name).and_then(Value::as_bool).unwrap_or_default();
    FieldState::Present {
        kind: field
            .get("type")
            .and_then(Value::as_str)
            .unwrap_or_default()
            .to_owned(),
        required: flag("required"),
        readonly: flag("readonly"),
    }
}

/// A key that works over RPC: of that scope, or of none.
fn api_key(key: &Fields) -> Option<ApiKey> {
    match key.get("scope") {
        Some(Value::String(scope)) if scope != "rpc" => return None,
        _ => {}
    }
    let expires = key.get("expiration_date").and_then(Value::as_str);
    Some(ApiKey {
        name: key
            .get("name")
            .and_then(Value::as_str)
            .unwrap_or_default()
            .to_owned(),
        expires: expires.and_then(|text| datetime::parse(text).ok()),
    })
}
