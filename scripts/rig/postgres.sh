# shellcheck shell=bash
# shellcheck disable=SC2034 # its variables are read by the files that source it
# A private PostgreSQL cluster: own data, own port, loopback only, passwords of this run. Sourced after debian.sh.

PG_DATA=$RUN_DIR/postgres
PG_BIN=$(postgres_bin_dir || true)

# PostgreSQL refuses root; Debian's package brings a user for it.
as_postgres_user() {
  if [ "$(id -u)" -eq 0 ]; then
    (cd / && setpriv --reuid=postgres --regid=postgres --init-groups -- "$@")
  else
    "$@"
  fi
}

# The process of a pid file, if it lives and is ours (its command line names our folder): a stale file, whose number
# some other process may have by now, harms nobody.
owned_pid() {
  local pid_file=$1 mark=$2 pid
  pid=$(head -n1 "$pid_file" 2>/dev/null) || return 1
  [[ $pid =~ ^[0-9]+$ ]] || return 1
  { tr '\0' ' ' <"/proc/$pid/cmdline"; } 2>/dev/null | grep -qF -- "$mark" || return 1
  printf '%s\n' "$pid"
}

await_exit() {
  local pid=$1 deadline=$((SECONDS + $2))
  while [ -e "/proc/$pid" ]; do
    [ "$SECONDS" -lt "$deadline" ] || return 1
    sleep 0.1
  done
}

# `postgres_tool ROLE PROGRAM ARGUMENTS...` runs psql, pg_dump or pg_restore on the cluster.
postgres_tool() {
  local role=$1 program=$2 password=$PG_PASSWORD
  shift 2
  [ "$role" = "$DATABASE_ROLE" ] || password=$PG_ADMIN_PASSWORD
  PGPASSWORD=$password PGCONNECT_TIMEOUT=5 "$PG_BIN/$program" -h 127.0.0.1 -p "$PG_PORT" -U "$role" "$@"
}

role_sql() { postgres_tool "$DATABASE_ROLE" psql -qAtX -v ON_ERROR_STOP=1 -d postgres -c "$1"; }
admin_sql() { postgres_tool postgres psql -qAtX -v ON_ERROR_STOP=1 -d postgres -c "$1"; }

postgres_start() {
  local password_file=$RUN_DIR/initdb-password
  PG_PORT=$(free_port)
  PG_PASSWORD=$(random_word)
  PG_ADMIN_PASSWORD=$(random_word)
  POSTGRES_URL=postgres://$DATABASE_ROLE:$PG_PASSWORD@127.0.0.1:$PG_PORT/postgres
  say "starting $("$PG_BIN/postgres" --version) on port $PG_PORT"
  (umask 077 && mkdir -p "$PG_DATA" && printf '%s\n' "$PG_ADMIN_PASSWORD" >"$password_file")
  if [ "$(id -u)" -eq 0 ]; then chown postgres: "$PG_DATA" "$password_file"; fi
  quietly as_postgres_user "$PG_BIN/initdb" -D "$PG_DATA" -U postgres --pwfile="$password_file" \
    --auth=scram-sha-256 --encoding=UTF8 --locale=C.UTF-8 --no-sync
  rm -f "$password_file"
  # The data are thrown away: what a power cut would lose is not worth waiting for.
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
  quietly as_postgres_user "$PG_BIN/pg_ctl" start -w -t 60 -D "$PG_DATA" -l "$PG_DATA/log" 8>&- 9>&- ||
    die "$(as_postgres_user tail -n 20 "$PG_DATA/log")"
  admin_sql "create role $DATABASE_ROLE login createdb password '$PG_PASSWORD'"
}

postgres_stop() {
  local pid
  pid=$(owned_pid "$PG_DATA/postmaster.pid" "$PG_DATA") || return 0
  # Immediately, since the data go anyway.
  kill -QUIT "$pid" 2>/dev/null || true
  await_exit "$pid" 20 || kill -KILL "$pid" 2>/dev/null || true
}
