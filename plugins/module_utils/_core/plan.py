# Copyright: (c) 2026, polyhost.cloud contributors
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The plan: ordered steps as plain data, the only source of C(changed), C(diff), warnings and calls.

Pure. A step says what changes, what that does to a running server (its effect) and whether it costs money.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import typing as t
from dataclasses import dataclass, replace

from .model import Price

NONE = "none"
RESTART = "restart"
STOP = "stop"
DETACH = "detach"
REBUILD = "rebuild"
REPLACE = "replace"
DELETE = "delete"

CONSENTS = (RESTART, REBUILD, REPLACE, DETACH, "cost")


@dataclass(frozen=True)
class Step:
    """One change.

    C(needs) lists the consents of C(allow) that this step asks for; C(secret) is what only the fingerprint may see;
    C(target) is what the driver needs to carry it out. None of the three is shown.
    """

    action: str
    field: str
    before: t.Any = None
    after: t.Any = None
    effect: str = NONE
    cost: bool = False
    price: Price | None = None
    needs: tuple[str, ...] = ()
    secret: str | None = None
    target: t.Any = None

    def public(self) -> dict[str, t.Any]:
        """The form users see."""
        return {
            "action": self.action,
            "field": self.field,
            "before": self.before,
            "after": self.after,
            "effect": self.effect,
            "cost": self.cost,
            "price": self.price.public() if self.price else None,
        }


@dataclass(frozen=True)
class Drift:
    """A difference that was seen and is not acted on; C(needs) is C(rebuild), C(replace) or C(unsupported)."""

    field: str
    current: t.Any
    wanted: t.Any
    needs: str

    def public(self) -> dict[str, t.Any]:
        """The form users see."""
        return {"field": self.field, "current": self.current, "wanted": self.wanted, "needs": self.needs}


@dataclass(frozen=True)
class Plan:
    """What would be done now; empty when nothing differs."""

    steps: tuple[Step, ...] = ()
    drift: tuple[Drift, ...] = ()
    warnings: tuple[str, ...] = ()
    approvable: bool = True

    def with_steps(self, steps: t.Iterable[Step]) -> Plan:
        """The same plan with other steps."""
        return replace(self, steps=tuple(steps))

    def missing_consents(self, allow: t.Collection[str]) -> list[str]:
        """The consents the steps ask for and the caller did not give, in the order of the documentation."""
        asked = {need for step in self.steps for need in step.needs}
        return [consent for consent in CONSENTS if consent in asked and consent not in allow]

    def public(self) -> list[dict[str, t.Any]]:
        """The form users see."""
        return [step.public() for step in self.steps]

    def fingerprint(self, key: str, provider: str, account: str, subject: str) -> str:
        """The C(plan_id): 16 hex digits of an HMAC-SHA256 over everything that was to be approved, and no times.

        Args:
            key: the account's token, so that secret inputs cannot be guessed from the digest.
            subject: the object's id, or its name where there is no id yet.
        """
        content = [provider, account, subject, [[step.public(), step.secret] for step in self.steps]]
        text = json.dumps(content, sort_keys=True, separators=(",", ":"), ensure_ascii=True, default=str)
        return hmac.new(key.encode("utf-8"), text.encode("utf-8"), hashlib.sha256).hexdigest()[:16]


def combined(plan_ids: t.Iterable[str]) -> str:
    """The C(plan_id) of several plans that are carried out by one task, whatever their order; each is keyed already."""
    return hashlib.sha256("\n".join(sorted(plan_ids)).encode("utf-8")).hexdigest()[:16]
