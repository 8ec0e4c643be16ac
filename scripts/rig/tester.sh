# shellcheck shell=bash
# The independent tester of the pull API, pinned, in the cache. Sourced after settings.sh.

# Prints the command; nothing on a machine whose Python cannot make a venv.
api_tester() {
  local prefix python
  prefix=$CACHE_DIR/tools/tester-$(digest <"$RIG_DIR/tester.txt")
  if [ ! -e "$prefix/complete" ]; then
    python=$(command -v python3) || return 0
    if declare -F find_python >/dev/null; then python=$(find_python); fi
    say "installing the tester of the pull API"
    rm -rf "$prefix"
    mkdir -p "$prefix"
    "$python" -m venv "$prefix/venv" >&2 || return 0
    quietly "$prefix/venv/bin/pip" install --disable-pip-version-check --no-input --retries 5 -r "$RIG_DIR/tester.txt"
    touch "$prefix/complete"
  fi
  printf '%s\n' "$prefix/venv/bin/schemathesis"
}
