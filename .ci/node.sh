#!/bin/sh
# axe-core, the accessibility checker of the browser tests, from npm; a file of data, never run
# by node. Where npm is missing and cannot be installed its tests are skipped, except under CI.
set -eu
cd "$(dirname "$0")/../tests"
if ! command -v npm >/dev/null; then
    echo "Installing npm for the accessibility tests." >&2
    sh ../.ci/apt.sh npm || true
fi
if command -v npm >/dev/null; then
    npm ci --silent --no-fund --no-audit --ignore-scripts
else
    echo "There is no npm: the accessibility tests will be skipped." >&2
    [ "${CI:-}" != true ]
fi
