# shellcheck shell=bash
# shellcheck disable=SC2034 # its variables are read by the files that source it
# An Odoo and a PostgreSQL that are already there: nothing is installed, started or stopped. Sourced after settings.sh.
# Only for throwaway installations: the tests write thousands of partners and copy and drop databases.

rig_install() {
  local name missing=""
  for name in ODOO_URL ODOO_LOGIN ODOO_KEY ODOO_ADMIN_LOGIN ODOO_ADMIN_KEY ODOO_ADMIN_PASSWORD ODOO_TEMPLATE \
    ODOO_POSTGRES_URL; do
    [ -n "${!name:-}" ] || missing="$missing $name"
  done
  [ -z "$missing" ] || die "ODOO_URL is set, so these are needed too:$missing (scripts/README.md)"
}

load_state() {
  SERVER_URL=${ODOO_URL%/}
  POSTGRES_URL=$ODOO_POSTGRES_URL
  TEMPLATE_DATABASE=$ODOO_TEMPLATE
  # Without the means to restart it, the tests that need one say so.
  ODOO_SERVER=${ODOO_SERVER:-}
  ODOO_RESTART=${ODOO_RESTART:-}
  ODOO_STOP=${ODOO_STOP:-}
  ODOO_START=${ODOO_START:-}
}

rig_running() { load_state; }
rig_up() { load_state; }
rig_down() { :; }

not_ours() { die "this Odoo was there before: use its own tools"; }
server_start() { not_ours; }
server_stop() { not_ours; }
server_forget() { not_ours; }
server_url() { printf '%s\n' "$SERVER_URL"; }
rig_shell() { not_ours; }
rig_log() { not_ours; }
rig_psql() { psql "${ODOO_POSTGRES_URL%/*}/$1" "${@:2}"; }
admin_sql() { psql "$ODOO_POSTGRES_URL" -qAtX -v ON_ERROR_STOP=1 -c "$1"; }
