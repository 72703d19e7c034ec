#!/bin/sh
# From npm: axe-core, the accessibility checker of the browser tests, which is data to us, and
# web-push-testing, a push service that node runs on loopback for the tests of the sender. Where npm
# is missing and cannot be installed their tests are skipped, except under CI.
set -eu
cd "$(dirname "$0")/../tests"
if ! command -v npm >/dev/null; then
    echo "Installing npm for the tests of accessibility and of web push." >&2
    sh ../.ci/apt.sh npm || true
fi
if command -v npm >/dev/null; then
    npm ci --silent --no-fund --no-audit --ignore-scripts
else
    echo "There is no npm: the tests of accessibility and of web push will be skipped." >&2
    [ "${CI:-}" != true ]
fi
