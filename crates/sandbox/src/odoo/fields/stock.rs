//! Fields of the stock: warehouses, locations, types of operations.

use super::{active, company, field, kept, preset, required};
use crate::odoo::schema::{Field, Kind, Model, Preset};

const USAGES: &[(&str, &str)] = &[
    ("supplier", "Vendor"),
    ("view", "Virtual"),
    ("internal", "Internal"),
    ("customer", "Customer"),
    ("inventory", "Inventory Loss"),
    ("production", "Production"),
    ("transit", "Transit"),
];
const OPERATIONS: &[(&str, &str)] = &[
    ("incoming", "Receipt"),
    ("outgoing", "Delivery"),
    ("internal", "Internal Transfer"),
];

pub(super) fn of(model: Model) -> Vec<Field> {
    use Kind::{Char, Int, Many2one, Selection};
    match model {
        Model::Warehouse => vec![
            required(field("name", "Warehouse", Char)),
            required(field("code", "Short Name", Char)),
            active(),
            required(company()),
            field("partner_id", "Address", Many2one(Model::Partner)),
            field("lot_stock_id", "Location Stock", Many2one(Model::Location)),
            field("in_type_id", "In Type", Many2one(Model::PickingType)),
            field("out_type_id", "Out Type", Many2one(Model::PickingType)),
            preset(field("sequence", "Sequence", Int), Preset::Int(10)),
        ],
        Model::Location => vec![
            required(field("name", "Location Name", Char)),
            kept("complete_name", "Full Location Name", Char),
            active(),
            required(preset(
                field("usage", "Location Type", Selection(USAGES)),
                Preset::Text("internal"),
            )),
            field("location_id", "Parent Location", Many2one(Model::Location)),
            field("company_id", "Company", Many2one(Model::Company)),
        ],
        Model::PickingType => vec![
            required(field("name", "Operation Type", Char)),
            required(field("sequence_code", "Sequence Prefix", Char)),
            required(preset(
                field("code", "Type of Operation", Selection(OPERATIONS)),
                Preset::Text("incoming"),
            )),
            field("sequence", "Sequence", Int),
            field("warehouse_id", "Warehouse", Many2one(Model::Warehouse)),
            field(
                "default_location_src_id",
                "Source Location",
                Many2one(Model::Location),
            ),
            field(
                "default_location_dest_id",
                "Destination Location",
                Many2one(Model::Location),
            ),
            active(),
            required(company()),
        ],
        _ => Vec::new(),
    }
}
