//! The methods that can be called from outside, and their parameters.

use serde_json::{Map, Value as Json};

use super::refusal::{Kind, Refusal};
use super::schema::Model;

/// A method that can be called from outside.
pub(super) struct Method {
    pub(super) name: &'static str,
    /// Parameters in order; true: required.
    parameters: &'static [(&'static str, bool)],
    /// Called on the model, never on records (`ids` are refused).
    pub(super) on_model: bool,
}

const fn on_model(name: &'static str, parameters: &'static [(&'static str, bool)]) -> Method {
    Method {
        name,
        parameters,
        on_model: true,
    }
}

const fn on_records(name: &'static str, parameters: &'static [(&'static str, bool)]) -> Method {
    Method {
        name,
        parameters,
        on_model: false,
    }
}

const METHODS: &[Method] = &[
    on_model("load", &[("fields", true), ("data", true)]),
    on_model("create", &[("vals_list", true)]),
    on_records("write", &[("vals", true)]),
    on_records("unlink", &[]),
    on_records("read", &[("fields", false), ("load", false)]),
    on_model(
        "search",
        &[
            ("domain", true),
            ("offset", false),
            ("limit", false),
            ("order", false),
        ],
    ),
    on_model(
        "search_read",
        &[
            ("domain", false),
            ("fields", false),
            ("offset", false),
            ("limit", false),
            ("order", false),
            ("load", false),
        ],
    ),
    on_model("search_count", &[("domain", true), ("limit", false)]),
    on_model(
        "name_search",
        &[
            ("name", false),
            ("domain", false),
            ("operator", false),
            ("limit", false),
        ],
    ),
    on_model("fields_get", &[("allfields", false), ("attributes", false)]),
    on_model("default_get", &[("fields", true)]),
    on_model(
        "formatted_read_group",
        &[
            ("domain", true),
            ("groupby", false),
            ("aggregates", false),
            ("having", false),
            ("offset", false),
            ("limit", false),
            ("order", false),
        ],
    ),
    on_records("has_access", &[("operation", true)]),
    on_model(
        "check_access_rights",
        &[("operation", true), ("raise_exception", false)],
    ),
    on_records("get_external_id", &[]),
    on_records("get_metadata", &[]),
    on_records("action_archive", &[]),
    on_records("action_unarchive", &[]),
];

const ORDER_BUTTONS: &[Method] = &[
    on_records("button_confirm", &[]),
    on_records("button_approve", &[("force", false)]),
    on_records("button_cancel", &[]),
    on_records("button_draft", &[]),
    on_records("button_lock", &[]),
    on_records("button_unlock", &[]),
];

const TRANSFER_BUTTONS: &[Method] = &[
    on_records("button_validate", &[]),
    on_records("action_cancel", &[]),
    on_records("action_assign", &[]),
    on_records("action_confirm", &[]),
];

const ENTRY_BUTTONS: &[Method] = &[
    on_records("action_post", &[]),
    on_records("button_draft", &[]),
    on_records("button_cancel", &[]),
];

const SALE_BUTTONS: &[Method] = &[
    on_records("action_confirm", &[]),
    on_records("action_cancel", &[]),
    on_records("action_draft", &[]),
    on_records("action_lock", &[]),
    on_records("action_unlock", &[]),
];

const PAYMENT_BUTTONS: &[Method] = &[
    on_records("action_post", &[]),
    on_records("action_draft", &[]),
    on_records("action_cancel", &[]),
    on_records("action_validate", &[]),
];

const ITEM_BUTTONS: &[Method] = &[
    on_records("reconcile", &[]),
    on_records("remove_move_reconcile", &[]),
];

const USER_METHODS: &[Method] = &[
    on_model("context_get", &[]),
    on_records("has_group", &[("group_ext_id", true)]),
];
const CHECK_OBJECT_REFERENCE: Method = on_model(
    "check_object_reference",
    &[
        ("module", true),
        ("xml_id", true),
        ("raise_on_access_error", false),
    ],
);

/// Methods that exist and are marked `@api.private`.
const PRIVATE: &[&str] = &[
    "browse",
    "exists",
    "fetch",
    "filtered",
    "mapped",
    "search_fetch",
    "sudo",
    "with_company",
    "with_context",
    "with_user",
];

pub(super) fn find(model: Model, name: &str) -> Result<&'static Method, Refusal> {
    let full = format!("{}.{name}", model.name());
    if name.starts_with('_') || PRIVATE.contains(&name) {
        return Err(Refusal::new(
            Kind::Access,
            format!("Private methods (such as '{full}') cannot be called remotely."),
        ));
    }
    let special = match model {
        Model::User => USER_METHODS,
        Model::ExternalId => std::slice::from_ref(&CHECK_OBJECT_REFERENCE),
        Model::Order => ORDER_BUTTONS,
        Model::Picking => TRANSFER_BUTTONS,
        Model::Move => ENTRY_BUTTONS,
        Model::MoveLine => ITEM_BUTTONS,
        Model::Payment => PAYMENT_BUTTONS,
        Model::SaleOrder => SALE_BUTTONS,
        _ => &[],
    };
    special
        .iter()
        .chain(METHODS)
        .find(|method| method.name == name)
        .ok_or_else(|| Refusal::not_found(format!("The method '{full}' does not exist")))
}

/// What Python's `Signature.bind` says about arguments by name.
pub(super) fn bind(method: &Method, arguments: &Map<String, Json>) -> Result<(), Refusal> {
    for (name, required) in method.parameters {
        if *required && !arguments.contains_key(*name) {
            return Err(Refusal::unprocessable(format!(
                "missing a required argument: '{name}'"
            )));
        }
    }
    match arguments
        .keys()
        .find(|name| !method.parameters.iter().any(|(known, _)| known == name))
    {
        Some(extra) => Err(Refusal::unprocessable(format!(
            "got an unexpected keyword argument '{extra}'"
        ))),
        None => Ok(()),
    }
}
