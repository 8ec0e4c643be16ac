# shellcheck shell=bash
# shellcheck disable=SC2034 # its variables are read by the files that source it
# Odoo 14 for native.sh: Debian bullseye's package in a root file system of its own, since it needs the Python of its
# time. Sourced after debian.sh. Needs root, for the change of root.

ODOO_ROOT=$CACHE_DIR/odoo-14-$(digest <"$RIG_DIR/odoo14.sh")
# Odoo's workers look at /proc, and its files lie in the run folder. Both are mounted in a mount namespace of the
# process's own, and go with it.
# shellcheck disable=SC2016 # expanded by the inner shell
ODOO_COMMAND=(unshare --mount env -i PATH=/usr/sbin:/usr/bin:/sbin:/bin HOME=/root LANG=C.UTF-8 sh -ec '
  root=$0 files=$1
  shift
  mkdir -p "$root$files"
  mount -t proc proc "$root/proc"
  mount --bind "$files" "$root$files"
  exec chroot "$root" /usr/bin/odoo "$@"' "$ODOO_ROOT" "$RUN_DIR")
ODOO_LONG_POLL=longpolling_port
TEMPLATE_RECIPE=("$RIG_DIR"/{odoo14.sh,modules14.txt,company14.py})
TEMPLATE_MODULES=$RIG_DIR/modules14.txt
TEMPLATE_COMPANY=$RIG_DIR/company14.py

odoo_prepare() {
  [ "$(id -u)" -eq 0 ] || die "Odoo 14 needs root here; or set ML_CONNECTOR_RIG=docker"
  command -v mmdebstrap >/dev/null || apt_install mmdebstrap
}

install_odoo() {
  [ -e "$ODOO_ROOT/complete" ] && return
  local mirror
  [ -n "$(mirrors)" ] || quietly apt_get update
  for mirror in $(mirrors); do
    say "installing Odoo 14 from Debian bullseye (1.3 GB)"
    rm -rf "$ODOO_ROOT"
    mkdir -p "$ODOO_ROOT"
    if quietly mmdebstrap --mode=root --variant=apt --include=odoo-14 --aptopt='APT::Install-Recommends "false"' \
      --aptopt='Acquire::Retries "3"' --dpkgopt='path-exclude=/usr/share/doc/*' \
      --dpkgopt='path-exclude=/usr/share/locale/*' --dpkgopt='path-exclude=/usr/share/man/*' \
      bullseye "$ODOO_ROOT" "$mirror"; then
      touch "$ODOO_ROOT/complete"
      return
    fi
  done
  die "no mirror in this machine's apt configuration serves Debian bullseye's odoo-14"
}
