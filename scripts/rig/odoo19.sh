# shellcheck shell=bash
# shellcheck disable=SC2034 # its variables are read by the files that source it
# Odoo 19 for native.sh: Debian sid's program on this machine's Python. Sourced after debian.sh.

# shellcheck source=scripts/rig/install.sh
source "$RIG_DIR/install.sh"

ODOO_COMMAND=(env "PYTHONPATH=$ODOO_PREFIX/usr/lib/python3/dist-packages"
  "$ODOO_PREFIX/venv/bin/python" "$ODOO_PREFIX/usr/bin/odoo")
ODOO_LONG_POLL=gevent_port
TEMPLATE_RECIPE=("$RIG_DIR"/{requirements.txt,install.sh,modules.txt,company.py})
TEMPLATE_MODULES=$RIG_DIR/modules.txt
TEMPLATE_COMPANY=$RIG_DIR/company.py

odoo_prepare() { install_python; }
