# Copyright: (c) 2026, polyhost.cloud contributors
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The file of a private key: readable by its owner alone, there as a whole or not at all, and never in the place of another."""

from __future__ import annotations

import contextlib
import os
import tempfile
import typing as t

from ._core.errors import OptionError, ProviderError


def check(path: str) -> None:
    """Refuse a path at which nothing can be written.

    Raises:
        OptionError: it is not absolute, its folder is missing or not writable, or something is there.
    """
    folder = os.path.dirname(path)
    if not os.path.isabs(path) or not os.path.basename(path):
        raise _refusal(f"{path} is no absolute path of a file", "Write it out, beginning with a slash or ~.")
    if os.path.lexists(path):
        raise _refusal(f"{path} exists, and is never written over", "Name another file, or move this one away.")
    if not os.path.isdir(folder) or not os.access(folder, os.W_OK | os.X_OK):
        raise _refusal(f"{folder} is no folder that can be written to", "Make it first, with mode 0700; it is on the machine that runs the module.")


@contextlib.contextmanager
def reserved(path: str) -> t.Iterator[t.Callable[[str], None]]:
    """Prove that a private key can be written before one is ordered; yields what writes it.

    Args:
        path: where it will be; checked.

    Raises:
        OptionError: the folder takes no file.
    """
    folder, name = os.path.split(path)
    try:
        handle, temporary = tempfile.mkstemp(prefix=f".{name}.", dir=folder)  # mode 0600
    except OSError as exc:
        raise _refusal(f"{folder} takes no new file ({exc.strerror})", "Name a folder that can be written to.") from exc
    kept = False

    def keep(private_key: str) -> None:
        nonlocal kept
        kept = True  # whatever goes wrong from here on, what was written stays
        try:
            _write(handle, private_key.rstrip("\n").encode("utf-8") + b"\n")  # without its last line break, ssh does not read it
            _put(temporary, path)
        except OSError as exc:
            raise ProviderError(
                f"The private key could not be put at {path} ({exc.strerror}); as far as it was written, it is in {temporary}",
                hint="Look at that file. If it is not whole, nobody has the private half: delete the key with state: absent and run the task again.",
            ) from exc

    try:
        yield keep
    finally:
        os.close(handle)
        if not kept:
            os.unlink(temporary)


def _write(handle: int, content: bytes) -> None:
    while content:
        written = os.write(handle, content)
        content = content[written:]
    os.fsync(handle)


def _put(temporary: str, path: str) -> None:
    """Give a file its name. Unlike a rename, a link fails where something is by now."""
    try:
        os.link(temporary, path)
    except FileExistsError:
        raise
    except OSError:  # a file system without links
        if os.path.lexists(path):
            raise
        os.rename(temporary, path)
    else:
        os.unlink(temporary)


def _refusal(problem: str, hint: str) -> OptionError:
    return OptionError(f"private_key_path: {problem}", hint=hint, option="private_key_path")
