#!/bin/sh
# SpamAssassin for the test of letters: what a mail server would think of the digest, asked offline.
# Without it this test is reported as skipped, except under CI=true, where nothing may be skipped.
set -eu
if command -v spamassassin >/dev/null; then exit 0; fi
echo "Installing SpamAssassin for the test of letters." >&2
if sh "$(dirname "$0")/apt.sh" spamassassin; then exit 0; fi
echo "There is no SpamAssassin, and it cannot be installed here: its test will be skipped." >&2
echo "To run it:  sudo apt-get install spamassassin" >&2
[ "${CI:-}" != true ]
