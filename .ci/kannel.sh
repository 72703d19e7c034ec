#!/bin/sh
# A Kannel for the tests of SMS gateways: Debian's, which a test starts in a network of its own (one
# of its ports would be open to everyone), and for that iproute2.
# Without it these tests are reported as skipped, except under CI=true, where nothing may be skipped.
set -eu
if command -v bearerbox >/dev/null && [ -x /usr/lib/kannel/test/fakesmsc ] && command -v ip >/dev/null; then exit 0; fi
echo "Installing Kannel for the tests of SMS gateways." >&2
if sh "$(dirname "$0")/apt.sh" kannel kannel-extras iproute2; then exit 0; fi
echo "There is no Kannel, and it cannot be installed here: its tests will be skipped." >&2
echo "To run them:  sudo apt-get install kannel kannel-extras iproute2" >&2
[ "${CI:-}" != true ]
