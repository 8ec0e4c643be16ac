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
# 19, or 14 by `scripts/odoo14`: a rig of its own beside the other.
ODOO_VERSION=${ML_CONNECTOR_ODOO_VERSION:-19}
RIG_COMMAND=scripts/odoo
if [ "$ODOO_VERSION" != 19 ]; then
  RUN_DIR=$RUN_DIR-$ODOO_VERSION
  RIG_COMMAND=$RIG_COMMAND$ODOO_VERSION
fi

DATABASE_ROLE=ml_connector
TEMPLATE_DATABASE=odoo_template
# Odoo serves databases with this prefix; `mlc_store_...` are the store's own, which Odoo must not take for its.
DATABASE_PREFIX=mlc_
DATABASE_FILTER='^mlc_(?!store_)'

say() { printf '[rig %3ds] %s\n' "$SECONDS" "$*" >&2; }
die() {
  say "$*"
  exit 1
}

# Runs a command; its output is shown only if it fails.
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

make_run_dir() {
  mkdir -p "$RUN_ROOT"
  # /var/tmp belongs to everyone: do not trust a folder that somebody else put there.
  [ -O "$RUN_ROOT" ] || die "$RUN_ROOT belongs to another user; set ML_CONNECTOR_RUN to a folder of your own"
  chmod 711 "$RUN_ROOT"
  mkdir -p "$RUN_DIR"
  chmod 711 "$RUN_DIR"
}

random_word() { od -An -N18 -tx1 /dev/urandom | tr -d ' \n'; }

digest() { if command -v sha256sum >/dev/null; then sha256sum; else shasum -a 256; fi | cut -c1-16; }

# A loopback port that nothing listens on, below the range from which outgoing connections are numbered.
free_port() {
  local port
  while :; do
    port=$((20000 + ($(od -An -N2 -tu2 /dev/urandom) % 12000)))
    (exec 3<>"/dev/tcp/127.0.0.1/$port") 2>/dev/null || break
  done
  printf '%s\n' "$port"
}

# Does an Odoo answer there? The header names no database, so that the question opens none (on 19; 14 has neither the
# header nor the address, and sends to the list of databases).
odoo_answers() {
  local status path=/web/health
  if [ "$ODOO_VERSION" = 14 ]; then path=/; fi
  status=$(
    exec 2>/dev/null 3<>"/dev/tcp/127.0.0.1/$1" || exit
    printf 'GET %s HTTP/1.0\r\nHost: 127.0.0.1\r\nX-Odoo-Database: none\r\n\r\n' "$path" >&3
    read -r -t 10 status <&3 && printf %s "$status"
  )
  [[ $status == *' 200 '* || ($ODOO_VERSION == 14 && $status == *' 303 '*) ]]
}

# One at a time: `with_lock FILE COMMAND...`. Nothing that outlives the command may inherit
# descriptor 9 (nor 8, by which `scripts/test` counts its users).
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
    ("$@")
  fi
}

# Reads the NAME=value lines of a file into variables; nothing in the file is run.
read_values() {
  local name value
  while IFS='=' read -r name value; do
    if [[ $name =~ ^[A-Z_]+$ ]]; then printf -v "$name" %s "$value"; fi
  done <"$1"
}

# Writes variables in that form, readable by this user alone: `write_values FILE NAME...`.
write_values() {
  local file=$1 name
  shift
  (
    umask 077
    for name in "$@"; do printf '%s=%s\n' "$name" "${!name:-}"; done >"$file"
  )
}

# Prints the variables of README.md as `export` lines, from what the backend knows.
print_env() {
  local control prefix=ML_CONNECTOR_TEST_ODOO
  control=$(printf '%q' "$REPO_DIR/$RIG_COMMAND")
  if [ "$ODOO_VERSION" = 19 ]; then
    printf 'export ML_CONNECTOR_TEST_POSTGRES_URL=%q\n' "$POSTGRES_URL"
  else
    prefix=$prefix$ODOO_VERSION
    printf 'export %s_POSTGRES_URL=%q\n' "$prefix" "$POSTGRES_URL"
  fi
  local ODOO_URL=$SERVER_URL ODOO_TEMPLATE=$TEMPLATE_DATABASE
  local ODOO_SERVER=${ODOO_SERVER-$control server}
  local ODOO_RESTART=${ODOO_RESTART-$control server restart main}
  local ODOO_STOP=${ODOO_STOP-$control server stop main}
  local ODOO_START=${ODOO_START-$control server start main}
  local name value
  for name in URL TEMPLATE LOGIN KEY POOR_LOGIN POOR_KEY ADMIN_LOGIN ADMIN_KEY ADMIN_PASSWORD SERVER RESTART STOP START; do
    value=ODOO_$name
    if [ -n "${!value:-}" ]; then printf 'export %s_%s=%q\n' "$prefix" "$name" "${!value}"; fi
  done
}
