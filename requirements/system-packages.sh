#!/bin/sh
# What only the system can bring. Installs as root on Debian (or through sudo with CI=true); elsewhere it says what to do.
#   system-packages.sh python [PYTHON]    Python 3.11+ that can make virtual environments
#   system-packages.sh tests              Chromium and PostgreSQL
set -eu

install() {
  if [ "$(id -u)" = 0 ] && command -v apt-get >/dev/null 2>&1; then sudo=""
  elif [ "${CI:-}" = true ] && command -v apt-get >/dev/null 2>&1; then sudo="sudo"
  else return 1
  fi
  # Debian would start a cluster of its own at once; the tests make theirs.
  $sudo mkdir -p /etc/postgresql-common
  [ -f /etc/postgresql-common/createcluster.conf ] ||
    echo "create_main_cluster = false" | $sudo tee /etc/postgresql-common/createcluster.conf >/dev/null
  $sudo apt-get update -qq
  $sudo env DEBIAN_FRONTEND=noninteractive apt-get install -y -qq --no-install-recommends "$@" >/dev/null
}

case "${1:-}" in
python)
  python="${2:-python3}"
  "$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null || {
    echo "Python 3.11 or newer is needed. Name it: make PYTHON=python3.12 …" >&2; exit 1; }
  "$python" -c 'import ensurepip, venv' 2>/dev/null || install python3-venv || {
    echo "Python cannot make virtual environments here: sudo apt-get install python3-venv" >&2; exit 1; }
  ;;
tests)
  missing=""
  [ -n "${CHROMIUM:-}" ] || command -v chromium >/dev/null 2>&1 || command -v chromium-browser >/dev/null 2>&1 ||
    command -v google-chrome >/dev/null 2>&1 || missing="chromium"
  ls /usr/lib/postgresql/*/bin/initdb >/dev/null 2>&1 || command -v initdb >/dev/null 2>&1 || missing="$missing postgresql"
  # shellcheck disable=SC2086
  [ -z "$missing" ] || install $missing ||
    echo "Some tests are skipped without these: sudo apt-get install $missing"
  ;;
*) echo "usage: system-packages.sh python [PYTHON] | tests" >&2; exit 2 ;;
esac
