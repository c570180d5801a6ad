# Copyright: (c) 2026, polyhost.cloud contributors
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What providers and their users wrote, made safe to be a host variable: never evaluated, and plain text wherever it can be.

ansible-core 2.19 and later evaluate only text that is marked as trusted, and C(ansible-inventory --export) wraps all other text;
earlier ones evaluate all text that is not marked as unsafe. Braces alone tell nothing: C(when: "{{ variable }}") runs a bare
C(lookup('pipe', ...)) on either. So only a narrow set of characters, with which no call can be written, counts as harmless.
"""

from __future__ import annotations

import re
import typing as t

try:
    from ansible.template import trust_as_template as _harmless
except ImportError:  # before 2.19: untouched text is evaluated, the rest has to be wrapped
    from ansible.utils.unsafe_proxy import wrap_var as _risky

    def _harmless(value: str) -> str:
        return value

else:

    def _risky(value: str) -> str:
        return value


_HARMLESS = re.compile(r"[A-Za-z0-9_.:/@+ -]*")


class Marker:
    """Marks values; equal texts are one object."""

    def __init__(self) -> None:
        self._texts: dict[str, str] = {}

    def mark(self, value: t.Any) -> t.Any:
        """A JSON value with all its texts marked, keys of maps included where that matters."""
        if isinstance(value, str):
            return self._text(value)
        if isinstance(value, dict):
            return {self._key(key): self.mark(item) for key, item in value.items()}
        if isinstance(value, (list, tuple)):
            return [self.mark(item) for item in value]
        return value

    @staticmethod
    def _key(key: t.Any) -> t.Any:
        """The key of a map, which C(compose) may make of anything."""
        return _risky(_writable(key)) if isinstance(key, str) and not _HARMLESS.fullmatch(key) else key

    def _text(self, value: str) -> str:
        found = self._texts.get(value)
        if found is None:
            plain = str(value)
            found = self._texts[plain] = _harmless(plain) if _HARMLESS.fullmatch(plain) else _risky(_writable(plain))
        return found


def _writable(value: str) -> str:
    """The text without halves of surrogate pairs, which JSON can carry and no output can: one of them would break all of C(--list --yaml)."""
    return value.encode("utf-8", "replace").decode("utf-8")
