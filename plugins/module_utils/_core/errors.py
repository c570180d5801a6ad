# Copyright: (c) 2026, polyhost.cloud contributors
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Every failure this collection can tell of, as types.

Pure: raised anywhere below the doors, turned into a failed task by the module door, into a parser error or a warning
by the inventory plugin. Messages hold no secrets; the client layer redacts what a provider says before it gets here.
"""

from __future__ import annotations

import typing as t


class VpsError(Exception):
    """A failure with everything a person needs to act on it.

    Args:
        message: what happened, to which object at which provider.
        hint: what to do next.
        facts: further keys of the failed result (C(id), C(ids), C(operation_id), C(request_id), C(option)...).

    C(check_first) is set by the client: the request that failed may be sent anew once the state was read.
    """

    check_first = False
    advice: str | None = None  # what to do where nobody gave a hint

    def __init__(self, message: str, *, hint: str | None = None, **facts: t.Any) -> None:
        super().__init__(message)
        self.message = message
        self.hint = hint
        self.facts: dict[str, t.Any] = {key: value for key, value in facts.items() if value is not None}

    def __str__(self) -> str:
        hint = self.hint or self.advice
        if not hint:
            return self.message
        return f"{self.message} {hint}" if self.message.endswith(("!", "?")) else f"{self.message.rstrip('.')}. {hint}"


# -- the caller's side: refused before anything is written ---------------------------------------------------------------


class OptionError(VpsError):
    """An option is missing or wrong; C(facts["option"]) names it."""


class UnsupportedError(VpsError):
    """The provider cannot do what was asked; C(facts["capability"]) names it."""


class MissingLibraryError(VpsError):
    """A Python library is not importable; C(facts["library"]) names it."""


class ConsentError(VpsError):
    """The plan needs an effect that C(allow) does not list; C(facts["needs"]) lists what to add."""


class ExpectationError(VpsError):
    """C(expect) or an accompanying name does not match the object."""


class CostError(VpsError):
    """The plan costs more than the caller wants to pay; C(facts["monthly_cost"]) is what it costs."""


class PlanChangedError(VpsError):
    """The plan is not the one that C(expect_plan) approved."""


class DriftError(VpsError):
    """C(on_drift=fail) and something differs that is not acted on."""


class AmbiguousError(VpsError):
    """More than one object fits; C(facts["ids"]) lists them."""

    @classmethod
    def of(cls, title: str, what: str, ids: t.Sequence[str], hint: str) -> AmbiguousError:
        """The failure for several objects of one name.

        Args:
            title: the provider's.
            what: they, in words ("instances named web1").
        """
        return cls(f"{title} has {len(ids)} {what}: {', '.join(ids)}", hint=hint, ids=list(ids))


class NotBegunError(VpsError):
    """Another object of the same task failed before anything was sent about this one."""


class DeletionLimitError(VpsError):
    """A task would delete more than C(max_delete); C(facts["ids"]) lists what."""


class LedgerError(VpsError):
    """The ledger is missing, unreadable, or does not tell enough to go on safely."""


# -- the provider's side ------------------------------------------------------------------------------------------------


class ProviderError(VpsError):
    """The provider answered with a failure of its own."""


class AuthError(ProviderError):
    """The credentials were refused. Never to be read as "not found"."""


class ForbiddenError(ProviderError):
    """The credentials are valid but do not reach that far."""


class NotFoundError(ProviderError):
    """The object does not exist, as far as this one answer goes."""


class ConflictError(ProviderError):
    """Locked, busy, in the wrong state, or existing already."""


class QuotaError(ProviderError):
    """A quota, a credit or a billing rule stands in the way."""


class CapacityError(ProviderError):
    """The provider has no room for it at the moment."""


class RejectedError(ProviderError):
    """The provider refused the request as such (client error)."""


class OperationFailedError(ProviderError):
    """Something accepted earlier ended in failure; C(facts["operation_id"]) names task or job."""


class NotAppliedError(ProviderError):
    """The provider accepted a change and did not carry it out."""


class ConfigurationError(VpsError):
    """Wrong URL, a redirect, an untrusted certificate: nothing a retry would cure."""


# -- the way there and back ---------------------------------------------------------------------------------------------


class TransientError(VpsError):
    """A read failed in a way that may pass: time-out, reset, 5xx, an answer that is no answer."""

    advice = "Try again later."


class UnreachableError(TransientError):
    """No connection could be made; provably nothing was sent."""


class ProtocolError(TransientError):
    """The answer does not have any documented shape."""


class ContradictionError(TransientError):
    """Two answers contradict each other: something is being made or deleted."""


class RateLimitedError(TransientError):
    """Too many requests; C(retry_after) in seconds when the provider told."""

    advice = "Try again later; if it happens often, lower rate_limit on every controller of the account."

    def __init__(self, message: str, *, retry_after: float | None = None, **facts: t.Any) -> None:
        super().__init__(message, **facts)
        self.retry_after = retry_after


class OutcomeUnknownError(VpsError):
    """A request that writes was sent and its fate is not known. Look before doing anything again."""


class WaitTimeoutError(VpsError):
    """The deadline passed; C(facts["id"]) or C(facts["operation_id"]) lets a second run continue."""


class WriteRefusedError(VpsError):
    """The read-only guard stopped a call that writes: an error of ours, never of the user."""
