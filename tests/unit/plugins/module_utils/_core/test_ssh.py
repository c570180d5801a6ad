# Copyright: (c) 2026, polyhost.cloud contributors
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Public SSH keys: what is one, and when two lines are the same key."""

from __future__ import annotations

import base64
import struct

import pytest

from ansible_collections.polyhost.cloud.plugins.module_utils._core import ssh
from ansible_collections.polyhost.cloud.plugins.module_utils._core.errors import OptionError

LINE = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIH4mrFSsFCPLlUEDsGGKhTpb5HcXeU5cXpdkCpwwTX5b first@example.com"
OTHER = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAINXLx4MfZlpKCZ7z3vMGm1VKZCbJKaqmH7F4vqMzpgzT second@example.com"
SHA256 = "SHA256:UkIAUpkiZCC/wC8JPs3w5NliK6DCAIqEx6TxW57g1r0"  # of LINE, as ssh-keygen -l tells it
MD5 = "ca9b768b5433151b40c77ab159185d65"  # the same with -E md5, without colons
PRIVATE = "-----BEGIN OPENSSH PRIVATE KEY-----\nb3BlbnNzaC1rZXktdjEA\n-----END OPENSSH PRIVATE KEY-----"


def line_of(kind: str, content: bytes = b"content") -> str:
    blob = struct.pack(">I", len(kind)) + kind.encode() + content
    return f"{kind} {base64.b64encode(blob).decode()}"


@pytest.mark.parametrize("kind", ssh.KINDS)
def test_all_kinds_are_read(kind: str) -> None:
    assert ssh.parse(line_of(kind)).kind == kind


def test_a_comment_is_no_part_of_a_key() -> None:
    bare = " ".join(LINE.split()[:2])
    assert ssh.parse(LINE) == ssh.parse(bare) == ssh.parse(f"  {bare}   a comment of many words ")
    assert ssh.parse(LINE) != ssh.parse(OTHER)


def test_fingerprints() -> None:
    assert (ssh.parse(LINE).fingerprint, ssh.parse(LINE).md5) == (SHA256, MD5)


@pytest.mark.parametrize("told", [SHA256, SHA256 + "=", MD5, MD5.upper(), f"MD5:{MD5}", ":".join(MD5[place : place + 2] for place in range(0, 32, 2))])
def test_a_fingerprint_in_any_form_is_recognised(told: str) -> None:
    assert ssh.parse(LINE).has(told) is True
    assert ssh.parse(OTHER).has(told) is False


@pytest.mark.parametrize("told", ["", "None", "abc", "SHA512:abc"])
def test_a_fingerprint_of_an_unknown_form_proves_nothing(told: str) -> None:
    assert ssh.parse(LINE).has(told) is None


@pytest.mark.parametrize(
    "line",
    [
        "",
        "ssh-ed25519",
        "rubbish",
        "ssh-ed448 AAAA",
        "ssh-ed25519 AAAA!",
        "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5",
        LINE.replace("ssh-ed25519", "ssh-rsa", 1),
        line_of("ssh-rsa", b""),
        f"{LINE}\n{OTHER}",
        f'command="ls" {LINE}',
    ],
)
def test_what_is_no_key_is_refused(line: str) -> None:
    with pytest.raises(OptionError, match="public_key") as refusal:
        ssh.parse(line)
    assert refusal.value.facts["option"] == "public_key"


@pytest.mark.parametrize("text", [PRIVATE, "PuTTY-User-Key-File-3: ssh-ed25519", PRIVATE.replace("OPENSSH", "RSA"), PRIVATE.replace("\n", " ")])
def test_a_private_key_is_refused_and_not_quoted(text: str) -> None:
    with pytest.raises(OptionError, match="private key") as refusal:
        ssh.parse(text)
    assert "b3Blbn" not in str(refusal.value)


def test_objects_are_compared_by_what_they_show() -> None:
    assert ssh.differs({"public_key": LINE, "fingerprint": "of another kind"}, LINE) is False
    assert ssh.differs({"public_key": OTHER, "fingerprint": SHA256}, LINE) is True
    assert ssh.differs({"public_key": None, "fingerprint": MD5}, LINE) is False
    assert ssh.differs({"public_key": "ssh-ed25519 AAAA...", "fingerprint": MD5}, OTHER) is True
    assert ssh.differs({"public_key": None, "fingerprint": None}, LINE) is False
