# Copyright: (c) 2026, polyhost.cloud contributors
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Comparing a server with a wish: every difference becomes a step or drift.

Neutral between providers: what differs between them comes from the driver's capabilities, C(resolve) and C(check_change).
The order of the steps is that of the documentation: unlock, rename, tags, firewalls, placement group, resize, rebuild, finalized ISO,
password, power, rescue, lock.
"""

from __future__ import annotations

import json
import typing as t
from dataclasses import replace

from .._core.errors import AmbiguousError, OptionError
from .._core.model import RESCUE, RUNNING, STOPPED, SUSPENDED, Instance, Ref
from .._core.normalise import map_to_plain_tags, plain_tags_to_map
from .._core.plan import NONE, REBUILD, RESTART, STOP, Drift, Step
from .._providers.base import SECRET_FIELDS, Driver, Wish

ALWAYS = ("restart", "repair")  # actions that each run takes, and that no field tells of
_GROWING_ONLY = ("ip_count",)


class Comparison:
    """The differences between an instance and a wish.

    Args:
        fresh: the server was just made (or is about to be): nothing needs consent, states that always act do not act.
    """

    def __init__(self, driver: Driver, wish: Wish, instance: Instance, *, fresh: bool = False) -> None:
        self.driver = driver
        self.wish = wish
        self.instance = instance
        self.fresh = fresh
        self.steps: list[Step] = []
        self.drift: list[Drift] = []
        self.warnings: list[str] = []
        self.approvable = True
        self.replaces: list[str] = []
        self._refused_size: OptionError | None = None
        self._compare()

    # -- the sequence -----------------------------------------------------------------------------------------------

    def _compare(self) -> None:
        self._lock(False)
        self._rename()
        self._tags()
        self._firewalls()
        self._placement()
        self._sizes()
        self._image()
        self._iso()
        self._fixed()
        if self._refused_size and not self.replaces:
            raise self._refused_size
        self._password()
        if self.wish.state == "stopped" and self.wish.fields.get("rescue") is False:
            self._rescue()  # leaving the rescue system boots, so it comes before the stop
            self._power()
        else:
            self._power()
            self._rescue()
        self._lock(True)
        if self.fresh:
            self.steps = [_on_new_server(step) for step in self.steps]

    def _lock(self, wanted: bool) -> None:
        if self.wish.fields.get("locked") is wanted and self.instance.locked is not wanted:
            self.steps.append(Step("lock" if wanted else "unlock", "locked", self.instance.locked, wanted))

    def _rename(self) -> None:
        name = self.wish.name
        if self.fresh or not self.wish.id or not name or name == self.instance.name:
            return
        taken = [match for match in self.driver.find(name).present if match.id != self.instance.id]
        if taken:
            raise AmbiguousError(
                f"Cannot rename {self.driver.label(self.instance)} to {name}: {self.driver.label(taken[0])} has that name",
                hint="Choose another name.",
                ids=[match.id for match in taken],
            )
        self.steps.append(Step("rename", "name", self.instance.name, name))

    def _tags(self) -> None:
        wanted = self.wish.fields.get("tags")
        if wanted is None:
            return
        current = self.instance.tags
        kept = {} if self.wish.purge_tags else {key: value for key, value in current.items() if key.partition("=")[0] not in wanted}
        target = plain_tags_to_map(map_to_plain_tags({**kept, **wanted}))
        if map_to_plain_tags(target) != map_to_plain_tags(current):
            self.steps.append(Step("set", "tags", dict(sorted(current.items())), target))

    def _firewalls(self) -> None:
        wanted = self.wish.fields.get("firewalls")
        if wanted is None:
            return
        current = self.instance.firewalls
        refs = self._refs("firewalls", wanted, current)
        if {_key(ref) for ref in refs} != {_key(ref) for ref in current} or self.instance.facts.get("uneven_firewalls"):
            self.steps.append(Step("set", "firewalls", _names(current), _names(refs), target=tuple(refs)))

    def _placement(self) -> None:
        """Moving is out of one group and into the other."""
        wanted, current = self.wish.fields.get("placement_group"), self.instance.facts.get("placement_group")
        if wanted is None:
            return
        target = None if wanted == "" else self._placement_group(wanted, current)
        if current and (target is None or _key(target) != _key(current)):
            self.steps.append(Step("detach", "placement_group", str(current), None))
            current = None
        if target and current is None:
            self.steps.append(Step("attach", "placement_group", None, str(target), target=target))

    def _placement_group(self, wanted: str, current: Ref | None) -> Ref:
        return current if current and wanted == current.id else self.driver.resolve("placement_group", wanted, self.instance)

    def _refs(self, kind: str, wanted: t.Sequence[str], current: t.Sequence[Ref]) -> list[Ref]:
        """The wanted names or ids as refs that can be compared with the current ones."""
        refs = []
        for item in wanted:
            known = [ref for ref in current if item in (ref.id, ref.name)]
            refs.append(known[0] if len(known) == 1 else self._resolve(kind, item))
        return refs

    def _resolve(self, kind: str, wanted: str) -> Ref:
        try:
            return self.driver.resolve(kind, wanted, self.instance)
        except OptionError as exc:
            if not (self.driver.context.check_mode and exc.facts.get("missing")):
                raise
            self.approvable = False
            self.warnings.append(f"{exc.message}; the prediction takes it that an earlier task makes it")
            return Ref(None, wanted)

    def _sizes(self) -> None:
        changes: dict[str, t.Any] = {}
        for field in self.driver.compared_sizes:
            wanted = self.wish.fields.get(field)
            current = self.current(field)
            if wanted is None or wanted == current or (current is None and not self._unread(field)):
                continue
            if field in _GROWING_ONLY and current is not None and wanted < current:
                self.drift.append(Drift(field, current, wanted, "unsupported"))
                continue
            if self.fresh and field in self.driver.PROFILE.capabilities.carried:  # ordered, and nobody allowed to order more
                self.drift.append(Drift(field, current, wanted, "unsupported"))
                continue
            changes[field] = wanted
        unfinished = self.instance.facts.get("upgrade") and "size" in self.wish.fields
        if unfinished:
            changes.setdefault("size", self.wish.fields["size"])
        if not changes:
            return
        try:
            details = self.driver.check_change(self.instance, changes, self.wish)
        except OptionError as exc:
            if self.fresh or "replace" not in self.wish.allow:
                raise
            self._refused_size = exc  # in place; a replacement may have it
            return
        effect = details.get("effect", RESTART) if self.running else NONE
        cost = bool(details.get("cost", True))
        needs = details.get("needs")
        if needs is None:
            needs = [RESTART] * (effect == RESTART) + ["cost"] * cost
        for position, (field, wanted) in enumerate(changes.items()):
            self.steps.append(
                Step(
                    "resize",
                    field,
                    self.current(field),
                    wanted,
                    effect,
                    cost,
                    details.get("price") if position == 0 else None,
                    needs=tuple(needs),
                    target={"predicted": details.get("predicted", {})} if position == 0 else None,
                )
            )

    def _unread(self, field: str) -> bool:
        """Whether the current value is missing although the driver was asked for it: then it differs."""
        return field == "size" and bool(self.instance.facts.get("upgrade"))

    def current(self, field: str) -> t.Any:
        """The current value of a field of the wish, as results show it; None where it is not known."""
        return current_value(self.instance, field)

    def _image(self) -> None:
        wanted = self.wish.fields.get("image")
        current = Ref(self.instance.image_id, self.instance.image)
        rebuildable = self.driver.PROFILE.capabilities.rebuild_with_image
        if self.wish.state == "rebuilt" and not self.fresh:
            self._rebuild(wanted)
            return
        if wanted is None or self._same("image", wanted, [current]):
            return
        if not self.fresh and rebuildable and REBUILD in self.wish.allow:
            self._rebuild(wanted)
        else:
            self._differs("image", str(current), wanted, "rebuild" if rebuildable else "replace")

    def _rebuild(self, image: str | None) -> None:
        if image is not None and not self.driver.PROFILE.capabilities.rebuild_with_image:
            raise self.driver.unsupported("rebuilt")
        before = self.instance.image or self.instance.image_id
        predicted = self.driver.predict_rebuild(self.instance, image)
        self.steps.append(Step("rebuild", "image", before, image or before, REBUILD, needs=(REBUILD,), target=predicted))

    def _iso(self) -> None:
        """An installation from an ISO is finished once; false asks for nothing, since the mark cannot be put back."""
        if self.wish.fields.get("iso_finalized") and self.instance.facts.get("iso"):
            restart = self.running
            effect, needs = (RESTART, (RESTART,)) if restart else (NONE, ())
            self.steps.append(Step("finalize", "iso_finalized", False, True, effect, needs=needs, target={"image": None, "image_id": None}))

    def _fixed(self) -> None:
        fields = self.wish.fields
        if self.driver.PROFILE.capabilities.names == "account" and self.wish.region and self.instance.region and self.wish.region != self.instance.region:
            self._differs("region", self.instance.region, self.wish.region, "replace")
        if fields.get("network") is not None and not self._same("network", fields["network"], self.instance.networks):
            self._differs("network", ", ".join(str(ref) for ref in self.instance.networks or ()), fields["network"], "replace")
        keys = fields.get("ssh_keys")
        if keys is not None and self.instance.ssh_keys is not None:
            current = self.instance.ssh_keys
            if {_key(ref) for ref in self._refs("ssh_keys", keys, current)} != {_key(ref) for ref in current}:
                self._differs("ssh_keys", _names(current), sorted(keys), "replace")
        wanted = fields.get("public_ip")
        if wanted is not None and self.instance.addresses and wanted != self.current("public_ip"):
            if self.instance.facts.get("forced_address"):
                self.drift.append(Drift("public_ip", not wanted, wanted, "unsupported"))
            else:
                self._differs("public_ip", not wanted, wanted, "replace")

    def _same(self, kind: str, wanted: str, current: t.Sequence[Ref] | None) -> bool:
        """Whether what the provider shows is the wanted one; true where nothing comparable is shown."""
        shown = [ref for ref in current or () if ref.id or ref.name]
        if not shown or any(wanted in (ref.id, ref.name) for ref in shown):
            return True
        if all(ref.id and ref.name for ref in shown):
            return False
        resolved = self._resolve(kind, wanted)
        return any((ref.id and ref.id == resolved.id) or (ref.name and ref.name == resolved.name) for ref in shown)

    def _differs(self, field: str, current: t.Any, wanted: t.Any, needs: str) -> None:
        if "replace" in self.wish.allow and not self.fresh:
            self.replaces.append(field)
        else:
            self.drift.append(Drift(field, current, wanted, needs))

    def _password(self) -> None:
        password = self.wish.fields.get("password")
        carried = "password" in self.driver.PROFILE.capabilities.carried
        due = (self.fresh and not carried) or (not self.fresh and self.wish.update_password == "always")
        if password is not None and due:
            restart = self.running
            self.steps.append(Step("set", "password", effect=RESTART if restart else NONE, needs=(RESTART,) if restart else (), secret=password))
        if self.wish.reset_password and not self.fresh:
            self.steps.append(Step("set", "password", target="reset"))

    @property
    def running(self) -> bool:
        """Whether the guest runs; rescue counts as running, and so does whatever is on its way there."""
        return self.instance.status not in (STOPPED, SUSPENDED)

    def _power(self) -> None:
        state, status = self.wish.state, self.instance.status
        suspended = status == SUSPENDED
        booted = RESCUE if self.instance.rescue else RUNNING
        if state == "repaired" and not self.fresh:
            self._power_step("repair", booted)
        elif state == "restarted" and not self.fresh:
            self._power_step("restart" if self.running else "resume" if suspended else "start", booted)
        elif (state in ("started", "restarted") or (self.fresh and state in ("present", "rebuilt", "repaired"))) and not self.running:
            self._power_step("resume" if suspended else "start", booted)
        elif state == "stopped" and status != STOPPED:
            if suspended:
                self._power_step("resume", RUNNING)
            self._power_step("stop", STOPPED, RUNNING if suspended else status)
        elif state == "suspended" and status != SUSPENDED:
            self._power_step("suspend", SUSPENDED)

    def _power_step(self, action: str, after: str, before: str | None = None) -> None:
        effect = {"stop": STOP, "suspend": STOP, "restart": RESTART, "repair": RESTART}.get(action, NONE)
        self.steps.append(Step(action, "status", before or self.instance.status, after, effect))

    def _rescue(self) -> None:
        wanted, current = self.wish.fields.get("rescue"), self.instance.rescue
        shown = current if current is not None else self.instance.status == RESCUE
        if wanted is None or shown is wanted:
            return
        restart = self.running
        self.steps.append(
            Step("rescue" if wanted else "unrescue", "rescue", current, wanted, RESTART if restart else NONE, needs=(RESTART,) if restart else ())
        )


def current_value(instance: Instance, field: str) -> t.Any:
    """What an instance shows for an option of the wish; None where it is not known."""
    if field == "ip_count":
        return len([a for a in instance.addresses if a.family == "ipv4"]) if instance.addresses else None  # whatever their scope (HA-10)
    if field == "public_ip":
        return any(a.scope == "public" for a in instance.addresses)
    if field == "iso_finalized":
        return not instance.facts.get("iso")
    if field == "placement_group":
        group = instance.facts.get("placement_group")
        return str(group) if group else None
    return getattr(instance, field, None)


def creation_step(wish: Wish, region: str | None, price: t.Any, action: str = "create", before: t.Any = None) -> Step:
    """The step that makes a server: its C(after) tells all that was asked for, its secret part the secret options."""
    shown = {field: value for field, value in wish.fields.items() if field not in SECRET_FIELDS}
    secrets = {field: wish.fields[field] for field in SECRET_FIELDS if field in wish.fields}
    after = {"name": wish.name, "region": region, **shown}
    effect = "replace" if action == "replace" else NONE
    needs = ("replace", "cost") if action == "replace" else ()
    return Step(action, "instance", before, dict(sorted(after.items())), effect, True, price, needs, json.dumps(secrets, sort_keys=True) if secrets else None)


def satisfied(step: Step, instance: Instance) -> bool:
    """Whether an instance shows the effect of a step; false where it cannot be seen."""
    if step.action in (*ALWAYS, "rebuild") or step.field == "password":
        return False
    if step.field == "firewalls":
        return {_key(ref) for ref in step.target} == {_key(ref) for ref in instance.firewalls}
    if step.field == "tags":
        return map_to_plain_tags(step.after) == map_to_plain_tags(instance.tags)
    return bool(current_value(instance, step.field) == step.after)


def _on_new_server(step: Step) -> Step:
    """The step on a server that was just made: it needs no consent, and what it was made with is no state before."""
    return replace(step, before=None, needs=())


def _names(refs: t.Iterable[Ref]) -> list[str]:
    return sorted(str(ref) for ref in refs)


def _key(ref: Ref) -> str:
    return ref.id or f"name:{ref.name}"
