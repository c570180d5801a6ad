# Copyright: (c) 2026, polyhost.cloud contributors
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Host names: the form in which they are compared and sent.

Pure. C(idna) comes along with C(requests), and only names beyond ASCII need it.
"""

from __future__ import annotations

import re

from .errors import MissingLibraryError

try:
    import idna
except ImportError:
    idna = None  # type: ignore[assignment]

LONGEST = 253
LONGEST_LABEL = 63

_LABEL = re.compile(r"[a-z0-9]([a-z0-9-]*[a-z0-9])?")


def canonical(name: str) -> str:
    """A full host name in lower case, without trailing dot, labels beyond ASCII as A-labels.

    Raises:
        ValueError: it is no host name; the text says why.
        MissingLibraryError: it holds characters beyond ASCII and C(idna) is missing.
    """
    spelt = name.strip()
    if not spelt.isascii():
        spelt = _a_labels(spelt)
    spelt = spelt.lower().removesuffix(".")
    if not spelt or len(spelt) > LONGEST:
        raise ValueError(f"it has {len(spelt)} characters, and a host name 1 to {LONGEST}")
    labels = spelt.split(".")
    for label in labels:
        _check_label(label)
    if len(labels) < 2:
        raise ValueError("its domain is missing")
    if labels[-1].isdigit():
        raise ValueError("its last part is a number, as if it were an address")
    return spelt


def same(one: str | None, other: str | None) -> bool:
    """Whether two names are the same: without case and trailing dot."""
    return plain(one) == plain(other)


def plain(name: str | None) -> str | None:
    """A name as some system told it, in the form that is compared; None for none."""
    return ((name or "").strip().lower().removesuffix(".")) or None


def _check_label(label: str) -> None:
    if not label:
        raise ValueError("it has an empty label (two dots in a row, or one at the start)")
    if len(label) > LONGEST_LABEL:
        raise ValueError(f"the label {label[:20]}... has {len(label)} characters, and a label at most {LONGEST_LABEL}")
    if not _LABEL.fullmatch(label):
        raise ValueError(f"the label {label!r} must be letters, digits and inner dashes only")


def _a_labels(name: str) -> str:
    if idna is None:
        raise MissingLibraryError("Host names beyond ASCII need the Python library idna", library="idna")
    try:
        return str(idna.encode(name, uts46=True).decode("ascii"))
    except idna.IDNAError as exc:
        raise ValueError(f"it is no valid international name ({exc})") from None
