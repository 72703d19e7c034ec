#!/bin/sh
# Makes the virtual environment $1. Debian keeps venv's pip in a package of its own: where it is
# missing it is installed if we may, and otherwise asked for.
set -eu
[ -x "$1/bin/pip" ] && exit 0
python=$(command -v python3.11 || command -v python3)
if ! "$python" -c 'import sys; sys.exit(sys.version_info < (3, 11))'; then
    echo "Python 3.11 or newer is needed, and $("$python" --version) is here." >&2
    exit 1
fi
if "$python" -m venv "$1" 2>/dev/null && [ -x "$1/bin/pip" ]; then exit 0; fi
echo "Installing python3-venv, which venv needs on Debian." >&2
if sh "$(dirname "$0")/apt.sh" python3-venv; then
    "$python" -m venv --clear "$1"
else
    echo "Please install it and try again:  sudo apt-get install python3-venv" >&2
    exit 1
fi
