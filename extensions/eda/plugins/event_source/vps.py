# Copyright: (c) 2026, polyhost.cloud contributors
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What happens to the servers of an inventory, as events for Event-Driven Ansible.

ansible-rulebook runs this file by itself, outside of Ansible's loader: it imports nothing of the collection.
"""

from __future__ import annotations

import asyncio
import contextlib
import fcntl
import fnmatch
import json
import logging
import os
import random
import re
import shutil
import signal
import sys
import tempfile
import typing as t
from dataclasses import asdict, dataclass, field, fields
from datetime import datetime, timezone
from pathlib import Path

DOCUMENTATION = r"""
---
name: vps
short_description: Tells what happens to the servers of an inventory
author: polyhost.cloud contributors (@polyhost)
version_added: 1.0.0
description:
  - Lists an inventory of C(polyhost.cloud.vps) again and again by C(ansible-inventory), and tells what has changed since the listing before.
  - Every event is a map C(vps) with C(event), one of C(created), C(vanished), C(state_changed), C(address_changed), C(mismatch), C(match),
    C(listing_failed) and C(listing_recovered).
  - A listing that fails is an event of its own. It never means that servers have vanished.
  - What was seen is kept in O(state_file). What happens while nobody watches is told once, at the next start.
  - An event is handed over before it is written down that it was. After a crash in between it is told a second time; none is lost.
options:
  inventory:
    description:
      - The inventory, or several, as for C(ansible-inventory -i). Files and folders only. A relative path starts at the working directory of
        ansible-rulebook.
    type: list
    elements: str
    required: true
  state_file:
    description:
      - Where the servers are kept that were seen last. It is made at the first start, only its owner may read it, and it holds no secrets.
      - Each event source needs a file of its own. Delete it to begin anew.
    type: str
    required: true
  interval:
    description: Seconds between the end of a listing and the start of the next one.
    type: float
    default: 60
  jitter:
    description: By how much of itself the interval varies by chance, from 0 to 1, so that several watchers do not ask at the same time.
    type: float
    default: 0.1
  timeout:
    description: Seconds after which a listing is ended and counts as failed.
    type: float
    default: 300
  command:
    description: The program that lists, by its path or by its name on the path; it is looked for beside ansible-rulebook too.
    type: str
    default: ansible-inventory
  hosts:
    description: Patterns such as C(web*) of the hosts that events are wanted of.
    type: list
    elements: str
    default: ["*"]
  events:
    description: The events that are wanted, by name; all of them if left out.
    type: list
    elements: str
    choices: [created, vanished, state_changed, address_changed, mismatch, match, listing_failed, listing_recovered]
  expect:
    description:
      - What must hold. Maps patterns of hosts to maps of fields and their values; of several patterns that fit a host, later ones go first.
      - The fields are those of C(after) in the events, such as C(status), C(size), C(locked) and C(tags). The value of a map, like C(tags), must be
        part of it. A list of values for a field that has only one means one of them.
      - A field that the listing of a provider leaves out (C(vps_not_read)) is not judged.
    type: dict
    default: {}
  initial:
    description: Whether the servers of the very first listing are told as C(created).
    type: bool
    default: false
"""

EXAMPLES = r"""
- name: Watch servers
  hosts: localhost
  sources:
    - polyhost.cloud.vps:
        inventory: all.vps.yml
        state_file: /var/lib/eda/vps.json
        interval: 120
        expect:
          "*": {status: running}
          web*: {size: [g3.small, g3.medium], tags: {role: web}}
  rules:
    - name: A server is not as it should be
      condition: event.vps.event == "mismatch"
      action:
        debug:
          msg: "{{ event.vps.host }} differs in {{ event.vps.differs }}"
    - name: A server vanished
      condition: event.vps.event == "vanished"
      action:
        run_playbook:
          name: provision.yml
"""

CREATED, VANISHED = "created", "vanished"
STATE_CHANGED, ADDRESS_CHANGED = "state_changed", "address_changed"
MISMATCH, MATCH = "mismatch", "match"
LISTING_FAILED, LISTING_RECOVERED = "listing_failed", "listing_recovered"
EVENTS = (CREATED, VANISHED, STATE_CHANGED, ADDRESS_CHANGED, MISMATCH, MATCH, LISTING_FAILED, LISTING_RECOVERED)

STATE = ("status",)
ADDRESSES = ("public_ipv4", "public_ipv6", "private_ipv4", "addresses")
IDENTITY = ("provider", "account", "region", "id")
# What is kept and told of a server. A user's own variables are not: compose may put a password there.
FIELDS = (*IDENTITY, "name", *STATE, *ADDRESSES, "locked", "rescue", "image", "size", "cpu", "memory_mb", "disk_gb", "tags", "firewalls", "network")

PART, ALL = "part", "all"  # how much of a listing failed
VERSION = 1  # of the state file
MOST_OF_A_REASON = 1000  # characters

# Ansible takes an inventory that cannot be read for an empty one, unless it is told not to.
STRICT = {"ANSIBLE_INVENTORY_ANY_UNPARSED_IS_FAILED": "true", "ANSIBLE_INVENTORY_UNPARSED_FAILED": "true", "ANSIBLE_NOCOLOR": "true"}
# What the inventory warns of under on_error: warn.
LEFT_OUT = re.compile(r"The inventory goes on without this account|region \S+ is left out:")
# The other inventory plugins of ansible only say that the file is not theirs.
OTHERS_FAULT = re.compile(r"with '?(?:yaml|ini|toml|script|host_list|advanced_host_list)'? plugin")
QUOTED = re.compile(r"The (?:offending line|error) appears to be|Origin: |<<< caused by")

Record = dict[str, t.Any]
Event = dict[str, dict[str, t.Any]]

logger = logging.getLogger(__name__)


class OptionError(ValueError):
    """An option that nothing can be done with; told before anything is listed."""


class ListingError(Exception):
    """A listing that failed; nothing can be said about any server."""


class Queue(t.Protocol):
    """Where events go."""

    async def put(self, event: Event, /) -> None:
        """Hand over an event."""


# -- options --------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Options:
    """The options, checked; see DOCUMENTATION."""

    inventory: tuple[str, ...]
    state_file: Path
    interval: float = 60.0
    jitter: float = 0.1
    timeout: float = 300.0
    command: str = "ansible-inventory"
    hosts: tuple[str, ...] = ("*",)
    events: tuple[str, ...] = EVENTS
    expect: t.Mapping[str, Record] = field(default_factory=dict)
    initial: bool = False

    @classmethod
    def of(cls, args: t.Mapping[str, t.Any]) -> Options:
        """The options from the arguments of the event source.

        Raises:
            OptionError: one is unknown, missing or wrong.
        """
        known = [option.name for option in fields(cls)]
        unknown = sorted(set(args) - set(known))
        if unknown:
            raise OptionError(f"{unknown[0]}: not an option of this event source. Known are: {', '.join(known)}.")
        for name in ("inventory", "state_file"):
            if not args.get(name):
                raise OptionError(f"{name}: is needed, and it is missing or empty.")
        read: dict[str, t.Callable[[str, t.Any], t.Any]] = {
            "inventory": _inventory,
            "state_file": lambda name, value: Path(_text(name, value)).expanduser().absolute(),
            "interval": _seconds,
            "jitter": _fraction,
            "timeout": _seconds,
            "command": _program,
            "hosts": _texts,
            "events": _events,
            "expect": _expectations,
            "initial": _yes_or_no,
        }
        given = {"command": cls.command, **{name: value for name, value in args.items() if value is not None}}
        return cls(**{name: read[name](name, value) for name, value in given.items()})


def _text(name: str, value: t.Any) -> str:
    if not isinstance(value, str) or not value:
        raise OptionError(f"{name}: must be a text, not {value!r}.")
    return value


def _texts(name: str, value: t.Any) -> tuple[str, ...]:
    values = value if isinstance(value, (list, tuple)) else [value]
    if not values:
        raise OptionError(f"{name}: is an empty list. Leave it out, or name something.")
    return tuple(_text(name, each) for each in values)


def _inventory(name: str, value: t.Any) -> tuple[str, ...]:
    paths = tuple(os.path.abspath(os.path.expanduser(path)) for path in _texts(name, value))
    for path in paths:
        if not os.path.exists(path):
            raise OptionError(f"{name}: there is no {path}.")
    return paths


def _number(name: str, value: t.Any) -> float:
    """A number, which templates may have made a text."""
    try:
        return float("" if isinstance(value, bool) else value)
    except (TypeError, ValueError):
        raise OptionError(f"{name}: must be a number, not {value!r}.") from None


def _seconds(name: str, value: t.Any) -> float:
    seconds = _number(name, value)
    if not 0 < seconds < float("inf"):
        raise OptionError(f"{name}: must be a number of seconds above 0, not {value!r}.")
    return seconds


def _fraction(name: str, value: t.Any) -> float:
    fraction = _number(name, value)
    if not 0 <= fraction <= 1:
        raise OptionError(f"{name}: must be a number from 0 to 1, not {value!r}.")
    return fraction


def _yes_or_no(name: str, value: t.Any) -> bool:
    said = {"true": True, "yes": True, "false": False, "no": False}.get(str(value).lower())
    if said is None:
        raise OptionError(f"{name}: must be true or false, not {value!r}.")
    return said


def _program(name: str, value: t.Any) -> str:
    command = os.path.expanduser(_text(name, value))
    beside = os.path.join(os.path.dirname(sys.executable), command)  # where a virtual environment has it that is not on the path
    found = shutil.which(command) or shutil.which(beside)
    if not found:
        raise OptionError(f"{name}: there is no program {command}, neither on the path nor beside {sys.executable}. Install ansible-core, or give its path.")
    return os.path.abspath(found)


def _events(name: str, value: t.Any) -> tuple[str, ...]:
    wanted = _texts(name, value)
    for event in wanted:
        if event not in EVENTS:
            raise OptionError(f"{name}: {event!r} is no event. Known are: {', '.join(EVENTS)}.")
    return wanted


def _expectations(name: str, value: t.Any) -> dict[str, Record]:
    if not isinstance(value, dict):
        raise OptionError(f"{name}: must map patterns of hosts to maps of fields, not {value!r}.")
    for pattern, expected in value.items():
        if not isinstance(expected, dict):
            raise OptionError(f"{name}: {pattern}: must be a map of fields and values, not {expected!r}.")
        for key in expected:
            if key not in FIELDS:
                raise OptionError(f"{name}: {pattern}: {key!r} is no field of a server. Known are: {', '.join(sorted(FIELDS))}.")
    return {str(pattern): dict(expected) for pattern, expected in value.items()}


# -- listing --------------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Listing:
    """What was listed.

    Args:
        servers: the servers by their uid, stale ones left out.
        stale: the provider and account of those that are only remembered.
        left_out: why it is not all that there is; empty for a complete listing.
    """

    servers: dict[str, Record]
    stale: frozenset[tuple[str, str]] = frozenset()
    left_out: str = ""

    def proves_absence(self, record: Record) -> bool:
        """Whether a server that is not listed is not there."""
        return not self.left_out and (record["provider"], record["account"]) not in self.stale


async def list_servers(options: Options) -> Listing:
    """Run the inventory once.

    Raises:
        ListingError: it failed, took too long, or said something else than a listing.
    """
    status, output, messages = await _run(options)
    if status:
        raise ListingError(f"{options.command} ended with status {status}: {_reason(messages) or 'it did not say why'}")
    try:
        hostvars = json.loads(output)["_meta"]["hostvars"]
        hosts = sorted((name, _plain(variables)) for name, variables in hostvars.items())
    except (ValueError, KeyError, TypeError, AttributeError):
        raise ListingError(f"{options.command} --list did not print a listing. Give the path of an ansible-inventory as command.") from None
    servers: dict[str, Record] = {}
    stale = set()
    for host, variables in hosts:
        prefix = _prefix(variables)
        if prefix is None:
            continue  # a host of the user's own
        if variables.get(f"{prefix}stale"):
            stale.add((str(variables[f"{prefix}provider"]), str(variables[f"{prefix}account"])))
        else:
            servers.setdefault(variables[f"{prefix}uid"], _record(host, variables, prefix))
    return Listing(servers, frozenset(stale), _reason(messages) if LEFT_OUT.search(" ".join(messages.split())) else "")


async def _run(options: Options) -> tuple[int, str, str]:
    """Exit status, output and messages of C(ansible-inventory); no child of ours is left, however this ends."""
    sources = [part for path in options.inventory for part in ("-i", path)]
    try:
        process = await asyncio.create_subprocess_exec(
            options.command,
            *sources,
            "--list",
            stdin=asyncio.subprocess.DEVNULL,
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
            env={**os.environ, **STRICT},
            start_new_session=True,  # so that it can be ended with everything it started
        )
    except OSError as error:
        raise ListingError(f"{options.command} cannot be run: {error.strerror}") from None
    try:
        output, messages = await asyncio.wait_for(process.communicate(), options.timeout)
    except BaseException as error:
        # At once, for a second cancellation may come while we wait for a gentle end; ansible-inventory cleans up nothing when asked to end either.
        with contextlib.suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)
        await process.wait()
        if isinstance(error, asyncio.TimeoutError):
            raise ListingError(f"{options.command} was ended after {options.timeout:g} seconds. Raise timeout if it needs longer.") from None
        raise
    return process.returncode or 0, output.decode("utf-8", "replace"), messages.decode("utf-8", "replace")


def _plain(value: t.Any) -> t.Any:
    """A value without the wrapping by which ansible-inventory marks text that must not be evaluated."""
    if isinstance(value, dict):
        return value["__ansible_unsafe"] if "__ansible_unsafe" in value else {key: _plain(item) for key, item in value.items()}
    return [_plain(item) for item in value] if isinstance(value, list) else value


def _prefix(variables: Record) -> str | None:
    """What the inventory of a server puts before its variables (hostvars_prefix); None for a host that is no server of ours."""
    for name, value in variables.items():
        prefix = name.removesuffix("uid")
        if name.endswith("uid") and value == "/".join(str(variables.get(prefix + key)) for key in ("provider", "account", "id")):
            return prefix
    return None


def _record(host: str, variables: Record, prefix: str) -> Record:
    """What is kept and told of a server; fields that this listing did not read are not in it."""
    record: Record = {"uid": variables[f"{prefix}uid"], "host": host}
    for name in FIELDS:
        if prefix + name in variables and name not in variables.get(f"{prefix}not_read", ()):
            record[name] = variables[prefix + name]
    record["id"] = str(record["id"])
    if "addresses" in record:
        record["addresses"] = sorted(each["address"] for each in record["addresses"])
    if "firewalls" in record:
        record["firewalls"] = sorted(str(each["name"] or each["id"]) for each in record["firewalls"])
    return record


def _reason(messages: str) -> str:
    """What ansible said, without the lines of files that it quotes: tokens may stand there."""
    said: list[str] = []
    for message in re.split(r"^(?=\[[A-Z ]+\]|ERROR!)", messages, flags=re.MULTILINE):
        told = " ".join(re.split(r"\n\s*\n", message)[0].split())
        if re.match(r"\[(?:WARNING|ERROR)\]|ERROR!", told) and not OTHERS_FAULT.search(told):
            said.append(QUOTED.split(told)[0].strip())
    text = "; ".join(dict.fromkeys(said))
    for name, value in os.environ.items():
        if len(value) > 7 and re.search(r"TOKEN|KEY|PASS|SECRET", name):
            text = text.replace(value, "***")
    text = re.sub(r"(?i)((?:token|key|password|secret)\w*[\"']?\s*[:=]\s*)\S+", r"\1***", text)
    return text if len(text) <= MOST_OF_A_REASON else text[:MOST_OF_A_REASON] + " ..."


# -- remembering ----------------------------------------------------------------------------------------------------------


@dataclass
class Memory:
    """What is kept from one listing to the next, and over restarts.

    Args:
        inventory: what was listed.
        servers: the servers by their uid, as they were seen last.
        whole: whether there was a complete listing ever; before that, a server that shows up was there already for all we know.
        mismatches: by uid, the fields that were told to differ, with what was expected.
        failing: how much of the last listing failed, as it was told: C(part), C(all), or nothing.
    """

    inventory: list[str]
    servers: dict[str, Record] = field(default_factory=dict)
    whole: bool = False
    mismatches: dict[str, Record] = field(default_factory=dict)
    failing: str | None = None


def load(path: Path, inventory: t.Sequence[str]) -> Memory:
    """What was kept, or a fresh memory where there is no file.

    Raises:
        OptionError: the file is of something else.
    """
    try:
        kept = json.loads(path.read_text(encoding="utf-8"))
        version = kept.pop("version")
        memory = Memory(**kept)
    except FileNotFoundError:
        return Memory(list(inventory))
    except OSError as error:
        raise OptionError(f"state_file: {path} cannot be read: {error.strerror}.") from None
    except (ValueError, KeyError, TypeError, AttributeError):
        raise OptionError(f"state_file: {path} was not written by this event source. Give another file, or delete it to begin anew.") from None
    if version != VERSION:
        raise OptionError(f"state_file: {path} has version {version}, and {VERSION} is known here. Delete it to begin anew.")
    if memory.inventory != list(inventory):
        was = ", ".join(map(str, memory.inventory))
        raise OptionError(f"state_file: {path} belongs to the inventory {was}. Give each event source a file of its own, or delete it to begin anew.")
    return memory


def save(path: Path, text: str) -> None:
    """Replace the file in one step, for its owner's eyes only."""
    handle, name = tempfile.mkstemp(dir=path.parent, prefix=f".{path.name}.")  # mode 0600
    try:
        with os.fdopen(handle, "w", encoding="utf-8") as file:
            file.write(text)
            file.flush()
            os.fsync(file.fileno())
        os.replace(name, path)
    except BaseException:
        os.unlink(name)
        raise


@contextlib.contextmanager
def only_user(path: Path) -> t.Iterator[None]:
    """Keep a second event source from using the same file.

    Raises:
        OptionError: one does already, or the file cannot be where it should.
    """
    try:
        path.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
        handle = os.open(path.with_name(path.name + ".lock"), os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
    except OSError as error:
        raise OptionError(f"state_file: {path} cannot be written: {error.strerror}.") from None
    try:
        fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        yield
    except BlockingIOError:
        raise OptionError(f"state_file: another event source uses {path}. Give each a file of its own.") from None
    finally:
        os.close(handle)


# -- watching -------------------------------------------------------------------------------------------------------------


class Watcher:
    """Turns listings into events.

    Raises:
        OptionError: the state file is not ours.
    """

    def __init__(self, options: Options) -> None:
        self._options = options
        self._memory = load(options.state_file, options.inventory)
        self._saved = ""

    async def look(self, queue: Queue) -> None:
        """List once, tell what happened, and only then write down that it was told."""
        try:
            listing = await list_servers(self._options)
        except ListingError as error:
            events = self._trouble(ALL, str(error))
        else:
            events = [*self._health(listing), *self._news(listing)]
        for event in events:
            if event["vps"]["event"] in self._options.events:
                await queue.put(event)
        text = json.dumps({"version": VERSION, **asdict(self._memory)}, indent=1)
        if text != self._saved:
            save(self._options.state_file, text)
            self._saved = text

    # -- of listings ------------------------------------------------------------------------------------------------

    def _health(self, listing: Listing) -> list[Event]:
        if listing.left_out:
            return self._trouble(PART, listing.left_out)
        if listing.stale:
            accounts = ", ".join(f"{account} ({provider})" for provider, account in sorted(listing.stale))
            return self._trouble(PART, f"Only old answers could be had of these accounts: {accounts}")
        if self._memory.failing is None:
            return []
        self._memory.failing = None
        return [_event(LISTING_RECOVERED, inventory=list(self._options.inventory))]

    def _trouble(self, scope: str, reason: str) -> list[Event]:
        """That listings fail is told once, and again only when another part of them does."""
        if self._memory.failing == scope:
            return []
        self._memory.failing = scope
        logger.warning("The inventory could not be listed%s: %s", "" if scope == ALL else " completely", reason)
        return [_event(LISTING_FAILED, inventory=list(self._options.inventory), scope=scope, reason=reason)]

    # -- of servers -------------------------------------------------------------------------------------------------

    def _news(self, listing: Listing) -> list[Event]:
        events: list[Event] = []
        known = self._memory.servers
        gone = [record for uid, record in known.items() if uid not in listing.servers and listing.proves_absence(record)]
        for record in gone:
            del known[record["uid"]]
            self._memory.mismatches.pop(record["uid"], None)
            events += self._told(VANISHED, record, None)
        for uid, shown in listing.servers.items():
            before = known.get(uid)
            after = known[uid] = {**(before or {}), **shown}
            events += self._changes(before, after)
            events += self._judged(after)
        self._memory.whole |= not listing.left_out and not listing.stale
        return events

    def _changes(self, before: Record | None, after: Record) -> list[Event]:
        if before is None:
            return self._told(CREATED, None, after) if self._memory.whole or self._options.initial else []
        events: list[Event] = []
        for kind, names in ((STATE_CHANGED, STATE), (ADDRESS_CHANGED, ADDRESSES)):
            changed = {name: {"before": before[name], "after": after[name]} for name in names if name in before and before[name] != after[name]}
            if changed:
                events += self._told(kind, before, after, changed)
        return events

    def _judged(self, record: Record) -> list[Event]:
        """Whether a server is as expected: told when a field begins to differ, and when all is well again."""
        uid = record["uid"]
        expected: Record = {}
        for pattern, values in self._options.expect.items():
            if fnmatch.fnmatchcase(record["host"], pattern):
                expected.update(values)
        differs = {name: {"expected": value, "actual": record[name]} for name, value in expected.items() if name in record and not _holds(value, record[name])}
        told = self._memory.mismatches.pop(uid, {})
        if differs:
            now = self._memory.mismatches[uid] = {name: each["expected"] for name, each in differs.items()}
            begun = any(name not in told or told[name] != value for name, value in now.items())
            return self._told(MISMATCH, record, record, differs=differs) if begun else []
        return self._told(MATCH, record, record) if told and expected else []

    def _told(self, kind: str, before: Record | None, after: Record | None, changed: Record | None = None, **more: t.Any) -> list[Event]:
        """An event of a server, if it is one of those that are wanted; under its old name or under its new one."""
        names = {record["host"] for record in (before, after) if record}
        if not any(fnmatch.fnmatchcase(name, pattern) for name in names for pattern in self._options.hosts):
            return []
        record = after or before or {}
        about = {name: record.get(name) for name in ("uid", "host", *IDENTITY)}
        return [_event(kind, **about, before=before, after=after, changed=changed or {}, **more)]


def _event(kind: str, **about: t.Any) -> Event:
    time = datetime.now(timezone.utc).isoformat(timespec="seconds")
    return {"vps": {"event": kind, "time": time, **{name: _inert(value) for name, value in about.items()}}}


def _inert(value: t.Any) -> t.Any:
    """A copy in which nothing reads as a template: playbooks get events as extra variables, which Ansible evaluates, and a provider says what is in them."""
    if isinstance(value, dict):
        return {_inert(key): _inert(item) for key, item in value.items()}
    if isinstance(value, list):
        return [_inert(item) for item in value]
    return re.sub(r"\{(?=[{%#])", "{ ", value) if isinstance(value, str) else value


def _holds(expected: t.Any, actual: t.Any) -> bool:
    """Whether a field is as expected."""
    if isinstance(expected, dict) and isinstance(actual, dict):
        return all(key in actual and _holds(value, actual[key]) for key, value in expected.items())
    if isinstance(expected, list) and isinstance(actual, list):
        return sorted(map(str, expected)) == sorted(map(str, actual))
    if isinstance(expected, list):
        return any(_holds(each, actual) for each in expected)
    # Sizes and ids are texts that YAML may have read as numbers.
    return bool(expected == actual) or (isinstance(expected, (int, float)) and str(expected) == actual)


def pause(options: Options) -> float:
    """Seconds until the next listing."""
    return options.interval * (1 + options.jitter * random.uniform(-1, 1))


async def main(queue: Queue, args: dict[str, t.Any]) -> None:
    """Watch until cancelled, as ansible-rulebook wants it of an event source.

    Raises:
        OptionError: an option is wrong; nothing was listed then.
        OSError: the state file cannot be written any more.
    """
    options = Options.of(args)
    with only_user(options.state_file):
        watcher = Watcher(options)
        while True:
            await watcher.look(queue)
            await asyncio.sleep(pause(options))
