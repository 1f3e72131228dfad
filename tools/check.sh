#!/bin/sh
# Everything that reads the code without running it: style, layout, types, contracts, and which of the client API is
# served. Runs all of them, shows the output of those that fail, and names them in its last line.
set -u
cd "$(dirname "$0")/.."
bin=.venv/bin
failed=
output=$(mktemp)
trap 'rm -f "$output"' EXIT

step() {
    step=$1
    shift
    if "$@" >"$output" 2>&1; then
        printf '  %-10s ok\n' "$step"
        [ -z "${SHOW:-}" ] || cat "$output"
    else
        printf '  %-10s FAILED\n' "$step"
        cat "$output"
        failed="$failed $step"
    fi
}

step style "$bin/ruff" check fedicert tests tools
step layout "$bin/ruff" format --check fedicert tests tools
step types "$bin/mypy" fedicert
step contracts "$bin/lint-imports"
[ ! -f tools/client_api.py ] || SHOW=1 step client-api "$bin/python" tools/client_api.py
step law "$bin/python" tools/law.py
step mutants "$bin/python" tools/mutants.py --apply-only

[ -z "$failed" ] || {
    echo "checks that failed:$failed"
    exit 1
}
