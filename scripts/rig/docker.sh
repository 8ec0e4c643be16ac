# shellcheck shell=bash
# shellcheck disable=SC2034 # its variables are read by the files that source it
# The rig where there is Docker and no Debian: the images of Odoo and PostgreSQL. Sourced after settings.sh.
#
# The same servers, databases and names as native.sh; everything is published on loopback only, and every container
# bears the run folder's number, so that only ours are ever touched.

ODOO_IMAGE=odoo:$ODOO_VERSION
if [ "$ODOO_VERSION" = 19 ]; then
  TEMPLATE_MODULES=$RIG_DIR/modules.txt TEMPLATE_COMPANY=$RIG_DIR/company.py
else
  TEMPLATE_MODULES=$RIG_DIR/modules$ODOO_VERSION.txt TEMPLATE_COMPANY=$RIG_DIR/company$ODOO_VERSION.py
fi
POSTGRES_IMAGE=postgres:16
DOCKER_NAME=ml-connector-${RUN_DIR##*/}
DOCKER_NETWORK=$DOCKER_NAME
DOCKER_POSTGRES=$DOCKER_NAME-postgres

container_of() { printf '%s-odoo-%s\n' "$DOCKER_NAME" "$1"; }

server_port() { docker inspect -f '{{(index (index .HostConfig.PortBindings "8069/tcp") 0).HostPort}}' "$(container_of "$1")"; }
server_url() { printf 'http://127.0.0.1:%s\n' "$(server_port "$1")"; }
server_healthy() {
  local port
  port=$(server_port "$1" 2>/dev/null) && odoo_answers "$port"
}

# Odoo's image takes the database from these; the entry point turns them into options.
docker_odoo() {
  docker run --network "$DOCKER_NETWORK" -e HOST="$DOCKER_POSTGRES" -e PORT=5432 -e USER="$DATABASE_ROLE" \
    -e PASSWORD="$PG_PASSWORD" "$@"
}

server_start() {
  local name deadline
  name=$(container_of "$1")
  if server_healthy "$1"; then return; fi
  if docker inspect "$name" >/dev/null 2>&1; then
    quietly docker start "$name"
  else
    say "starting Odoo ($1)"
    # The port is fixed now, so that a restart keeps it.
    docker_odoo -d --name "$name" -p "127.0.0.1:$(free_port):8069" "$ODOO_IMAGE" odoo --workers=2 --max-cron-threads=0 \
      --db-filter="$DATABASE_FILTER" --limit-memory-soft=4294967296 --limit-memory-hard=6442450944 >/dev/null
  fi
  deadline=$((SECONDS + 180))
  until server_healthy "$1"; do
    if [ "$SECONDS" -gt "$deadline" ]; then
      docker logs --tail 40 "$name" >&2
      die "Odoo did not start"
    fi
    sleep 0.3
  done
}

server_stop() {
  if docker inspect "$(container_of "$1")" >/dev/null 2>&1; then quietly docker stop -t 15 "$(container_of "$1")"; fi
}

server_forget() { docker rm -f -v "$(container_of "$1")" >/dev/null 2>&1 || true; }

# `postgres_tool ROLE PROGRAM ARGUMENTS...`, inside the container; its standard input and output are ours.
postgres_tool() {
  local role=$1 program=$2
  shift 2
  docker exec -i "$DOCKER_POSTGRES" "$program" -U "$role" "$@"
}

role_sql() { postgres_tool "$DATABASE_ROLE" psql -qAtX -v ON_ERROR_STOP=1 -d postgres -c "$1" </dev/null; }
admin_sql() { postgres_tool postgres psql -qAtX -v ON_ERROR_STOP=1 -d postgres -c "$1" </dev/null; }

postgres_start() {
  local port deadline=$((SECONDS + 120))
  port=$(free_port)
  PG_PASSWORD=$(random_word)
  POSTGRES_URL=postgres://$DATABASE_ROLE:$PG_PASSWORD@127.0.0.1:$port/postgres
  say "starting PostgreSQL ($POSTGRES_IMAGE) on port $port"
  quietly docker network create "$DOCKER_NETWORK"
  docker run -d --name "$DOCKER_POSTGRES" --network "$DOCKER_NETWORK" -p "127.0.0.1:$port:5432" \
    -e POSTGRES_PASSWORD="$(random_word)" "$POSTGRES_IMAGE" -c fsync=off -c synchronous_commit=off \
    -c full_page_writes=off -c max_connections=300 -c jit=off >/dev/null
  # The image first starts a server on its socket alone, to prepare the cluster: ask over TCP, which means the real one.
  until docker exec "$DOCKER_POSTGRES" pg_isready -q -h 127.0.0.1 -U postgres; do
    if [ "$SECONDS" -gt "$deadline" ]; then die "PostgreSQL did not start: docker logs $DOCKER_POSTGRES"; fi
    sleep 0.3
  done
  admin_sql "create role $DATABASE_ROLE login createdb password '$PG_PASSWORD'"
}

template_dir() {
  printf '%s/template-%s\n' "$CACHE_DIR" "$({
    cat "$TEMPLATE_MODULES" "$TEMPLATE_COMPANY"
    docker image inspect -f '{{.Id}}' "$ODOO_IMAGE" "$POSTGRES_IMAGE"
  } | digest)"
}

template_database() {
  local dir modules
  dir=$(template_dir)
  role_sql "create database $TEMPLATE_DATABASE"
  if [ -e "$dir/complete" ]; then
    say "restoring the template database"
    postgres_tool "$DATABASE_ROLE" pg_restore --no-owner -d "$TEMPLATE_DATABASE" <"$dir/dump"
  else
    modules=$(paste -sd, "$TEMPLATE_MODULES")
    say "initialising the template database (once per recipe, a few minutes): $modules"
    mkdir -p "$dir"
    quietly docker_odoo --rm "$ODOO_IMAGE" odoo -d "$TEMPLATE_DATABASE" -i "$modules" --stop-after-init --no-http
    say "making its users and keys"
    (umask 077 && docker_odoo --rm -i "$ODOO_IMAGE" odoo shell -d "$TEMPLATE_DATABASE" --no-http \
      <"$TEMPLATE_COMPANY" >"$dir/shell" 2>&1) || true
    (umask 077 && sed -n 's/^.*RIG \([A-Z_]*=\)/\1/p' "$dir/shell" | tr -d '\r' >"$dir/keys")
    grep -q '^ODOO_ADMIN_PASSWORD=' "$dir/keys" || die "$(cat "$dir/shell")"
    postgres_tool "$DATABASE_ROLE" pg_dump -Fc "$TEMPLATE_DATABASE" </dev/null >"$dir/dump"
    rm -f "$dir/shell"
    touch "$dir/complete"
  fi
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
  local image
  docker info >/dev/null 2>&1 ||
    die "no Docker engine answers; install one, or point ODOO_URL at a throwaway Odoo 19 (scripts/README.md)"
  for image in "$ODOO_IMAGE" "$POSTGRES_IMAGE"; do
    docker image inspect "$image" >/dev/null 2>&1 || quietly docker pull "$image"
  done
}

rig_up() {
  rig_down
  TEMPLATE=$(template_dir)
  postgres_start
  template_database
  server_start main
  SERVER_URL=$(server_url main)
  write_values "$RUN_DIR/state" PG_PASSWORD POSTGRES_URL SERVER_URL TEMPLATE
}

rig_down() {
  local name
  docker ps -aq --filter "name=^/$DOCKER_NAME-" | while read -r name; do
    docker rm -f -v "$name" >/dev/null
  done
  docker network rm "$DOCKER_NETWORK" >/dev/null 2>&1 || true
  rm -f "$RUN_DIR/state" "$RUN_DIR/keep"
}

rig_shell() { docker_odoo --rm -i "$ODOO_IMAGE" odoo shell -d "$1" --no-http; }
rig_psql() { docker exec -it "$DOCKER_POSTGRES" psql -U "$DATABASE_ROLE" -d "$@"; }
rig_log() { docker logs --tail 200 "$(container_of "$1")"; }
