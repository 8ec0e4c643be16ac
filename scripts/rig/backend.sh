# shellcheck shell=bash
# Chooses how the rig runs: processes on Debian, containers elsewhere, or an Odoo that is already there.

is_debian() { [ "$(. /etc/os-release 2>/dev/null && echo "${ID:-}")" = debian ]; }

if is_debian; then
  # shellcheck source=scripts/rig/debian.sh
  source "$RIG_DIR/debian.sh"
  # shellcheck source=scripts/rig/native.sh
  source "$RIG_DIR/native.sh"
fi
