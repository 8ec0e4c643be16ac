//! The simulated models: technical name, what Odoo calls a record, the order of a search that names none, and the
//! fields in which a name is searched.

macro_rules! models {
    ($($model:ident $name:literal, $label:literal, $order:literal, [$($field:literal),+];)+) => {
        /// A simulated model.
        #[derive(Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Debug)]
        pub(super) enum Model {
            $($model,)+
        }

        impl Model {
            pub(super) const ALL: &[Self] = &[$(Self::$model,)+];

            pub(super) fn name(self) -> &'static str {
                match self {
                    $(Self::$model => $name,)+
                }
            }

            /// What Odoo calls a record of it in messages.
            pub(super) fn label(self) -> &'static str {
                match self {
                    $(Self::$model => $label,)+
                }
            }

            /// The order of a search that names none.
            pub(super) fn order(self) -> &'static str {
                match self {
                    $(Self::$model => $order,)+
                }
            }

            /// The fields in which a name is searched.
            pub(super) fn name_fields(self) -> &'static [&'static str] {
                match self {
                    $(Self::$model => &[$($field),+],)+
                }
            }
        }
    };
}

models! {
    Partner "res.partner", "Contact", "complete_name ASC, id DESC",
        ["complete_name", "email", "ref", "vat", "company_registry"];
    Category "res.partner.category", "Partner Tags", "name, id", ["name"];
    Country "res.country", "Country", "name, id", ["name", "code"];
    State "res.country.state", "Country state", "code, id", ["name", "code"];
    Term "account.payment.term", "Payment Terms", "sequence, id", ["name"];
    Currency "res.currency", "Currency", "active desc, name", ["name"];
    User "res.users", "User", "name, login", ["name", "login"];
    Company "res.company", "Companies", "sequence, name", ["name"];
    ApiKey "res.users.apikeys", "Users API Keys", "id", ["name"];
    Lang "res.lang", "Languages", "active desc,name", ["name"];
    ExternalId "ir.model.data", "Model Data", "module, model, name", ["name"];
    Precision "decimal.precision", "Decimal Precision", "id", ["name"];
    Uom "uom.uom", "Product Unit of Measure", "sequence, relative_uom_id, id", ["name"];
    ProductCategory "product.category", "Product Category", "complete_name", ["complete_name"];
    Template "product.template", "Product", "is_favorite desc, name", ["name", "default_code"];
    Product "product.product", "Product Variant", "default_code, name, id", ["default_code", "name"];
    Seller "product.supplierinfo", "Supplier Pricelist", "sequence, min_qty DESC, price, id", ["product_name"];
    Plan "account.analytic.plan", "Analytic Plans", "sequence asc, id", ["complete_name"];
    Analytic "account.analytic.account", "Analytic Account", "plan_id, name asc", ["name", "code"];
    Distribution "account.analytic.distribution.model", "Analytic Distribution Model", "sequence, id desc", ["id"];
    Account "account.account", "Account", "code", ["name", "code"];
    Tax "account.tax", "Tax", "sequence,id", ["name", "invoice_label"];
    Journal "account.journal", "Journal", "sequence, type, code", ["name", "code"];
    Warehouse "stock.warehouse", "Warehouse", "sequence,id", ["name", "code"];
    Location "stock.location", "Inventory Locations", "complete_name, id", ["complete_name"];
    PickingType "stock.picking.type", "Picking Type", "sequence, id", ["name"];
    Picking "stock.picking", "Transfer", "priority desc, scheduled_date asc, id desc", ["name", "origin"];
    StockMove "stock.move", "Stock Move", "sequence, id", ["reference"];
    Order "purchase.order", "Purchase Order", "priority desc, id desc", ["name", "partner_ref"];
    OrderLine "purchase.order.line", "Purchase Order Line", "order_id, sequence, id", ["name"];
    Move "account.move", "Journal Entry", "date desc, name desc, invoice_date desc, id desc", ["name", "ref"];
    MoveLine "account.move.line", "Journal Item", "date desc, move_name desc, id", ["name"];
    Payment "account.payment", "Payments", "date desc, name desc", ["name"];
    MethodLine "account.payment.method.line", "Payment Methods", "sequence, id", ["name"];
    Partial "account.partial.reconcile", "Partial Reconcile", "id", ["id"];
    Full "account.full.reconcile", "Full Reconcile", "id", ["id"];
    SaleOrder "sale.order", "Sales Order", "date_order desc, id desc", ["name"];
    SaleLine "sale.order.line", "Sales Order Line", "order_id, sequence, id", ["name"];
    Project "project.project", "Project", "sequence, name, id", ["name"];
    Task "project.task", "Task", "priority desc, sequence, date_deadline asc, id desc", ["name"];
    Stage "project.task.type", "Task Stage", "sequence, id", ["name"];
    AnalyticLine "account.analytic.line", "Analytic Line", "date desc, id desc", ["name"];
}

impl Model {
    pub(super) fn named(name: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|model| model.name() == name)
    }
}
