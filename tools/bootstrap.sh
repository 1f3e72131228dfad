#!/bin/sh
# Make .venv and install into it exactly what requirements/NAME.txt locks; do nothing where that is done already.
#
#   tools/bootstrap.sh run    what the server needs
#   tools/bootstrap.sh dev    that and what the checks, the tests and the demo need
#
# Needs Python 3.11 or later with its venv module, and a network the first time and when a lock changed. PYTHON=… names
# an interpreter; without it the system's own is preferred to whatever else stands on PATH.
set -eu
cd "$(dirname "$0")/.."
name=$1
lock=requirements/$name.txt

usable() {
    "$1" -c 'import sys, venv, ensurepip; sys.exit(sys.version_info < (3, 11))' >/dev/null 2>&1
}

find_python() {
    for candidate in ${PYTHON:-/usr/bin/python3 python3 python3.14 python3.13 python3.12 python3.11}; do
        if usable "$candidate"; then
            command -v "$candidate"
            return
        fi
    done
    return 1
}

say() {
    echo "fedicert: $*"
}

stamp() {
    # What was installed: the lock, and the interpreter it was installed for.
    { cat "requirements/$1.txt" && .venv/bin/python -VV; } 2>/dev/null | sha256sum
}

installed() {
    [ -f ".venv/$1.installed" ] && [ "$(cat ".venv/$1.installed")" = "$(stamp "$1")" ]
}

python=$(find_python) || {
    say "Python 3.11 or later with venv is missing. Install it: apt-get install python3 python3-venv" >&2
    for candidate in ${PYTHON:-/usr/bin/python3 python3}; do
        command -v "$candidate" >/dev/null && say "  found: $candidate, $("$candidate" --version 2>&1)" >&2
    done
    exit 1
}

# Left by an interrupted run, or moved, or made by an interpreter that is gone.
if [ -e .venv ] && { [ -e .venv/unfinished ] || ! .venv/bin/python -c "import pip" >/dev/null 2>&1; }; then
    say "the .venv here can't be used; making it anew"
    rm -rf .venv
fi
if [ ! -e .venv ]; then
    say "making .venv with $python ($("$python" --version))"
    mkdir .venv
    touch .venv/unfinished
    "$python" -m venv .venv
    rm .venv/unfinished
fi

if ! installed "$name" && ! { [ "$name" = run ] && installed dev; }; then
    say "installing $(grep -c '==' "$lock") packages, checked against the hashes in $lock" \
        "(a minute or two; only when the lock changes)"
    touch .venv/unfinished
    .venv/bin/python -m pip install -qq --no-input --disable-pip-version-check --no-deps --require-hashes -r "$lock"
    stamp "$name" >".venv/$name.installed"
    rm .venv/unfinished
    say "installed"
fi

# The independent peer that the demo and the tests talk to, and the verifiers that the tests ask: software from npm,
# with locks of their own.
if [ "$name" = dev ] && [ -f fedicert/rigs/fedify_peer.py ]; then
    .venv/bin/python -m fedicert.rigs.fedify_peer --install
fi
if [ "$name" = dev ] && [ -f fedicert/rigs/node_verifier.py ]; then
    .venv/bin/python -m fedicert.rigs.node_verifier --install
fi
