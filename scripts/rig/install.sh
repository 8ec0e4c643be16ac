# shellcheck shell=bash
# Odoo 19 out of Debian sid's package, without making the machine a sid machine: a program folder and a venv, once per
# recipe, in the cache. Sourced after debian.sh.

ODOO_PREFIX=$CACHE_DIR/odoo-19-$(cat "$RIG_DIR"/{requirements.txt,install.sh} | digest)

# A private apt: `suite_apt FOLDER COMMAND...` sees one suite, and nothing of the machine's lists, caches or hooks.
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

download_odoo_package() {
  local dir=$1 mirror
  [ -n "$(mirrors)" ] || quietly apt_get update
  for mirror in $(mirrors); do
    make_suite_apt "$dir" "$mirror" sid
    if quietly suite_apt "$dir" update && (cd "$dir" && quietly suite_apt "$dir" download odoo-19); then return; fi
  done
  die "no mirror in this machine's apt configuration serves Debian sid's odoo-19"
}

install_odoo() {
  [ -e "$ODOO_PREFIX/complete" ] && return
  local python
  python=$(find_python)
  rm -rf "$ODOO_PREFIX"
  mkdir -p "$ODOO_PREFIX"
  say "fetching Odoo 19 from Debian sid"
  download_odoo_package "$ODOO_PREFIX/apt"
  say "unpacking $(basename "$ODOO_PREFIX"/apt/odoo-19_*.deb)"
  # Other countries' accounting and the translations are most of the package, and no test looks at them.
  dpkg-deb --fsys-tarfile "$ODOO_PREFIX"/apt/odoo-19_*.deb | tar -x -C "$ODOO_PREFIX" --wildcards \
    --exclude='*/addons/l10n_[!u]*' --exclude='*/addons/l10n_u[!s]*' --exclude='*/i18n/*'
  rm -rf "$ODOO_PREFIX/apt"
  say "installing Odoo's Python packages"
  "$python" -m venv "$ODOO_PREFIX/venv"
  quietly "$ODOO_PREFIX/venv/bin/pip" install --disable-pip-version-check --no-input --retries 5 \
    -r "$RIG_DIR/requirements.txt"
  touch "$ODOO_PREFIX/complete"
}
