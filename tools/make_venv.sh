#!/bin/sh
# Build a virtual environment, once for each content of its pins: make_venv.sh [FOLDER PINS], .venv from
# requirements.txt if nothing is named. Says in one line what is missing.
set -eu
cd "$(dirname "$0")/.."
folder=${1:-.venv}
pins=${2:-requirements.txt}
if [ -x "$folder/bin/python" ] && cmp -s "$pins" "$folder/pins.txt"; then
    exit 0
fi
python=${PYTHON:-python3}
stop() { echo "make: $1" >&2; exit 1; }
command -v "$python" >/dev/null 2>&1 || stop "no $python here; install Python 3.11 or newer, or name one: make PYTHON=python3.12 lab"
"$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))' ||
    stop "$("$python" --version) is too old; the course needs Python 3.11 or newer: make PYTHON=python3.12 lab"
"$python" -c 'import ensurepip, venv' 2>/dev/null ||
    stop "$python cannot make virtual environments; on Debian or Ubuntu: apt install python3-venv"
echo "Building $folder from $pins (a few minutes, once) …"
"$python" -m venv --clear "$folder"
"$folder/bin/python" -m pip install --quiet --disable-pip-version-check -r "$pins" ||
    stop "pip could not install $pins; see its message above"
cp "$pins" "$folder/pins.txt"
