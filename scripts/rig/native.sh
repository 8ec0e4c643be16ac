# shellcheck shell=bash
# shellcheck disable=SC2034 # its variables are read by the files that source it
# The rig on Debian: a private PostgreSQL cluster and Odoo as ordinary processes. Sourced after debian.sh.
#
# Everything listens on loopback only, on ports that were free, with passwords made for this run. A process is stopped
# only if its command line still names our run folder, so a stale pid file harms nobody.

PG_DATA=$RUN_DIR/postgres
ODOO_CONF=$RUN_DIR/odoo.conf
ODOO_LOG=$RUN_DIR/odoo.log

# PostgreSQL refuses root; Debian's package brings a user for it.
as_postgres_user() {
  if [ "$(id -u)" -eq 0 ]; then
    (cd / && setpriv --reuid=postgres --regid=postgres --init-groups -- "$@")
  else
    "$@"
  fi
}

free_port() {
  "$(find_python)" -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])'
}

# The process of a pid file, if it is alive and ours: its command line contains the given text.
owned_pid() {
  local pid_file=$1 mark=$2 pid
  pid=$(head -n1 "$pid_file" 2>/dev/null) || return 1
  [[ $pid =~ ^[0-9]+$ ]] && tr '\0' ' ' 2>/dev/null <"/proc/$pid/cmdline" | grep -qF -- "$mark" && printf '%s\n' "$pid"
}

psql_as() {
  local role=$1 password=$2 database=$3
  shift 3
  PGPASSWORD=$password PGCONNECT_TIMEOUT=5 "$(postgres_bin_dir)/psql" -qAtX -v ON_ERROR_STOP=1 \
    -h 127.0.0.1 -p "$PG_PORT" -U "$role" -d "$database" "$@"
}

admin_sql() { psql_as postgres "$PG_ADMIN_PASSWORD" postgres -c "$1"; }

postgres_start() {
  local bin
  bin=$(postgres_bin_dir)
  PG_PORT=$(free_port)
  PG_PASSWORD=$(random_word)
  PG_ADMIN_PASSWORD=$(random_word)
  say "starting PostgreSQL $("$bin/postgres" --version | grep -oE '[0-9]+' | head -n1) on port $PG_PORT"
  mkdir -p "$PG_DATA"
  printf '%s\n' "$PG_ADMIN_PASSWORD" >"$RUN_DIR/initdb-password"
  chmod 600 "$RUN_DIR/initdb-password"
  if [ "$(id -u)" -eq 0 ]; then chown postgres: "$PG_DATA" "$RUN_DIR/initdb-password"; fi
  chmod 700 "$PG_DATA"
  quietly as_postgres_user "$bin/initdb" -D "$PG_DATA" -U postgres --pwfile="$RUN_DIR/initdb-password" \
    --auth=scram-sha-256 --encoding=UTF8 --locale=C.UTF-8 --no-sync
  rm -f "$RUN_DIR/initdb-password"
  # Throwaway data: what a power cut would lose is not worth waiting for.
  as_postgres_user tee -a "$PG_DATA/postgresql.conf" >/dev/null <<CONF
port = $PG_PORT
listen_addresses = '127.0.0.1'
unix_socket_directories = ''
max_connections = 300
shared_buffers = 256MB
max_wal_size = 4GB
fsync = off
synchronous_commit = off
full_page_writes = off
jit = off
CONF
  quietly as_postgres_user "$bin/pg_ctl" start -w -t 60 -D "$PG_DATA" -l "$PG_DATA/log" 9>&- ||
    die "$(as_postgres_user tail -n 20 "$PG_DATA/log")"
  admin_sql "create role $DATABASE_ROLE login createdb password '$PG_PASSWORD'"
  POSTGRES_URL=postgres://$DATABASE_ROLE:$PG_PASSWORD@127.0.0.1:$PG_PORT/postgres
}

postgres_stop() {
  local pid
  # An immediate stop, since the data go anyway.
  pid=$(owned_pid "$PG_DATA/postmaster.pid" "$PG_DATA") || return 0
  kill -QUIT "$pid" 2>/dev/null || true
  await_exit "$pid" 20 || kill -KILL "$pid" 2>/dev/null || true
}

await_exit() {
  local pid=$1 deadline=$((SECONDS + $2))
  while [ -e "/proc/$pid" ]; do
    [ "$SECONDS" -lt "$deadline" ] || return 1
    sleep 0.1
  done
}

write_odoo_conf() {
  ODOO_PORT=$(free_port)
  local gevent_port
  gevent_port=$(free_port)
  SERVER_URL=http://127.0.0.1:$ODOO_PORT
  # Each test's database costs each worker a registry of about 60 MB; the memory limits leave room for several dozen
  # before a worker is recycled, which Odoo does between requests.
  (
    umask 077
    cat >"$ODOO_CONF" <<CONF
[options]
admin_passwd = $(random_word)
data_dir = $RUN_DIR/odoo-data
db_host = 127.0.0.1
db_port = $PG_PORT
db_user = $DATABASE_ROLE
db_password = $PG_PASSWORD
db_maxconn = 64
db_sslmode = disable
dbfilter = ^$DATABASE_PREFIX
gevent_port = $gevent_port
http_interface = 127.0.0.1
http_port = $ODOO_PORT
limit_memory_hard = 6442450944
limit_memory_soft = 4294967296
list_db = True
max_cron_threads = 0
pidfile = $RUN_DIR/odoo.pid
without_demo = True
workers = 2
CONF
  )
}

server_healthy() {
  "$(find_python)" - "$SERVER_URL/web/health" 2>/dev/null <<'PY'
import sys, urllib.request
opener = urllib.request.build_opener(urllib.request.ProxyHandler({}))
sys.exit(opener.open(sys.argv[1], timeout=10).status != 200)
PY
}

server_start() {
  if owned_pid "$RUN_DIR/odoo.pid" "$ODOO_CONF" >/dev/null && server_healthy; then return; fi
  server_stop
  local prefix pid deadline=$((SECONDS + 120))
  prefix=$(odoo_prefix)
  say "starting Odoo on port $ODOO_PORT"
  # Its own session: an interrupt of the tests must not reach it before the tests have ended.
  PYTHONPATH=$prefix/usr/lib/python3/dist-packages \
    setsid "$prefix/venv/bin/python" "$prefix/usr/bin/odoo" -c "$ODOO_CONF" >>"$ODOO_LOG" 2>&1 </dev/null 9>&- &
  pid=$!
  until server_healthy; do
    if [ ! -e "/proc/$pid" ] || [ "$SECONDS" -gt "$deadline" ]; then
      tail -n 40 "$ODOO_LOG" >&2
      kill -KILL -- "-$pid" 2>/dev/null || true
      die "Odoo did not start; its log is $ODOO_LOG"
    fi
    sleep 0.2
  done
}

server_stop() {
  local pid
  pid=$(owned_pid "$RUN_DIR/odoo.pid" "$ODOO_CONF") || return 0
  kill -TERM "$pid" 2>/dev/null || true
  # A worker in the middle of a long call is not waited for for ever; the group is Odoo's alone.
  await_exit "$pid" 15 || true
  kill -KILL -- "-$pid" 2>/dev/null || true
  await_exit "$pid" 5 || die "Odoo (pid $pid) does not end"
  rm -f "$RUN_DIR/odoo.pid"
}

# The dump depends on all that made it, and on the PostgreSQL that can read it.
template_key() {
  {
    cat "$RIG_DIR"/{requirements.txt,modules.txt,company.py,debian.sh}
    basename "$(dirname "$(postgres_bin_dir)")"
  } | sha256sum | cut -c1-16
}

template_database() {
  local dir bin modules
  dir=$CACHE_DIR/template-$(template_key)
  bin=$(postgres_bin_dir)
  psql_as "$DATABASE_ROLE" "$PG_PASSWORD" postgres -c "create database $TEMPLATE_DATABASE"
  if [ -e "$dir/complete" ]; then
    say "restoring the template database"
    PGPASSWORD=$PG_PASSWORD quietly "$bin/pg_restore" -j 2 --no-owner -h 127.0.0.1 -p "$PG_PORT" -U "$DATABASE_ROLE" \
      -d "$TEMPLATE_DATABASE" "$dir/dump"
  else
    modules=$(paste -sd, "$RIG_DIR/modules.txt")
    say "initialising the template database (once per recipe, about two minutes): $modules"
    mkdir -p "$dir"
    quietly odoo_program -c "$ODOO_CONF" --workers=0 --no-http --pidfile= --log-level=warn --stop-after-init \
      -d "$TEMPLATE_DATABASE" -i "$modules"
    say "making its users and keys"
    (umask 077 && odoo_program shell -c "$ODOO_CONF" --workers=0 --no-http --pidfile= --log-level=warn \
      -d "$TEMPLATE_DATABASE" <"$RIG_DIR/company.py" >"$dir/shell" 2>"$dir/shell-errors" &&
      sed -n 's/^.*RIG \([A-Z_]*=\)/\1/p' "$dir/shell" >"$dir/keys") || die "$(cat "$dir/shell" "$dir/shell-errors")"
    grep -q '^ODOO_ADMIN_PASSWORD=' "$dir/keys" || die "$(cat "$dir/shell" "$dir/shell-errors")"
    PGPASSWORD=$PG_PASSWORD quietly "$bin/pg_dump" -Fc -h 127.0.0.1 -p "$PG_PORT" -U "$DATABASE_ROLE" \
      -f "$dir/dump" "$TEMPLATE_DATABASE"
    rm -f "$dir/shell" "$dir/shell-errors"
    touch "$dir/complete"
  fi
  read_values "$dir/keys"
}

# What another invocation needs to know about the running rig.
save_state() {
  (
    umask 077
    printf '%s=%s\n' PG_PORT "$PG_PORT" PG_PASSWORD "$PG_PASSWORD" PG_ADMIN_PASSWORD "$PG_ADMIN_PASSWORD" \
      ODOO_PORT "$ODOO_PORT" SERVER_URL "$SERVER_URL" RECIPE "$(template_key)" >"$RUN_DIR/state"
  )
}

load_state() { [ -e "$RUN_DIR/state" ] && read_values "$RUN_DIR/state"; }

rig_running() {
  load_state && [ -e "$RUN_DIR/env" ] && [ "$RECIPE" = "$(template_key)" ] &&
    [ "$(admin_sql 'select 1' 2>/dev/null)" = 1 ] && server_healthy
}

rig_install() {
  install_python
  install_postgres
  with_lock "$CACHE_DIR/lock" install_odoo
}

rig_up() {
  rig_down
  make_run_dir
  postgres_start
  write_odoo_conf
  save_state
  # Not under the cache's lock when there is nothing to make: restores may run side by side.
  if [ -e "$CACHE_DIR/template-$(template_key)/complete" ]; then
    template_database
  else
    with_lock "$CACHE_DIR/lock" template_database
    read_values "$CACHE_DIR/template-$(template_key)/keys"
  fi
  server_start
  write_env
}

rig_down() {
  load_state || true
  server_stop
  postgres_stop
  rm -rf "$RUN_DIR"/{postgres,odoo-data,odoo.conf,odoo.log,odoo.pid,state,env,keep}
}

# A Python shell inside Odoo, on one database.
rig_shell() { odoo_program shell -c "$ODOO_CONF" --workers=0 --no-http --pidfile= --log-level=warn -d "$1"; }

rig_psql() { psql_as "$DATABASE_ROLE" "$PG_PASSWORD" "${1:-postgres}" "${@:2}"; }

rig_log() { tail -n 200 "$ODOO_LOG"; }
