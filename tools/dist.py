# Copyright: (c) 2026, polyhost.cloud contributors
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""Builds the collection from the last commit, and tries the archive: as a user far from the clone, as Galaxy, and as an execution environment would."""

from __future__ import annotations

import io
import json
import re
import shutil
import subprocess
import tarfile
import tempfile
import typing as t
from pathlib import Path

from environments import programs
from testing import Tally, headline
from workshop import CACHE, ROOT, Failure, Finished, environment, run

DIST = CACHE / "dist"

# All that an archive has on top. Ansible writes the two JSON files, and Galaxy's linter goes by the settings for ansible-lint.
FOR_USERS = frozenset(
    ".ansible-lint CHANGELOG.md CHANGELOG.rst FILES.json LICENSE LICENSES MANIFEST.json README.md"
    " changelogs docs extensions meta playbooks plugins roles".split()
)
WORKS_WITHOUT_THE_REST = frozenset({"FILES.json", "MANIFEST.json", "meta", "playbooks", "plugins", "roles"})
DOCUMENTED = {"inventory": "inventory", "module": "modules"}  # kinds of plugins, as ansible-doc calls them, and their folders

LIFE = 300  # seconds after which the user's simulator ends by itself, whatever happened to the user

PLAYBOOK = """
- hosts: localhost
  connection: local
  gather_facts: false
  tasks:
    - name: A web server
      polyhost.cloud.vps_instance:
        provider: civo
        region: LON1
        name: web1
        image: ubuntu-jammy
        size: g3.small
        firewalls: [default-default]
"""
INVENTORY = """
plugin: polyhost.cloud.vps
provider: civo
"""

GALAXY = """
[galaxy-importer]
CHECK_REQUIRED_TAGS = True
OFFLINE_ANSIBLE_LINT = True
RUN_ANSIBLE_LINT = True
RUN_ANSIBLE_TEST = False
RUN_FLAKE8 = True
"""

EXECUTION_ENVIRONMENT = """
version: 3
dependencies:
  ansible_core: {package_pip: "ansible-core>=2.17"}
  ansible_runner: {package_pip: ansible-runner}
  galaxy: {collections: [{name: "files/%(archive)s", type: file}]}
additional_build_files: [{src: "%(path)s", dest: files}]
"""


def check_dist() -> Tally:
    """Leave the archive in C(.cache/dist), and count how many of those who use it are content.

    Raises:
        Failure: there is no archive to try.
    """
    headline("the archive")
    archive = _build()
    tally = Tally()
    for user in (_holds_what_users_need, _works_far_from_here, _pleases_galaxy, _fits_an_execution_environment):
        headline(user.__name__.strip("_").replace("_", " "))
        try:
            print(user(archive), flush=True)
            tally.passed += 1
        except Failure as failure:
            print(failure, flush=True)
            tally.failed += 1
    print(f"\n{archive.relative_to(ROOT)}: {archive.stat().st_size // 1024} KiB", flush=True)
    return tally


def _build() -> Path:
    source = DIST / "source"
    shutil.rmtree(DIST, ignore_errors=True)
    try:
        packed = subprocess.run(["git", "archive", "HEAD"], cwd=ROOT, capture_output=True, check=True).stdout
    except (OSError, subprocess.CalledProcessError) as error:
        raise Failure("dist: needs git and a commit, since it builds what was committed and nothing else") from error
    with tarfile.open(fileobj=io.BytesIO(packed)) as archive:
        # Python 3.11.0 to 3.11.3 have no filters; what git packed from our own commit needs none.
        if hasattr(tarfile, "data_filter"):
            archive.extraction_filter = tarfile.data_filter
        archive.extractall(source)
    bin = programs("core")
    _must_work([bin / "ansible-galaxy", "collection", "build", "--output-path", DIST, source], environment(bin), DIST)
    (built,) = DIST.glob("polyhost-cloud-*.tar.gz")
    return built


def _holds_what_users_need(archive: Path) -> str:
    with tarfile.open(archive) as packed:
        files = [name for name in packed.getnames() if not packed.getmember(name).isdir()]
    stray = sorted(name for name in files if name.split("/")[0] not in FOR_USERS or "/." in name or "__pycache__" in name)
    if stray:
        raise Failure(f"dist: these do not belong in the archive: {', '.join(stray)}")
    return f"{len(files)} files"


def _works_far_from_here(archive: Path) -> str:
    """Installed into an empty folder outside of the clone, with everything deleted that is not needed at run time, by a user of that folder."""
    bin = programs("core")
    with tempfile.TemporaryDirectory(prefix="polyhost-cloud-") as folder:
        user = Path(folder)
        collections = user / "collections"
        kept = {name: value for name, value in environment(bin).items() if not value.startswith(str(ROOT))}
        env = {**kept, "PATH": environment(bin)["PATH"], "HOME": folder, "PWD": folder, "ANSIBLE_COLLECTIONS_PATH": str(collections)}
        _must_work([bin / "ansible-galaxy", "collection", "install", "--offline", "--collections-path", collections, archive], env, user)
        _must_work([bin / "ansible-galaxy", "collection", "verify", "--offline", "polyhost.cloud"], env, user)
        installed = collections / "ansible_collections" / "polyhost" / "cloud"
        for entry in installed.iterdir():
            if entry.name not in WORKS_WITHOUT_THE_REST:
                shutil.rmtree(entry) if entry.is_dir() else entry.unlink()
        documented = 0
        for kind, where in DOCUMENTED.items():
            names = [f"polyhost.cloud.{path.stem}" for path in sorted((installed / "plugins" / where).glob("*.py"))]
            _must_work([bin / "ansible-doc", "--type", kind, *names], env, user)
            documented += len(names)
        (user / "site.yml").write_text(PLAYBOOK, encoding="utf-8")
        (user / "all.vps.yml").write_text(INVENTORY, encoding="utf-8")
        return f"{documented} plugins documented; {_rehearsal(bin, env, user)}"


def _rehearsal(bin: Path, env: t.Mapping[str, str], user: Path) -> str:
    """A server at the simulator that the collection brings along: made, made again, listed."""
    simulator: list[str | Path] = [bin / "ansible-playbook", "polyhost.cloud.simulator", "-e", f"simulator_directory={user}/simulator"]
    _must_work([*simulator, "-e", f"simulator_life={LIFE}"], env, user)
    try:

        def there(command: str) -> str:
            return _must_work(["sh", "-c", f". simulator/environment.sh && {command}"], env, user).output

        for changed in (1, 0):
            recap = there("ansible-playbook site.yml")
            if f"changed={changed} " not in recap:
                raise Failure(f"dist: the playbook did not say changed={changed}:\n{recap}")
        listed = json.loads(there("ansible-inventory -i all.vps.yml --list 2>/dev/null"))
    finally:
        _must_work([*simulator, "-e", "simulator_state=stopped"], env, user)
    if list(listed["_meta"]["hostvars"]) != ["web1"]:
        raise Failure(f"dist: the inventory does not list web1 alone: {listed}")
    return "a server made, found again and listed"


def _pleases_galaxy(archive: Path) -> str:
    """Without one line that says WARNING or ERROR: galaxy-importer itself fails for neither."""
    bin = programs("dist")
    folder = DIST / "galaxy"
    folder.mkdir()
    settings = folder / "galaxy-importer.cfg"
    settings.write_text(GALAXY, encoding="utf-8")
    env = {**environment(bin), "ANSIBLE_COLLECTIONS_PATH": str(folder), "GALAXY_IMPORTER_CONFIG": str(settings)}
    finished = _must_work([bin / "python", "-m", "galaxy_importer.main", archive], env, folder)
    complaints = [line for line in finished.output.splitlines() if re.match(r"(WARNING|ERROR)\b", line)]
    if complaints:
        raise Failure("\n".join(["dist: galaxy-importer is not content:", *complaints]))
    loaded = [line for line in finished.output.splitlines() if line.startswith("Loading ")]
    if "Importer processing completed successfully" not in finished.output or not loaded:
        raise Failure(f"dist: galaxy-importer did not get to its end:\n{finished.output}")
    return f"{len(loaded)} parts loaded, no warning"


def _fits_an_execution_environment(archive: Path) -> str:
    bin = programs("dist")
    folder = DIST / "execution-environment"
    folder.mkdir()
    collections = folder / "collections"
    env = {**environment(bin), "ANSIBLE_COLLECTIONS_PATH": str(collections)}
    definition = folder / "execution-environment.yml"
    definition.write_text(EXECUTION_ENVIRONMENT % {"archive": archive.name, "path": archive}, encoding="utf-8")
    _must_work(
        [bin / "ansible-builder", "create", "-v", "3", "--file", definition, "--context", folder / "context", "--output-filename", "Containerfile"], env, folder
    )
    _must_work([bin / "ansible-galaxy", "collection", "install", "--offline", "--collections-path", collections, archive], env, folder)
    asked = _must_work([bin / "ansible-builder", "introspect", "--sanitize", collections], env, folder).output
    needed = sorted(set(re.findall(r"^[- ]+'?([\w.-]+)[^#\n]*# from collection polyhost\.cloud", asked, re.MULTILINE)))
    if needed != ["dnspython", "requests"]:
        raise Failure(f"dist: ansible-builder does not find what the modules import:\n{asked}")
    return f"asks for {' and '.join(needed)}"


def _must_work(command: list[str | Path], env: t.Mapping[str, str], folder: Path) -> Finished:
    finished = run(command, env=env, cwd=folder, quiet=True, timeout=600)
    if finished.status:
        raise Failure(f"dist: {' '.join(map(str, command))} failed, see above")
    return finished
