//! Planning, seen from outside: rows in, plans out, and a target that does what plans say.

mod bills;
mod credits;
mod customers;
mod invoices;
mod jobs;
mod linked_bills;
mod matching;
mod odoo_bills;
mod papers;
mod payments;
mod purchase_orders;
mod receipts;
mod singles;
mod world;
