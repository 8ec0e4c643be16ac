# shellcheck shell=bash
# shellcheck disable=SC2034 # its variables are read by the files that source it
# The rig on Debian: PostgreSQL and Odoo as ordinary processes. Sourced after postgres.sh and the file of a version
# (odoo19.sh, odoo14.sh), which says:
#
# ODOO_COMMAND     the words that run Odoo
# ODOO_LONG_POLL   its option for the port of the third kind of worker
# TEMPLATE_RECIPE  the files that decide what is in the template database
# TEMPLATE_MODULES, TEMPLATE_COMPANY   the modules to initialise, and the script that does the rest
# odoo_prepare, install_odoo           what the machine lacks, and Odoo itself
#
# One Odoo server, `main`, is everybody's. A test that stops or restarts Odoo takes a server of its own by another name:
# the same databases behind another port.

server_dir() { printf '%s\n' "$RUN_DIR/server-$1"; }
server_port() { sed -n 's/^http_port = //p' "$(server_dir "$1")/odoo.conf"; }
server_url() { printf 'http://127.0.0.1:%s\n' "$(server_port "$1")"; }
server_healthy() { [ -e "$(server_dir "$1")/odoo.conf" ] && odoo_answers "$(server_port "$1")"; }

# A test's database costs each worker a registry; the memory limits leave room for dozens of them before a worker is
# recycled, which Odoo does between requests.
configure_server() {
  local dir
  dir=$(server_dir "$1")
  mkdir -p "$dir"
  (
    umask 077
    cat >"$dir/odoo.conf" <<CONF
[options]
admin_passwd = $(random_word)
data_dir = $dir/data
db_host = 127.0.0.1
db_port = $PG_PORT
db_user = $DATABASE_ROLE
db_password = $PG_PASSWORD
db_sslmode = disable
dbfilter = $DATABASE_FILTER
$ODOO_LONG_POLL = $(free_port)
http_interface = 127.0.0.1
http_port = $(free_port)
limit_memory_hard = 6442450944
limit_memory_soft = 4294967296
list_db = True
max_cron_threads = 0
workers = 2
CONF
  )
}

server_start() {
  local dir pid port deadline
  dir=$(server_dir "$1")
  [ -e "$dir/odoo.conf" ] || configure_server "$1"
  if owned_pid "$dir/pid" "$dir/odoo.conf" >/dev/null && server_healthy "$1"; then return; fi
  server_stop "$1"
  port=$(server_port "$1")
  say "starting Odoo ($1) on port $port"
  # Its own session: an interrupt of the tests must not reach it before the tests have ended.
  setsid "${ODOO_COMMAND[@]}" -c "$dir/odoo.conf" >>"$dir/log" 2>&1 </dev/null 8>&- 9>&- &
  pid=$!
  echo "$pid" >"$dir/pid"
  deadline=$((SECONDS + 120))
  until odoo_answers "$port"; do
    if [ ! -e "/proc/$pid" ] || [ "$SECONDS" -gt "$deadline" ]; then
      tail -n 40 "$dir/log" >&2
      kill -KILL -- "-$pid" 2>/dev/null || true
      die "Odoo did not start; its log is $dir/log"
    fi
    sleep 0.1
  done
}

server_stop() {
  local dir pid
  dir=$(server_dir "$1")
  pid=$(owned_pid "$dir/pid" "$dir/odoo.conf") || return 0
  # A worker in the middle of a long call is not waited for for ever. The process group is Odoo's alone.
  if [ "${2:-}" != at-once ]; then
    kill -TERM "$pid" 2>/dev/null || true
    await_exit "$pid" 15 || true
  fi
  kill -KILL -- "-$pid" 2>/dev/null || true
  await_exit "$pid" 5 || die "Odoo (pid $pid) does not end"
  rm -f "$dir/pid"
}

server_forget() {
  server_stop "$1" at-once
  rm -rf "$(server_dir "$1")"
}

# The dump depends on everything that made it, and on the PostgreSQL that must read it.
template_dir() {
  printf '%s/template-%s\n' "$CACHE_DIR" "$({
    cat "${TEMPLATE_RECIPE[@]}"
    basename "$(dirname "$PG_BIN")"
  } | digest)"
}

# Odoo for one command on one database, while no server has it open.
odoo_offline() {
  "${ODOO_COMMAND[@]}" "$@" -c "$(server_dir main)/odoo.conf" --workers=0 --no-http --log-level=warn
}

make_template() {
  local dir modules
  dir=$(template_dir)
  if [ -e "$dir/complete" ]; then
    restore_template
    return
  fi
  modules=$(paste -sd, "$TEMPLATE_MODULES")
  say "initialising the template database (once per recipe, about two minutes): $modules"
  mkdir -p "$dir"
  quietly odoo_offline server -d "$TEMPLATE_DATABASE" -i "$modules" --stop-after-init
  say "making its users and keys"
  (umask 077 && odoo_offline shell -d "$TEMPLATE_DATABASE" <"$TEMPLATE_COMPANY" >"$dir/shell" 2>&1) || true
  (umask 077 && sed -n 's/^.*RIG \([A-Z_]*=\)/\1/p' "$dir/shell" >"$dir/keys")
  grep -q '^ODOO_ADMIN_PASSWORD=' "$dir/keys" || die "$(cat "$dir/shell")"
  quietly postgres_tool "$DATABASE_ROLE" pg_dump -Fc -f "$dir/dump" "$TEMPLATE_DATABASE"
  rm -f "$dir/shell"
  touch "$dir/complete"
}

restore_template() {
  say "restoring the template database"
  quietly postgres_tool "$DATABASE_ROLE" pg_restore -j 2 --no-owner -d "$TEMPLATE_DATABASE" "$(template_dir)/dump"
}

template_database() {
  role_sql "create database $TEMPLATE_DATABASE"
  # Restores may run side by side; making it may not.
  if [ -e "$(template_dir)/complete" ]; then
    restore_template
  else
    with_lock "$CACHE_DIR/lock" make_template
  fi
  # A database that nobody can open can always be copied.
  admin_sql "alter database $TEMPLATE_DATABASE allow_connections false"
}

load_state() {
  [ -e "$RUN_DIR/state" ] || return 1
  read_values "$RUN_DIR/state"
  read_values "$TEMPLATE/keys" 2>/dev/null || true
}

rig_running() {
  load_state && [ "$TEMPLATE" = "$(template_dir)" ] && [ "$(admin_sql 'select 1' 2>/dev/null)" = 1 ] &&
    server_healthy main
}

rig_install() {
  odoo_prepare
  install_postgres
  PG_BIN=$(postgres_bin_dir)
  with_lock "$CACHE_DIR/lock" install_odoo
}

rig_up() {
  rig_down
  postgres_start
  configure_server main
  SERVER_URL=$(server_url main)
  TEMPLATE=$(template_dir)
  # From here on `down` knows what to stop.
  write_values "$RUN_DIR/state" PG_PORT PG_PASSWORD PG_ADMIN_PASSWORD POSTGRES_URL SERVER_URL TEMPLATE
  template_database
  server_start main
}

rig_down() {
  local dir
  for dir in "$RUN_DIR"/server-*; do
    if [ -d "$dir" ]; then server_forget "${dir##*/server-}"; fi
  done
  postgres_stop
  rm -rf "$PG_DATA" "$RUN_DIR/state" "$RUN_DIR/keep"
}

rig_shell() { odoo_offline shell -d "$1"; }
rig_psql() { postgres_tool "$DATABASE_ROLE" psql -d "$@"; }
rig_log() { tail -n 200 "$(server_dir "$1")/log"; }
