# `just ci` is exactly what CI runs.

_default:
    @just --list --unsorted

# Everything that CI checks
ci:
    bash .ci/run

# The tests, with a real Odoo 19 and a PostgreSQL brought up for them
test *ARGUMENTS:
    scripts/test {{ ARGUMENTS }}

# A real Odoo 19 and a PostgreSQL that stay up; then: eval "$(scripts/odoo env)"
odoo-up:
    scripts/odoo up

# Stop them
odoo-down:
    scripts/odoo down

# The contract of the `odoo` crate on Odoo 14 over XML-RPC; fetches 1.3 GB the first time
odoo14 *ARGUMENTS:
    scripts/odoo14 {{ ARGUMENTS }}

# Measure against the floors of docs/performance.md; wants a machine with nothing else to do, and takes about ten minutes
bench *ARGUMENTS:
    scripts/bench {{ ARGUMENTS }}
