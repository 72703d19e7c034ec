#!/bin/sh
# A Ceph object gateway for the tests of what SeaweedFS does not know: bucket policies, the public
# access block, websites. Debian's; a test session makes a cluster of its own in memory.
# Without it these tests are reported as skipped, except under CI=true, where nothing may be skipped.
set -eu
if command -v radosgw >/dev/null && command -v ceph-mon >/dev/null && command -v ceph-osd >/dev/null; then exit 0; fi
echo "Installing Ceph for the tests of object stores." >&2
if sh "$(dirname "$0")/apt.sh" radosgw ceph-mon ceph-osd ceph-common; then exit 0; fi
echo "There is no Ceph, and it cannot be installed here: its tests will be skipped." >&2
echo "To run them:  sudo apt-get install radosgw ceph-mon ceph-osd ceph-common" >&2
[ "${CI:-}" != true ]
