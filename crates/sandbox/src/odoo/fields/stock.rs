//! Fields of the stock: warehouses, locations, types of operations, transfers and their moves.

use super::catalog::QUANTITY;
use super::purchase::PRIORITIES;
use super::{active, company, computed, field, kept, preset, required};
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

const MOVE_STATES: &[(&str, &str)] = &[
    ("draft", "New"),
    ("waiting", "Waiting Another Move"),
    ("confirmed", "Waiting"),
    ("partially_available", "Partially Available"),
    ("assigned", "Available"),
    ("done", "Done"),
    ("cancel", "Cancelled"),
];
const TRANSFER_STATES: &[(&str, &str)] = &[
    ("draft", "Draft"),
    ("waiting", "Waiting Another Operation"),
    ("confirmed", "Waiting"),
    ("assigned", "Ready"),
    ("done", "Done"),
    ("cancel", "Cancelled"),
];

pub(super) fn of(model: Model) -> Vec<Field> {
    use Kind::{Char, Int, Many2one, Selection};
    match model {
        Model::Picking => transfer(),
        Model::StockMove => movement(),
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

fn transfer() -> Vec<Field> {
    use Kind::{Bool, Char, Datetime, Html, Many2one, One2many, Selection};
    vec![
        field("name", "Reference", Char),
        field("origin", "Source Document", Char),
        field("note", "Notes", Html),
        field("backorder_id", "Back Order of", Many2one(Model::Picking)),
        field(
            "backorder_ids",
            "Back Orders",
            One2many(Model::Picking, "backorder_id"),
        ),
        kept("state", "Status", Selection(TRANSFER_STATES)),
        preset(
            field("priority", "Priority", Selection(PRIORITIES)),
            Preset::Text("0"),
        ),
        field("scheduled_date", "Scheduled Date", Datetime),
        field("date_deadline", "Deadline", Datetime),
        field("date_done", "Date of Transfer", Datetime),
        required(field(
            "location_id",
            "Source Location",
            Many2one(Model::Location),
        )),
        required(field(
            "location_dest_id",
            "Destination Location",
            Many2one(Model::Location),
        )),
        field(
            "move_ids",
            "Stock Moves",
            One2many(Model::StockMove, "picking_id"),
        ),
        required(field(
            "picking_type_id",
            "Operation Type",
            Many2one(Model::PickingType),
        )),
        computed(
            "picking_type_code",
            "Type of Operation",
            Selection(OPERATIONS),
        ),
        field("partner_id", "Contact", Many2one(Model::Partner)),
        company(),
        field("user_id", "Responsible", Many2one(Model::User)),
        computed("purchase_id", "Purchase Orders", Many2one(Model::Order)),
        preset(field("is_locked", "Is Locked", Bool), Preset::True),
    ]
}

fn movement() -> Vec<Field> {
    use Kind::{Bool, Char, Datetime, Int, Many2one, Price, Selection};
    vec![
        preset(field("sequence", "Sequence", Int), Preset::Int(10)),
        field("date", "Date Scheduled", Datetime),
        field("date_deadline", "Deadline", Datetime),
        required(company()),
        required(field("product_id", "Product", Many2one(Model::Product))),
        required(field("product_uom_qty", "Demand", QUANTITY)),
        required(field("product_uom", "UoM", Many2one(Model::Uom))),
        required(field(
            "location_id",
            "Source Location",
            Many2one(Model::Location),
        )),
        required(field(
            "location_dest_id",
            "Intermediate Location",
            Many2one(Model::Location),
        )),
        field("picking_id", "Transfer", Many2one(Model::Picking)),
        preset(
            field("state", "Status", Selection(MOVE_STATES)),
            Preset::Text("draft"),
        ),
        field("picked", "Picked", Bool),
        field("quantity", "Quantity", QUANTITY),
        field("price_unit", "Unit Price", Price),
        field("origin", "Source Document", Char),
        computed("reference", "Reference", Char),
        field(
            "purchase_line_id",
            "Purchase Order Line",
            Many2one(Model::OrderLine),
        ),
        field(
            "picking_type_id",
            "Operation Type",
            Many2one(Model::PickingType),
        ),
        field(
            "partner_id",
            "Destination Address ",
            Many2one(Model::Partner),
        ),
    ]
}
