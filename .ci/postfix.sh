#!/bin/sh
# Postfix's smtp-sink for the tests of letters and their benchmark: Debian's. The mail server beside
# it is not asked to start: it gets no configuration.
# Without it these tests are reported as skipped, except under CI=true, where nothing may be skipped.
set -eu
if [ -x /usr/sbin/smtp-sink ]; then exit 0; fi
echo "Installing Postfix for the tests of letters." >&2
if [ "$(id -u)" = 0 ]; then as_root=""; else as_root="sudo -n"; fi
echo "postfix postfix/main_mailer_type select No configuration" | $as_root debconf-set-selections 2>/dev/null || true
if sh "$(dirname "$0")/apt.sh" postfix; then exit 0; fi
echo "There is no Postfix, and it cannot be installed here: its tests will be skipped." >&2
echo "To run them:  sudo apt-get install postfix" >&2
[ "${CI:-}" != true ]
