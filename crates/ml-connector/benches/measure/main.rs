//! Whole-process measurements, each against a floor that runs in the same minutes on the same machine: ratios, not
//! seconds. `just bench` brings up a real Odoo and runs all of them; `cargo bench -p ml-connector -- webhooks` runs one.

#![expect(clippy::print_stdout, reason = "the figures are the result")]
#![expect(clippy::cast_precision_loss, reason = "figures for people")]

#[expect(dead_code, reason = "the stories use more of it")]
#[path = "../../tests/it/odoo_side.rs"]
mod odoo_side;
#[expect(dead_code, reason = "the stories use more of it")]
#[path = "../../tests/it/rig.rs"]
mod rig;

mod documents;
mod first_load;
mod floor;
mod paper_floor;
mod process;
mod receiver;
mod tap;
mod webhooks;

use std::env;

fn main() {
    let wanted: Vec<String> = env::args()
        .skip(1)
        .filter(|argument| !argument.starts_with("--"))
        .collect();
    let number = |name: &str, default: usize| {
        let value = env::args().skip_while(|argument| argument != name).nth(1);
        value
            .and_then(|value| value.parse().ok())
            .unwrap_or(default)
    };
    let runs = |name: &str| wanted.is_empty() || wanted.iter().any(|one| one == name);
    let runtime = tokio::runtime::Runtime::new().expect("a runtime");
    if runs("first-load") {
        runtime.block_on(first_load::measure(number("--customers", 10_000)));
    }
    if runs("documents") {
        let quick = env::args().any(|argument| argument == "--quick");
        runtime.block_on(documents::measure(
            number("--documents", if quick { 50 } else { 200 }),
            number("--rounds", if quick { 3 } else { 5 }),
        ));
    }
    if runs("webhooks") {
        runtime.block_on(webhooks::measure(
            number("--seconds", 3),
            number("--rounds", 7),
            number("--trials", 20),
        ));
    }
}
