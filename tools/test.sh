#!/bin/sh
# The checks, then the whole suite on both engines, also where a check failed; arguments go to pytest. The last line is
# pytest's own, unless a check failed.
set -u
cd "$(dirname "$0")/.."
tools/check.sh
checks=$?
.venv/bin/python -m pytest -n "${WORKERS:-2}" --dist worksteal "$@"
tests=$?
[ "$checks" = 0 ] || echo "the checks failed: see above, or run make check"
[ "$tests" = 0 ] || exit "$tests"
exit "$checks"
