# Copyright: (c) 2026, polyhost.cloud contributors
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Public SSH keys: what one line of OpenSSH says, and when two of them are the same key.

Pure.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import re
import typing as t
from dataclasses import dataclass

from .errors import OptionError

KINDS = (
    "ssh-ed25519",
    "ssh-rsa",
    "ssh-dss",
    "ecdsa-sha2-nistp256",
    "ecdsa-sha2-nistp384",
    "ecdsa-sha2-nistp521",
    "sk-ssh-ed25519@openssh.com",
    "sk-ecdsa-sha2-nistp256@openssh.com",
)
_PRIVATE = re.compile(r"PRIVATE KEY|PuTTY-User-Key-File", re.IGNORECASE)
_ONE_LINE = "Give the one line of the file that ends in .pub: kind, key and perhaps a comment."


@dataclass(frozen=True)
class PublicKey:
    """A public key; its comment, which is no part of it, is left out."""

    kind: str
    blob: bytes

    @property
    def fingerprint(self) -> str:
        """Its fingerprint as ssh-keygen shows it."""
        return "SHA256:" + base64.b64encode(hashlib.sha256(self.blob).digest()).decode("ascii").rstrip("=")

    @property
    def md5(self) -> str:
        """Its fingerprint in the old form: 32 hex digits, without colons."""
        return hashlib.md5(self.blob, usedforsecurity=False).hexdigest()

    def has(self, fingerprint: str) -> bool | None:
        """Whether a provider's fingerprint is that of this key; None for a form that cannot be compared."""
        if fingerprint.upper().startswith("SHA256:"):
            return fingerprint[7:].rstrip("=") == self.fingerprint[7:]
        digits = fingerprint.lower().removeprefix("md5:").replace(":", "")
        return digits == self.md5 if re.fullmatch(r"[0-9a-f]{32}", digits) else None


def parse(line: str) -> PublicKey:
    """The key of one line of OpenSSH.

    Raises:
        OptionError: it is a private key, or no key at all; the message does not quote it.
    """
    if _PRIVATE.search(line):
        raise OptionError(
            "public_key holds a private key; nothing was sent",
            hint=f"{_ONE_LINE} Whoever can read this playbook or its log may have seen the private one by now.",
            option="public_key",
        )
    words = line.split(None, 2)
    if len(words) < 2 or words[0] not in KINDS or len(line.strip().splitlines()) != 1:
        raise OptionError(f"public_key is no public key of OpenSSH (a line that starts with one of {', '.join(KINDS)})", hint=_ONE_LINE, option="public_key")
    blob = _decoded(words[1])
    name = words[0].encode("ascii")
    if blob is None or not blob.startswith(len(name).to_bytes(4, "big") + name) or len(blob) <= 4 + len(name):
        raise OptionError(f"public_key is damaged: what follows {words[0]} is no key of that kind", hint=_ONE_LINE, option="public_key")
    return PublicKey(words[0], blob)


def seen(line: str | None) -> PublicKey | None:
    """The key that a provider shows; None where that has no readable form."""
    try:
        return parse(line) if line else None
    except OptionError:
        return None


def differs(current: t.Mapping[str, t.Any], wanted: str) -> bool:
    """Whether an object is provably another key than the wanted line; comments do not count.

    Args:
        current: its C(public_key) and C(fingerprint), as far as the provider shows them.
    """
    key = parse(wanted)
    shown = seen(current.get("public_key"))
    return shown != key if shown else key.has(str(current.get("fingerprint"))) is False


def _decoded(word: str) -> bytes | None:
    try:
        return base64.b64decode(word, validate=True)
    except (binascii.Error, ValueError):
        return None
