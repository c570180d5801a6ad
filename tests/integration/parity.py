# Copyright: (c) 2026, polyhost.cloud contributors
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Compares what came through the two doors, key by key. What may differ is listed here and nowhere else.

Run with two folders of recorded results, it compares all files of the same name.
"""

from __future__ import annotations

import itertools
import json
import re
import sys
import typing as t
from pathlib import Path

# What may differ: the clock, the machine, and what ansible-core itself does to the results of modules only.
TIMES = frozenset({"ms", "waited", "seconds", "elapsed", "started_at", "finished_at", "created_at", "updated_at", "ordered_at", "expires_at", "since"})
PORTS = re.compile(r"(127\.0\.0\.1|localhost):\d+")
MOMENTS = re.compile(r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d(:\d\d)?(\.\d+)?(Z|\+00:00)?|\d+(\.\d+)? seconds|\d+(\.\d+)? s\b")
OF_CORE = frozenset(
    {
        "exception",  # the traceback, which names files of either door
        "failed_when_suppressed_exception",  # 2.19 and 2.20 add it to results of modules only
        "ansible_job_id",
        "results_file",
    }
)
DISCOVERED = "discovered_interpreter_python"
INTERPRETER = re.compile(r"(is using|but future installation|discovered).*[Pp]ython interpreter", re.DOTALL)


def comparable(value: t.Any, key: str = "") -> t.Any:
    """A result without what may differ."""
    if key in TIMES and value is not None:
        return "a time"
    if isinstance(value, dict):
        kept = {name: comparable(item, name) for name, item in value.items() if name not in OF_CORE}
        facts = kept.get("ansible_facts")
        if isinstance(facts, dict) and set(facts) == {DISCOVERED}:
            del kept["ansible_facts"]
        if isinstance(kept.get("warnings"), list):
            kept["warnings"] = [text for text in kept["warnings"] if not INTERPRETER.search(str(text))]
        return {name: item for name, item in kept.items() if (name, item) != ("warnings", [])}
    if isinstance(value, list):
        return [comparable(item) for item in value]
    if isinstance(value, str):
        return MOMENTS.sub("a time", PORTS.sub(r"\1:a port", value))
    return value


def differences(fast: t.Any, module: t.Any, where: str = "") -> t.Iterator[str]:
    """Where two comparable results differ, in words."""
    if isinstance(fast, dict) and isinstance(module, dict):
        for key in sorted({*fast, *module}):
            place = f"{where}.{key}"
            if key not in fast or key not in module:
                yield f"{place}: only through the {'fast' if key in fast else 'module'} door: {json.dumps(fast.get(key, module.get(key)))[:200]}"
            else:
                yield from differences(fast[key], module[key], place)
    elif isinstance(fast, list) and isinstance(module, list) and len(fast) == len(module):
        for number, (one, other) in enumerate(zip(fast, module, strict=True)):
            yield from differences(one, other, f"{where}[{number}]")
    elif fast != module:
        yield f"{where}: fast {json.dumps(fast)[:300]}, module {json.dumps(module)[:300]}"


def read(path: Path) -> list[dict[str, t.Any]]:
    """What callbacks saw in a test's runs, in order; what hosts did at the same time is sorted by host."""
    lines = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    grouped = itertools.groupby(lines, key=lambda line: line["task"])
    return [comparable(line) for _task, group in grouped for line in sorted(group, key=lambda line: str(line["host"]))]


def compare(fast: Path, module: Path) -> int:
    """Compare two folders; prints every difference, and how many results were compared.

    Raises:
        ValueError: there is nothing to compare.
    """
    names = sorted({path.name for folder in (fast, module) for path in folder.iterdir()})
    found, results = 0, 0
    for name in names:
        if not ((fast / name).exists() and (module / name).exists()):
            print(f"{name}: recorded through one door only")
            found += 1
            continue
        one, other = read(fast / name), read(module / name)
        results += len(one)
        if [line["task"] for line in one] != [line["task"] for line in other]:
            print(f"{name}: not the same tasks")
            found += 1
            continue
        for left, right in zip(one, other, strict=True):
            for difference in differences(left, right):
                print(f"{name}: {left['task']} [{left['host']}]{difference}")
                found += 1
    if not results:
        raise ValueError("no results were recorded")
    print(f"{results} results of {len(names)} tests were compared, {found} differences")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(compare(Path(sys.argv[1]), Path(sys.argv[2])))
