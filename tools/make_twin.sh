#!/bin/sh
# Build build/twin, a virtual environment of Colab's versions, once for each content of tests/colab.txt.
set -eu
cd "$(dirname "$0")/.."
wanted=$(cat tests/colab.txt)
if [ -x build/twin/bin/python ] && [ "$(cat build/twin/colab.txt 2>/dev/null)" = "$wanted" ]; then
    exit 0
fi
echo "Building build/twin from tests/colab.txt (a few minutes, once) …"
.venv/bin/python -m venv --clear build/twin
build/twin/bin/python -m pip install --quiet --disable-pip-version-check -r tests/colab.txt || {
    echo "make: pip could not install tests/colab.txt; see its message above" >&2
    exit 1
}
cp tests/colab.txt build/twin/colab.txt
