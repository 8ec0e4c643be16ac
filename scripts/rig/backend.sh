# shellcheck shell=bash
# Chooses how the rig runs: an Odoo that is already there, processes on Debian, containers elsewhere.
# Sourced after settings.sh. ML_CONNECTOR_RIG=native|docker|existing overrides the choice.

os_id() { (. /etc/os-release && printf %s "${ID:-}") 2>/dev/null || true; }

if [ -n "${ODOO_URL:-}" ]; then
  RIG=existing
elif [ "$(os_id)" = debian ]; then
  RIG=native
else
  RIG=docker
fi

case ${ML_CONNECTOR_RIG:-$RIG} in
  native)
    # shellcheck source=scripts/rig/debian.sh
    source "$RIG_DIR/debian.sh"
    # shellcheck source=scripts/rig/postgres.sh
    source "$RIG_DIR/postgres.sh"
    # shellcheck source=scripts/rig/odoo19.sh
    source "$RIG_DIR/odoo$ODOO_VERSION.sh"
    # shellcheck source=scripts/rig/native.sh
    source "$RIG_DIR/native.sh"
    ;;
  docker)
    # shellcheck source=scripts/rig/docker.sh
    source "$RIG_DIR/docker.sh"
    ;;
  existing)
    # shellcheck source=scripts/rig/existing.sh
    source "$RIG_DIR/existing.sh"
    ;;
  *) die "ML_CONNECTOR_RIG is native, docker or existing" ;;
esac

up_if_down() { rig_running || rig_up; }
