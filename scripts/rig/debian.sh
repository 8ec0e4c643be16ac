# shellcheck shell=bash
# What a fresh Debian lacks, and Odoo 19 out of Debian sid without making the machine a sid machine.
# Sourced after settings.sh. No mirror is named here: the machine's own apt configuration knows one.

apt_get() {
  as_root env DEBIAN_FRONTEND=noninteractive apt-get -qq -y --no-install-recommends \
    -o Acquire::Retries=3 -o DPkg::Lock::Timeout=300 -o Dpkg::Use-Pty=0 "$@"
}

# Package lists of a machine image are often stale: refreshed when an install fails.
apt_install() {
  say "installing $*"
  apt_get install "$@" >/dev/null 2>&1 || {
    quietly apt_get update
    quietly apt_get install "$@"
  }
}

install_build_tools() {
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
  local conf=/etc/postgresql-common/createcluster.d/ml-connector.conf
  as_root mkdir -p "${conf%/*}"
  echo 'create_main_cluster = false' | as_root tee "$conf" >/dev/null
  local status=0
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
  find_python >/dev/null || die "Odoo 19 needs Python 3.10 to 3.13, and this machine has $(python3 --version)"
}

# The Debian mirrors that the machine uses, best first.
mirrors() {
  # shellcheck disable=SC2016 # apt's own placeholders
  apt-get indextargets --format '$(ORIGIN) $(SITE)' 'Identifier: Packages' |
    awk '$1 == "Debian" && $2 !~ /security/ && !seen[$2]++ { print $2 }'
}

# A private apt: `suite_apt FOLDER COMMAND...` sees one suite and nothing of the machine's lists, caches or hooks.
suite_apt() {
  local dir=$1
  shift
  APT_CONFIG=$dir/apt.conf apt-get -qq -o Acquire::Retries=3 "$@"
}

make_suite_apt() {
  local dir=$1 mirror=$2 suite=$3
  mkdir -p "$dir/lists/partial" "$dir/cache/archives/partial"
  echo "deb [signed-by=/usr/share/keyrings/debian-archive-keyring.gpg] $mirror $suite main" >"$dir/sources.list"
  cat >"$dir/apt.conf" <<CONF
Dir::State::lists "$dir/lists";
Dir::Cache "$dir/cache";
Dir::Etc::sourcelist "$dir/sources.list";
Dir::Etc::sourceparts "/dev/null";
Dir::Etc::preferencesparts "/dev/null";
Acquire::Languages "none";
APT::Sandbox::User "root";
#clear APT::Update::Post-Invoke;
#clear APT::Update::Post-Invoke-Success;
#clear DPkg::Post-Invoke;
CONF
}

# Downloads Debian sid's odoo-19 into a folder.
download_odoo_package() {
  local dir=$1 mirror
  [ -n "$(mirrors)" ] || quietly apt_get update
  for mirror in $(mirrors); do
    make_suite_apt "$dir" "$mirror" sid
    if quietly suite_apt "$dir" update && (cd "$dir" && quietly suite_apt "$dir" download odoo-19); then
      return
    fi
  done
  die "no mirror in the machine's apt configuration serves Debian sid"
}

# Prints the folder of an installed Odoo 19 (program and venv), installing it once per recipe.
odoo_prefix() {
  local key
  key=$(cat "$RIG_DIR/requirements.txt" "$RIG_DIR/debian.sh" | sha256sum | cut -c1-16)
  printf '%s\n' "$CACHE_DIR/odoo-19-$key"
}

install_odoo() {
  local prefix python
  prefix=$(odoo_prefix)
  [ -e "$prefix/complete" ] && return
  python=$(find_python)
  rm -rf "$prefix"
  mkdir -p "$prefix"
  say "fetching Odoo 19 from Debian sid"
  download_odoo_package "$prefix/apt"
  say "unpacking $(basename "$prefix"/apt/odoo-19_*.deb)"
  # Other countries' accounting and the translations are most of the package, and no test looks at them.
  dpkg-deb --fsys-tarfile "$prefix"/apt/odoo-19_*.deb | tar -x -C "$prefix" --wildcards \
    --exclude='*/addons/l10n_[!u]*' --exclude='*/addons/l10n_u[!s]*' --exclude='*/i18n/*'
  rm -rf "$prefix/apt"
  say "installing Odoo's Python packages"
  "$python" -m venv "$prefix/venv"
  quietly "$prefix/venv/bin/pip" install --disable-pip-version-check --no-input --retries 5 -r "$RIG_DIR/requirements.txt"
  touch "$prefix/complete"
}

odoo_program() {
  local prefix
  prefix=$(odoo_prefix)
  PYTHONPATH=$prefix/usr/lib/python3/dist-packages PYTHONUNBUFFERED=1 \
    "$prefix/venv/bin/python" "$prefix/usr/bin/odoo" "$@"
}
