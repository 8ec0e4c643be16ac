//! Calls: which methods exist, which arguments they take, and what runs inside one transaction.

use serde_json::{Map, Value as Json, json};

use super::Id;
use super::access::{self, Operation};
use super::database::Tx;
use super::load;
use super::method;
use super::order;
use super::payment;
use super::posting;
use super::read;
use super::reconcile;
use super::refusal::{Kind, Refusal};
use super::sale;
use super::schema::Model;
use super::search::{self, Page};
use super::stock;
use super::value::{is_truthy, python_quoted, python_type};
use super::write::{self, Values};

/// A call as it came in, its arguments already taken apart.
#[derive(Clone, Debug)]
pub(super) struct Call {
    pub(super) model: String,
    pub(super) method: String,
    pub(super) ids: Json,
    pub(super) context: Map<String, Json>,
    pub(super) arguments: Map<String, Json>,
}

impl Call {
    /// How many rows the call means to write; what the simulated work is reckoned by.
    pub(super) fn rows_to_write(&self) -> usize {
        let length = |name: &str| match self.arguments.get(name) {
            Some(Json::Array(items)) => items.len(),
            Some(Json::Object(_)) => 1,
            _ => 0,
        };
        match self.method.as_str() {
            "load" => length("data"),
            "create" => length("vals_list"),
            name if ["write", "unlink"].contains(&name)
                || name.starts_with("action_")
                || name.starts_with("button_") =>
            {
                self.ids.as_array().map_or(1, Vec::len)
            }
            _ => 0,
        }
    }
}

/// Runs the call in a transaction that the caller commits or drops.
pub(super) fn run(tx: &mut Tx<'_>, call: &Call) -> Result<Json, Refusal> {
    let model = Model::named(&call.model).ok_or_else(|| {
        Refusal::not_found(format!(
            "the model {} does not exist",
            python_quoted(&call.model)
        ))
    })?;
    let method = method::find(model, &call.method)?;
    let ids = ids_of(&call.ids);
    if method.on_model && is_truthy(&call.ids) {
        return Err(Refusal::unprocessable(format!(
            "cannot call {}.{} with ids",
            call.model, call.method
        )));
    }
    method::bind(method, &call.arguments)?;
    check_context(tx)?;
    access::understand_rule(tx)?;
    let arguments = Arguments(&call.arguments);
    perform(tx, model, method.name, &ids, &arguments).map_err(|refusal| {
        if method.name == "load" {
            refusal
        } else {
            write::as_call_failure(refusal)
        }
    })
}

fn check_context(tx: &Tx<'_>) -> Result<(), Refusal> {
    if let Some(lang) = tx.env.context.get("lang").and_then(Json::as_str)
        && lang != "en_US"
    {
        return Err(Refusal::user(format!("Invalid language code: {lang}")));
    }
    if let Some(companies) = tx.env.context.get("allowed_company_ids")
        && is_truthy(companies)
    {
        let allowed = tx
            .row(Model::User, tx.env.user)
            .map(|user| user.get(Model::User, "company_ids").as_many().to_vec())
            .unwrap_or_default();
        if ids_of(companies).iter().any(|id| !allowed.contains(id)) {
            return Err(Refusal::new(
                Kind::Access,
                "Access to unauthorized or invalid companies.",
            ));
        }
    }
    Ok(())
}

fn ids_of(json: &Json) -> Vec<Id> {
    match json {
        Json::Array(items) => items.iter().filter_map(Json::as_i64).map(Id).collect(),
        one => one.as_i64().map(Id).into_iter().collect(),
    }
}

/// Arguments by name, with Python's leniency.
struct Arguments<'a>(&'a Map<String, Json>);

impl Arguments<'_> {
    fn json(&self, name: &str) -> &Json {
        self.0.get(name).unwrap_or(&Json::Null)
    }

    fn text(&self, name: &str) -> Option<&str> {
        self.json(name).as_str()
    }

    fn names(&self, name: &str) -> Option<Vec<String>> {
        let items = self.json(name).as_array()?;
        Some(
            items
                .iter()
                .filter_map(|item| item.as_str().map(str::to_owned))
                .collect(),
        )
    }

    fn size(&self, name: &str) -> Option<usize> {
        let size = self.json(name).as_u64()?;
        usize::try_from(size).ok()
    }

    fn page(&self) -> Page {
        Page {
            offset: self.size("offset").unwrap_or(0),
            limit: self.size("limit").filter(|limit| *limit > 0),
            order: self
                .text("order")
                .filter(|o| !o.is_empty())
                .map(str::to_owned),
        }
    }

    /// A list of values, or one object that stands for a list of one.
    fn values_list(&self, name: &str) -> Result<Vec<Values>, Refusal> {
        match self.json(name) {
            Json::Array(items) => items.iter().map(values).collect(),
            Json::Object(one) => Ok(vec![one.clone()]),
            other => Err(Refusal::type_error(format!(
                "'{}' object is not iterable",
                python_type(other)
            ))),
        }
    }

    /// Names of columns; a string is taken for its characters, as Python does.
    fn columns(&self, name: &str) -> Result<Vec<String>, Refusal> {
        match self.json(name) {
            Json::Array(_) => Ok(self.names(name).unwrap_or_default()),
            Json::String(text) => Ok(text.chars().map(String::from).collect()),
            other => Err(Refusal::type_error(format!(
                "'{}' object is not iterable",
                python_type(other)
            ))),
        }
    }

    fn rows(&self, name: &str) -> Result<&[Json], Refusal> {
        self.json(name)
            .as_array()
            .map(Vec::as_slice)
            .ok_or_else(|| {
                Refusal::type_error(format!(
                    "object of type '{}' has no len()",
                    python_type(self.json(name))
                ))
            })
    }
}

fn values(json: &Json) -> Result<Values, Refusal> {
    match json {
        Json::Object(values) => Ok(values.clone()),
        Json::Null => Err(Refusal::type_error(
            "argument of type 'NoneType' is not iterable",
        )),
        other => Err(Refusal::attribute_error(format!(
            "'{}' object has no attribute 'get'",
            python_type(other)
        ))),
    }
}

fn perform(
    tx: &mut Tx<'_>,
    model: Model,
    method: &str,
    ids: &[Id],
    arguments: &Arguments<'_>,
) -> Result<Json, Refusal> {
    match method {
        "load" => {
            let fields = arguments.columns("fields")?;
            load::load(tx, model, &fields, arguments.rows("data")?)
        }
        "create" => Ok(json!(write::create(
            tx,
            model,
            arguments.values_list("vals_list")?
        )?)),
        "write" => {
            write::write(tx, model, ids, values(arguments.json("vals"))?)?;
            Ok(json!(true))
        }
        "unlink" => {
            write::unlink(tx, model, ids)?;
            Ok(json!(true))
        }
        "action_archive" | "action_unarchive" => {
            write::archive(tx, model, ids, method == "action_unarchive")?;
            Ok(json!(true))
        }
        "has_access" | "check_access_rights" => rights(tx, model, method, ids, arguments),
        "has_group" => {
            let group = arguments.text("group_ext_id").unwrap_or_default();
            Ok(json!(access::has_group(tx, group)))
        }
        "context_get" => Ok(json!({"lang": "en_US", "tz": false, "uid": tx.env.user})),
        "check_object_reference" => object_reference(tx, arguments),
        "get_external_id" => Ok(read::external_ids(tx, model, ids)),
        "get_metadata" => read::metadata(tx, model, ids),
        _ => look(tx, model, method, ids, arguments),
    }
}

fn look(
    tx: &mut Tx<'_>,
    model: Model,
    method: &str,
    ids: &[Id],
    arguments: &Arguments<'_>,
) -> Result<Json, Refusal> {
    let pressed = match model {
        Model::Order => order::button(tx, method, ids),
        Model::Picking => stock::button(tx, method, ids),
        Model::Move => posting::button(tx, method, ids),
        Model::MoveLine => reconcile::button(tx, method, ids),
        Model::Payment => payment::button(tx, method, ids),
        Model::SaleOrder => sale::button(tx, method, ids),
        _ => None,
    };
    if let Some(answer) = pressed {
        return answer;
    }
    let fields = arguments.names("fields");
    let with_names = match arguments.json("load") {
        Json::Null => !arguments.0.contains_key("load"),
        other => is_truthy(other),
    };
    match method {
        "read" => read::read(tx, model, ids, fields.as_deref(), with_names),
        "search" => Ok(json!(search::search(
            tx,
            model,
            arguments.json("domain"),
            &arguments.page()
        )?)),
        "search_read" => {
            let domain = match arguments.json("domain") {
                Json::Null => &json!([]),
                domain => domain,
            };
            let found = search::search(tx, model, domain, &arguments.page())?;
            read::read(tx, model, &found, fields.as_deref(), with_names)
        }
        "search_count" => {
            let page = Page {
                limit: arguments.size("limit"),
                ..Page::default()
            };
            Ok(json!(
                search::search(tx, model, arguments.json("domain"), &page)?.len()
            ))
        }
        "name_search" => {
            let operator = arguments.text("operator").unwrap_or("ilike");
            let name = arguments.text("name").unwrap_or_default();
            let limit = arguments.size("limit").unwrap_or(100);
            Ok(json!(search::name_search(
                tx,
                model,
                name,
                operator,
                Some(limit)
            )?))
        }
        "fields_get" => Ok(read::fields_get(
            tx,
            model,
            arguments.names("allfields").as_deref(),
            arguments.names("attributes").as_deref(),
        )),
        "default_get" => Ok(read::default_get(model, &fields.unwrap_or_default())),
        "formatted_read_group" => {
            if is_truthy(arguments.json("groupby")) {
                return Err(Refusal::value_error("the simulator does not group"));
            }
            let aggregates = arguments.names("aggregates").unwrap_or_default();
            read::aggregate(tx, model, arguments.json("domain"), &aggregates)
        }
        other => Err(Refusal::not_found(format!(
            "The method '{}.{other}' does not exist",
            model.name()
        ))),
    }
}

fn rights(
    tx: &mut Tx<'_>,
    model: Model,
    method: &str,
    ids: &[Id],
    arguments: &Arguments<'_>,
) -> Result<Json, Refusal> {
    let name = arguments.text("operation").unwrap_or_default();
    let operation = Operation::named(name).ok_or_else(|| {
        Refusal::new(
            Kind::Python("builtins.AssertionError"),
            "Invalid access mode",
        )
    })?;
    let checked = access::check(tx, model, operation, ids);
    let raises =
        method == "check_access_rights" && arguments.0.get("raise_exception").is_none_or(is_truthy);
    match checked {
        Err(refusal) if raises => Err(refusal),
        // `check_access_rights` that may raise returns nothing when it does not.
        Ok(()) if raises => Ok(Json::Null),
        outcome => Ok(json!(outcome.is_ok())),
    }
}

fn object_reference(tx: &mut Tx<'_>, arguments: &Arguments<'_>) -> Result<Json, Refusal> {
    let name = format!(
        "{}.{}",
        arguments.text("module").unwrap_or_default(),
        arguments.text("xml_id").unwrap_or_default()
    );
    let target = tx
        .db
        .external_row(&name)
        .map(super::database::external_target);
    let Some((model_name, id)) = target else {
        return Err(Refusal::value_error(format!(
            "External ID not found in the system: {name}"
        )));
    };
    let visible = match Model::named(&model_name) {
        Some(model) => {
            !search::search(tx, model, &json!([["id", "=", id]]), &Page::default())?.is_empty()
        }
        None => false,
    };
    if visible {
        return Ok(json!([model_name, id]));
    }
    if is_truthy(arguments.json("raise_on_access_error")) {
        return Err(Refusal::new(
            Kind::Access,
            format!("Not enough access rights on the external ID \"{name}\""),
        ));
    }
    Ok(json!([model_name, false]))
}
