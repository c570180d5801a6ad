# Copyright: (c) 2026, polyhost.cloud contributors
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""What vps_ssh_key can write."""

from __future__ import annotations

from ansible_collections.polyhost.cloud.tests.unit.scenarios import Options, Scenario, Stage

FIRST = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIH4mrFSsFCPLlUEDsGGKhTpb5HcXeU5cXpdkCpwwTX5b first@example.com"
SECOND = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAINXLx4MfZlpKCZ7z3vMGm1VKZCbJKaqmH7F4vqMzpgzT second@example.com"


def _created(stage: Stage) -> Options:
    return {"name": "deploy", "public_key": FIRST}


def _renamed(stage: Stage) -> Options:
    return {"id": stage.made("ssh_key", name="deploy", public_key=FIRST)["id"], "name": "rollout"}


def _replaced(stage: Stage) -> Options:
    stage.made("ssh_key", name="deploy", public_key=FIRST)
    return {"name": "deploy", "public_key": SECOND, "allow": ["replace"]}


def _deleted(stage: Stage) -> Options:
    stage.made("ssh_key", name="deploy", public_key=FIRST)
    return {"name": "deploy", "state": "absent"}


SCENARIOS: tuple[Scenario, ...] = (
    Scenario("civo", "ssh_key", "create", _created, ("sshkeys.create",)),
    Scenario("civo", "ssh_key", "rename", _renamed, ("sshkeys.rename",)),
    Scenario("civo", "ssh_key", "replace", _replaced, ("sshkeys.delete", "sshkeys.create")),
    Scenario("civo", "ssh_key", "delete", _deleted, ("sshkeys.delete",)),
    Scenario("gcore", "ssh_key", "create", _created, ("ssh_keys.create",)),
    Scenario("gcore", "ssh_key", "replace", _replaced, ("ssh_keys.delete", "ssh_keys.create")),
    Scenario("gcore", "ssh_key", "delete", _deleted, ("ssh_keys.delete",)),
)
