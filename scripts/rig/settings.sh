# shellcheck shell=bash
# shellcheck disable=SC2034 # its variables are read by the files that source it
# Where the rig keeps its things, and how it speaks. Sourced; expects `set -euo pipefail`.
#
# Two folders: the cache, worth keeping (an installed Odoo, the dump of an initialised database), and the run folder,
# which holds everything of one running rig and goes when it stops. One rig per checkout and user.

RIG_DIR=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd -P)
REPO_DIR=$(cd "$RIG_DIR/../.." && pwd -P)
CACHE_DIR=${ML_CONNECTOR_CACHE:-${XDG_CACHE_HOME:-$HOME/.cache}/ml-connector}
# Not in the checkout or the home folder: PostgreSQL refuses to run as root, and the user that it then runs as may
# enter neither.
RUN_ROOT=${ML_CONNECTOR_RUN:-/var/tmp/ml-connector-$(id -u)}
RUN_DIR=$RUN_ROOT/$(printf %s "$REPO_DIR" | cksum | cut -d' ' -f1)

TEMPLATE_DATABASE=odoo_template
DATABASE_PREFIX=mlc_
DATABASE_ROLE=ml_connector

say() { printf '[rig %4ds] %s\n' "$SECONDS" "$*" >&2; }
die() {
  say "$*"
  exit 1
}

# Runs a command quietly; its output is shown only if it fails.
quietly() {
  local log status=0
  log=$(mktemp)
  "$@" >"$log" 2>&1 </dev/null || status=$?
  if [ "$status" -ne 0 ]; then
    say "failed ($status): $*"
    tail -n 60 "$log" >&2
  fi
  rm -f "$log"
  return "$status"
}

# As root, by sudo if need be.
as_root() {
  if [ "$(id -u)" -eq 0 ]; then
    "$@"
  elif command -v sudo >/dev/null; then
    sudo -- "$@"
  else
    die "this needs root, and there is no sudo: $*"
  fi
}

make_run_dir() {
  mkdir -p "$RUN_ROOT"
  # /var/tmp belongs to everyone: do not trust a folder that somebody else put there.
  [ -O "$RUN_ROOT" ] || die "$RUN_ROOT belongs to another user; set ML_CONNECTOR_RUN to a folder of your own"
  chmod 711 "$RUN_ROOT"
  mkdir -p "$RUN_DIR"
  chmod 711 "$RUN_DIR"
}

random_word() { od -An -N18 -tx1 /dev/urandom | tr -d ' \n'; }

# One at a time: `with_lock FILE COMMAND...`. Nothing that outlives the command may inherit descriptor 9.
with_lock() {
  local file=$1
  shift
  mkdir -p "$(dirname "$file")"
  if command -v flock >/dev/null; then
    (
      flock 9
      "$@"
    ) 9>"$file"
  else
    "$@"
  fi
}

# Reads NAME=value lines of a file into variables; prints nothing, runs nothing.
read_values() {
  local name value
  while IFS='=' read -r name value; do
    [[ $name =~ ^[A-Z_]+$ ]] && printf -v "$name" %s "$value"
  done <"$1"
}

# The names of README.md, from what the backend set.
write_env() {
  local control
  control=$(printf '%q' "$REPO_DIR/scripts/odoo")
  (
    umask 077
    {
      printf 'export %s=%q\n' \
        ML_CONNECTOR_TEST_POSTGRES_URL "$POSTGRES_URL" \
        ML_CONNECTOR_TEST_ODOO_URL "$SERVER_URL" \
        ML_CONNECTOR_TEST_ODOO_TEMPLATE "$TEMPLATE_DATABASE" \
        ML_CONNECTOR_TEST_ODOO_LOGIN "$ODOO_LOGIN" \
        ML_CONNECTOR_TEST_ODOO_KEY "$ODOO_KEY" \
        ML_CONNECTOR_TEST_ODOO_ADMIN_LOGIN "$ODOO_ADMIN_LOGIN" \
        ML_CONNECTOR_TEST_ODOO_ADMIN_KEY "$ODOO_ADMIN_KEY" \
        ML_CONNECTOR_TEST_ODOO_ADMIN_PASSWORD "$ODOO_ADMIN_PASSWORD" \
        ML_CONNECTOR_TEST_ODOO_RESTART "$control restart" \
        ML_CONNECTOR_TEST_ODOO_STOP "$control stop" \
        ML_CONNECTOR_TEST_ODOO_START "$control start"
    } >"$RUN_DIR/env"
  )
}
