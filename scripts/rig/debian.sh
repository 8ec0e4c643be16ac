# shellcheck shell=bash
# What a fresh Debian lacks: a linker, a PostgreSQL server, a Python that Odoo runs on. Sourced after settings.sh.

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

apt_get() {
  as_root env DEBIAN_FRONTEND=noninteractive apt-get -qq -y --no-install-recommends \
    -o Acquire::Retries=3 -o DPkg::Lock::Timeout=300 -o Dpkg::Use-Pty=0 "$@"
}

# Package lists of a machine image are often stale: refreshed when an install fails.
apt_install() {
  say "installing $*"
  apt_get install "$@" >/dev/null 2>&1 </dev/null || {
    quietly apt_get update
    quietly apt_get install "$@"
  }
}

# The stable Rust toolchain links with the machine's C compiler, and SQLite is compiled by it.
install_linker() {
  command -v cc >/dev/null || apt_install gcc libc6-dev
}

# The newest PostgreSQL server on the machine: prints the folder of its programs.
postgres_bin_dir() {
  local dir
  dir=$(printf '%s\n' /usr/lib/postgresql/*/bin | sort -t/ -k5 -V | tail -n1)
  [ -x "$dir/initdb" ] && printf '%s\n' "$dir"
}

install_postgres() {
  postgres_bin_dir >/dev/null && return
  # Debian's package would start a cluster of its own on port 5432; ours is private.
  local conf=/etc/postgresql-common/createcluster.d/ml-connector.conf status=0
  as_root mkdir -p "${conf%/*}"
  echo 'create_main_cluster = false' | as_root tee "$conf" >/dev/null
  apt_install postgresql || status=$?
  as_root rm -f "$conf"
  return "$status"
}

# A Python that Odoo 19 runs on (3.10 to 3.13) and that can make a venv: prints its path.
find_python() {
  local name
  for name in python3 python3.13 python3.12 python3.11 python3.10 /usr/bin/python3; do
    if "$name" -c 'import sys, venv, ensurepip; sys.exit(not (3, 10) <= sys.version_info[:2] <= (3, 13))' 2>/dev/null; then
      "$name" -c 'import os, sys; print(os.path.realpath(sys.executable))'
      return
    fi
  done
  return 1
}

install_python() {
  find_python >/dev/null && return
  apt_install python3 python3-venv
  find_python >/dev/null || die "Odoo 19 needs Python 3.10 to 3.13; this machine has $(python3 --version)"
}

# The Debian mirrors that the machine itself uses; none is named here.
mirrors() {
  # shellcheck disable=SC2016 # apt's own placeholders
  apt-get indextargets --format '$(ORIGIN) $(SITE)' 'Identifier: Packages' |
    awk '$1 == "Debian" && $2 !~ /security/ && !seen[$2]++ { print $2 }'
}
