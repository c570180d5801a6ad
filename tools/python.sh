#!/bin/sh
# Copyright: (c) 2026, polyhost.cloud contributors
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

# Runs its arguments with the first interpreter that ansible-core 2.19 accepts as controller and that can make virtual
# environments. Each candidate is tried by running it: a version manager's shim may exist and still fail.
# PYTHON=/path/to/python chooses another one.

probe='import sys, venv, ensurepip; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))'

# What belongs to the caller's own Python must not leak into ours.
unset PYTHONHOME PYTHONPATH PYTHONSTARTUP VIRTUAL_ENV
PYTHONDONTWRITEBYTECODE=1
export PYTHONDONTWRITEBYTECODE

for candidate in "${PYTHON:-}" python3.11 python3.12 python3.13 python3 python; do
    if [ -n "$candidate" ] && "$candidate" -c "$probe" >/dev/null 2>&1; then
        exec "$candidate" "$@"
    fi
done

echo "No usable Python found: this needs Python 3.11, 3.12 or 3.13 with the modules venv and ensurepip" >&2
echo "(on Debian and Ubuntu: apt install python3-venv). Set PYTHON=/path/to/python to choose one." >&2
exit 1
