# Copyright: (c) 2026, polyhost.cloud contributors
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Both ways to set up AWX, by its own modules and by its own client, before an API in memory; and the image, as ansible-builder takes it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import typing as t
from pathlib import Path

import awxkit
import pytest
from awxkit import api as kit

from ansible_collections.polyhost.cloud.tests.awx.api import Api
from ansible_collections.polyhost.cloud.tests.unit.playbooks.test_awx_assets import TOOL

TOKENS = {"HOSTWINDS_API_KEY": "S3CRET-hw", "CIVO_TOKEN": "S3CRET-civo", "GCORE_API_KEY": "S3CRET-gcore", "HOSTERAPI_TOKEN": "S3CRET-ha"}
REPOSITORY = "https://git.example.com/ops/polyhost.git"
IMAGE = "registry.example.com/polyhost:1"


@pytest.fixture
def awx() -> t.Iterator[Api]:
    """An AWX with nothing in it but an organization."""
    with Api() as api:
        yield api


def environment(folder: Path, **more: str) -> dict[str, str]:
    return {
        "PATH": os.pathsep.join([str(Path(sys.executable).parent), "/usr/bin", "/bin"]),
        "HOME": str(folder),
        "LC_ALL": "C.UTF-8",
        "ANSIBLE_HOME": str(folder / "ansible"),
        "ANSIBLE_COLLECTIONS_PATH": os.environ["ANSIBLE_COLLECTIONS_PATH"],
        "ANSIBLE_NOCOLOR": "true",
        **more,
    }


def set_up(awx: Api, folder: Path, *arguments: str, tokens: t.Mapping[str, str] | None = None) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["ansible-playbook", "polyhost.cloud.awx_setup", "-e", f"awx_scm_url={REPOSITORY}", "-e", f"awx_ee_image={IMAGE}", *arguments],
        env=environment(folder, CONTROLLER_HOST=awx.url, CONTROLLER_OAUTH_TOKEN="token", **(TOKENS if tokens is None else tokens)),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=240,
        check=False,
    )


def import_into(awx: Api) -> None:
    """What C(awx import) does."""
    awxkit.config.base_url = awx.url
    awxkit.config.assume_untrusted = True
    root = kit.Api()
    root.connection.login(token="token")
    page = root.get().available_versions.v2.get()
    page._has_error = False
    page.import_assets(json.loads(TOOL.IMPORT.read_text(encoding="utf-8")))


def test_set_up_twice_and_imported(awx: Api, tmp_path: Path) -> None:
    arguments = ["-e", "awx_slices=3", "-e", '{"awx_inputs": {"gcore": {"project": "1337"}}, "awx_ledger_claim": "ledger-claim"}']
    first = set_up(awx, tmp_path, *arguments)
    assert first.returncode == 0, first.stdout
    assert "S3CRET" not in first.stdout
    made = awx.everything()
    awx.writes.clear()
    second = set_up(awx, tmp_path, *arguments)
    assert second.returncode == 0 and "changed=0 " in second.stdout, second.stdout
    assert awx.writes == []

    converge = made["job_templates Polyhost: converge"]
    assert (converge["job_slice_count"], json.loads(converge["extra_vars"])) == (3, {"converge_slices": 3})
    assert made["credentials Gcore account"]["inputs"] == {"api_token": "S3CRET-gcore", "project": "1337"}
    assert made["credentials HosterAPI.de account"]["inputs"] == {"api_token": "S3CRET-ha", "ledger": "/var/lib/polyhost/ledger.json"}
    assert "claimName: ledger-claim" in made["instance_groups Polyhost ledger"]["pod_spec_override"]
    assert made["inventories Polyhost servers"]["instance_groups"] == ["Polyhost ledger"]

    with Api() as other:
        import_into(other)
        imported = other.everything()
    for told in (made, imported):  # what the file cannot hold, or leaves to whoever imports it
        told.pop("instance_groups Polyhost ledger", None)
        for name, facts in told.items():
            facts.pop("instance_groups", None)
            if name.startswith("credentials "):
                facts.pop("inputs", None)
            if name.startswith("job_templates "):
                facts.pop("extra_vars", None)
                facts.pop("job_slice_count", None)
    assert imported == made


def test_some_providers_only_and_what_is_missing(awx: Api, tmp_path: Path) -> None:
    unknown = set_up(awx, tmp_path, "-e", "awx_providers=civo,hetzner")
    assert unknown.returncode != 0 and "awx_providers are some of hostwinds, civo, gcore, hosterapi" in unknown.stdout
    without = set_up(awx, tmp_path, "-e", "awx_providers=civo", tokens={})
    assert without.returncode != 0 and "No token in the environment variable CIVO_TOKEN" in without.stdout
    assert awx.writes == []
    done = set_up(awx, tmp_path, "-e", "awx_providers=civo")
    assert done.returncode == 0, done.stdout
    made = awx.everything()
    assert [name for name in made if name.startswith(("credential", "inventory_sources"))] == [
        "credential_types Polyhost Civo",
        "credentials Civo account",
        "inventory_sources Servers to be made",
        "inventory_sources Servers at Civo",
    ]
    assert made["job_templates Polyhost: provision"]["credentials"] == ["Civo account"]
    assert not [name for name in made if "ledger" in name]


def test_ansible_lint_with_the_real_modules(tmp_path: Path) -> None:
    root = TOOL.PLAYBOOKS.parent
    linted = subprocess.run(
        ["ansible-lint", "--offline", "--nocolor", "playbooks/awx_setup.yml", "playbooks/tasks/awx.yml"],
        env=environment(tmp_path, PYTHONDONTWRITEBYTECODE="1"),
        cwd=root,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        timeout=240,
        check=False,
    )
    assert linted.returncode == 0 and "Passed: 0 failure(s), 0 warning(s)" in linted.stdout, linted.stdout


def test_ansible_builder_takes_the_image(tmp_path: Path) -> None:
    definition = TOOL.PLAYBOOKS / "files" / "awx" / "execution-environment.yml"
    command = ["ansible-builder", "create", "-v", "3", "-f", definition, "-c", tmp_path / "context", "--output-filename", "Containerfile"]
    created = subprocess.run(command, env=environment(tmp_path), cwd=tmp_path, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False)
    assert created.returncode == 0, created.stdout
    assert "polyhost.cloud" in (tmp_path / "context" / "_build" / "requirements.yml").read_text(encoding="utf-8")
    assert "ansible-core>=2.17" in (tmp_path / "context" / "Containerfile").read_text(encoding="utf-8")
