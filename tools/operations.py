# Copyright: (c) 2026, polyhost.cloud contributors
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Compare what the simulator was asked in the integration tests with the providers' tables of operations.

Run inside the tree (see C(tools/tree.py)) with the file that the tests wrote. An operation of a table that was not carried out on the wire is a
failure, and so is one that is in no table, and a broken rule of a contract.
"""

from __future__ import annotations

import json
import pathlib
import sys
import typing as t

from ansible_collections.polyhost.cloud.plugins.module_utils._registry import DRIVERS

UNKNOWN = "unknown"  # what the simulator's log calls a request that is no operation


def main() -> int:
    """Print seen / listed for each provider, and what is wrong."""
    lines: list[dict[str, t.Any]] = [json.loads(line) for line in pathlib.Path(sys.argv[1]).read_text(encoding="utf-8").splitlines()]
    wrong = [f"{line['provider']}: {line['broken_rule']}: {line['message']} ({line['test']})" for line in lines if "broken_rule" in line]
    number = 0
    for name, driver in DRIVERS.items():
        table = driver.operations()
        asked = {line["operation"] for line in lines if line["provider"] == name and "operation" in line} - {UNKNOWN}
        seen = {line["operation"] for line in lines if line["provider"] == name and line.get("carried_out")} - {UNKNOWN}
        number += len(seen)
        reasons = {operation for operation, home in table.listed.items() if home.module is None}
        reached = len(seen & set(table.listed))
        print(f"{name}: {reached} seen / {len(table.listed)} listed, {len(reasons)} not used for a reason; {len(seen & set(table.further))} further ones seen")
        for operation in sorted(reasons):
            print(f"  {operation}: not used: {table.listed[operation].how}")
        wrong += [f"{name}: {operation} was not seen" for operation in sorted(table.used - seen)]
        wrong += [f"{name}: {operation} was seen and is in no table" for operation in sorted(asked - table.used)]
    print(f"{number} operations were seen")
    for line in wrong:
        print(f"WRONG {line}")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
