# Copyright: (c) 2026, polyhost.cloud contributors
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Draws what a terminal shows (standard input, with its colours) as a picture (standard output)."""

from __future__ import annotations

import io
import sys

from rich.console import Console
from rich.text import Text

SPDX = """<!-- Copyright: (c) 2026, polyhost.cloud contributors
     GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
     SPDX-License-Identifier: GPL-3.0-or-later
     Drawn by tools/picture.py -->
"""

title, text = sys.argv[1], Text.from_ansi(sys.stdin.read())
console = Console(record=True, width=max(len(line) for line in text.plain.splitlines()) + 1, file=io.StringIO(), legacy_windows=False)
console.print(text)
drawn = console.export_svg(title=title, unique_id="plan")
# Its fonts lie on the web; a reader's own will do.
drawn = drawn[: drawn.index("@font-face")] + drawn[drawn.rindex("@font-face") :].split("}", 1)[1]
sys.stdout.write(drawn.replace("Fira Code", "ui-monospace, 'DejaVu Sans Mono', Menlo, Consolas").replace("\n", f"\n{SPDX}", 1))
