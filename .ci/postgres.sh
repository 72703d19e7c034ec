#!/bin/sh
# A PostgreSQL for the tests of databases: Debian's, of which each test makes a server of its own.
# Without it these tests are reported as skipped, except under CI=true, where nothing may be
# skipped. Debian would make and start a cluster at once; nobody here needs that one.
set -eu
for programs in "" /usr/lib/postgresql/*/bin/; do
    if command -v "${programs}pg_ctl" >/dev/null; then exit 0; fi
done
echo "Installing PostgreSQL for the tests of databases." >&2
here=$(dirname "$0")
settings=/etc/postgresql-common/createcluster.conf
if sh "$here/apt.sh" postgresql-common; then
    if [ "$(id -u)" = 0 ]; then as_root=""; else as_root="sudo -n"; fi
    $as_root sed -i 's/^#* *create_main_cluster *=.*/create_main_cluster = false/' "$settings" || true
    if sh "$here/apt.sh" postgresql; then exit 0; fi
fi
echo "There is no PostgreSQL, and it cannot be installed here: its tests will be skipped." >&2
echo "To run them:  sudo apt-get install postgresql" >&2
[ "${CI:-}" != true ]
