#!/bin/sh
# Build .venv from requirements.txt, once for each content of that file. Says in one line what is missing.
set -eu
cd "$(dirname "$0")/.."
wanted=$(cat requirements.txt)
if [ -x .venv/bin/python ] && [ "$(cat .venv/requirements.txt 2>/dev/null)" = "$wanted" ]; then
    exit 0
fi
python=${PYTHON:-python3}
stop() { echo "make: $1" >&2; exit 1; }
command -v "$python" >/dev/null 2>&1 || stop "no $python here; install Python 3.11 or newer, or name one: make PYTHON=python3.12 lab"
"$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' ||
    stop "$("$python" --version) is too old; the course needs Python 3.11 or newer: make PYTHON=python3.12 lab"
"$python" -c 'import ensurepip, venv' 2>/dev/null ||
    stop "$python cannot make virtual environments; on Debian or Ubuntu: apt install python3-venv"
echo "Building .venv from requirements.txt (a few minutes, once) …"
"$python" -m venv .venv
.venv/bin/python -m pip install --quiet --disable-pip-version-check -r requirements.txt ||
    stop "pip could not install requirements.txt; see its message above"
cp requirements.txt .venv/requirements.txt
