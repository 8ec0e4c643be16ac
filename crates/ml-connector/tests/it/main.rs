//! Stories: the connector as its users run it (the binary, its files, its ports) between a ServiceTitan sandbox and an
//! Odoo, simulated or real.

mod api;
mod architecture;
mod arrival;
mod bills;
mod breakdowns;
mod credits;
mod expected;
mod history;
mod manual;
mod mapping;
mod masters;
mod odoo_bills;
mod odoo_side;
mod orders;
mod rig;
mod standing;
mod watched;

mod cells;
mod changes;
mod chaos;
mod commands;
mod crash_matrix;
mod exchanges;
mod first_load;
mod jobs;
mod kills;
mod left_orders;
mod links;
mod matrix;
mod outages;
mod periods;
mod prices;
mod purchasing;
mod race;
mod receipts;
mod receivables;
mod receivables_matrix;
mod reconcile;
mod rights;
mod secrets;
mod webhooks;
