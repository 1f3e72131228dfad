#!/bin/sh
# Write requirements/run.txt and requirements/dev.txt anew from pyproject.toml: exact versions, with the hashes of every
# file on offer for them, for Python 3.11 (the oldest supported; newer ones install the same). Versions already locked
# stay unless UPGRADE=1. No registry is named in them: where packages come from is the business of whoever installs.
set -eu
cd "$(dirname "$0")/.."

tools=.cache/lock
if [ ! -x "$tools/bin/pip-compile" ]; then
    python3.11 -m venv "$tools"
    "$tools/bin/python" -m pip install --quiet 'pip-tools>=7.6'
fi

lock() {
    output=$1
    shift
    "$tools/bin/pip-compile" --quiet --generate-hashes --strip-extras --allow-unsafe --no-header --no-emit-index-url \
        --no-emit-find-links --no-emit-trusted-host --no-emit-options ${UPGRADE:+--upgrade} \
        --output-file "requirements/$output" "$@" pyproject.toml
}

lock run.txt
lock dev.txt --extra dev --constraint requirements/run.txt
if grep -nE '://|--(extra-)?index-url|--find-links|--trusted-host' requirements/*.txt; then
    echo "The lines above name where packages come from: take them out of the configuration and run this again." >&2
    exit 1
fi
