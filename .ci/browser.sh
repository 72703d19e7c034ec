#!/bin/sh
# A browser for the end-to-end tests: Debian's chromium, and the same without windows, which takes half
# the time. Without it these tests are reported as skipped, except under CI=true, where nothing may be.
set -eu
if command -v chromium >/dev/null && command -v chromium-headless-shell >/dev/null; then exit 0; fi
echo "Installing chromium for the browser tests." >&2
if sh "$(dirname "$0")/apt.sh" chromium chromium-headless-shell fonts-dejavu-core; then exit 0; fi
if command -v chromium >/dev/null; then exit 0; fi
echo "There is no chromium, and it cannot be installed here: the browser tests will be skipped." >&2
echo "To run them:  sudo apt-get install chromium" >&2
[ "${CI:-}" != true ]
