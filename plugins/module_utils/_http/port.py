# Copyright: (c) 2026, polyhost.cloud contributors
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Whether a server's port can be reached: the only connection that is not made to a provider."""

from __future__ import annotations

import socket


def accepts_tcp(host: str, port: int, timeout: float = 3.0) -> bool:
    """Whether a TCP connection to C(host):C(port) can be made within C(timeout) seconds."""
    try:
        with socket.create_connection((host, port), timeout=timeout):
            return True
    except OSError:
        return False
