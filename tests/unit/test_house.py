# Copyright: (c) 2026, polyhost.cloud contributors
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The house rules: what each room of the collection may import and say, read from the source, never by running it."""

from __future__ import annotations

import ast
import re
import typing as t
from pathlib import Path

import pytest
import yaml

ROOT = Path(__file__).resolve().parents[2]
PLUGINS = ROOT / "plugins"
MODULE_UTILS = PLUGINS / "module_utils"
MODULES = PLUGINS / "modules"
ACTIONS = PLUGINS / "action"
PROVIDERS = MODULE_UTILS / "_providers"
SIMULATOR = PLUGINS / "plugin_utils" / "simulator"
DOOR = MODULE_UTILS / "_module.py"
RUNNER = MODULE_UTILS / "_runner.py"
TEST_OUTPUT = ROOT / "tests" / "output"  # ansible-test puts whole environments there
REGISTRY = MODULE_UTILS / "_registry.py"
VERBS = MODULE_UTILS / "_verbs"  # the registries of what only some modules need

LICENCE = """\
# Copyright: (c) 2026, polyhost.cloud contributors
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""

COLLECTION = "ansible_collections.polyhost.cloud"
OPENS_CONNECTIONS = (
    "aiohttp",
    "ansible.module_utils.connection",
    "ansible.module_utils.urls",
    "asyncio",
    "dns",
    "ftplib",
    "http.client",
    "httpx",
    "requests",
    "socket",
    "ssl",
    "subprocess",
    "urllib.request",
    "urllib3",
)
ENVIRONMENT = ("os.environ", "os.environb", "os.getenv")
IMPORTS_DYNAMICALLY = ("imp", "importlib", "pkgutil", "runpy", "zipimport")

# What the four APIs call things, where our own word is another one.
PROVIDER_WORDS = re.compile(
    r"(?<![a-z0-9])(?:serviceid|service_id|srvrname|rid|billingcycle|toggle_lock|location_id"  # Hostwinds
    r"|disk_?images?|network_bandwidth_limit"  # Civo
    r"|flavors?|changeflavor|keypair|security_?groups?|powercycle"  # Gcore
    r"|vmid|sid|template_id|cpucores|ipcount)(?![a-z0-9])",  # HosterAPI
    re.IGNORECASE,
)
DOCUMENTATION = {"DOCUMENTATION", "EXAMPLES", "RETURN"}


# -- reading ----------------------------------------------------------------------------------------------------------


def room(folder: Path) -> list[Path]:
    """The Python files of a room; a room that is missing or empty fails, or a rule would hold for want of anything to break it."""
    files = [path for path in sorted(folder.rglob("*.py")) if "__pycache__" not in path.parts and not path.is_relative_to(TEST_OUTPUT)]
    assert any(_statements(path) for path in files), f"{folder.relative_to(ROOT)} holds no code"
    return files


def _statements(path: Path) -> list[ast.stmt]:
    """What a file does besides being there: neither its docstring nor imports from the future."""
    return [
        node
        for node in parse(path).body
        if not (isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)) and not (isinstance(node, ast.ImportFrom) and node.module == "__future__")
    ]


def parse(path: Path) -> ast.Module:
    return ast.parse(path.read_text(encoding="utf-8"), filename=str(path))


def imports(path: Path) -> set[str]:
    """All that a file imports, anywhere in it: dotted names, those of this collection from C(plugins) on."""
    package = path.relative_to(ROOT).with_suffix("").parts[:-1]
    found = set()
    for node in ast.walk(parse(path)):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom):
            base = ".".join(package[: len(package) - node.level + 1]) if node.level else ""
            origin = ".".join(part for part in (base, node.module) if part)
            found |= {f"{origin}.{alias.name}" for alias in node.names}
    return {name.removeprefix(f"{COLLECTION}.") for name in found}


def within(name: str, *packages: str) -> bool:
    return any(name == package or name.startswith(f"{package}.") for package in packages)


def offenders(files: t.Iterable[Path], *packages: str) -> list[str]:
    """Which files import something of C(packages), and what."""
    return [f"{path.relative_to(ROOT)}: {name}" for path in files for name in sorted(imports(path)) if within(name, *packages)]


def words(path: Path) -> t.Iterator[tuple[int, str]]:
    """Every name and text in a file's code with its line; docstrings and a module's documentation are no code."""
    tree = parse(path)
    prose: set[int] = set()
    for node in ast.walk(tree):
        if isinstance(node, (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)):
            prose |= {id(statement.value) for statement in node.body if isinstance(statement, ast.Expr)}
        elif isinstance(node, ast.Assign) and any(isinstance(target, ast.Name) and target.id in DOCUMENTATION for target in node.targets):
            prose.add(id(node.value))
    for node in ast.walk(tree):
        line = getattr(node, "lineno", 0)
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in prose:
            yield line, node.value
        for attribute in ("id", "attr", "name", "arg"):
            value = getattr(node, attribute, None)
            if isinstance(value, str):
                yield line, value


def says(files: t.Iterable[Path], pattern: re.Pattern[str]) -> list[str]:
    """Where the code of C(files) says something that matches."""
    return [f"{path.relative_to(ROOT)}:{line}: {word[:60]}" for path in files for line, word in words(path) if pattern.search(word)]


def literal(path: Path, name: str) -> str:
    """The text that a file assigns to C(name) at its top or in a class."""
    for node in ast.walk(parse(path)):
        if isinstance(node, ast.Assign) and any(isinstance(target, ast.Name) and target.id == name for target in node.targets):
            value = ast.literal_eval(node.value)
            assert isinstance(value, str)
            return value
    raise AssertionError(f"{path.relative_to(ROOT)} has no {name}")


def provider_folders() -> set[str]:
    """The providers of the client: one folder each."""
    names = {path.name for path in PROVIDERS.iterdir() if path.is_dir() and any(path.glob("*.py"))}
    assert names, "there is no provider"
    return names


def module_names() -> set[str]:
    return {path.stem for path in room(MODULES)}


def outside_providers() -> list[Path]:
    """The rooms of the client that know no provider."""
    return [path for path in room(MODULE_UTILS) if not (path.is_relative_to(PROVIDERS) and path.parent != PROVIDERS)]


# -- rooms ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ["_core", "_http", "_providers", "_verbs", "_resources", "_actions"])
def test_every_room_is_furnished(name: str) -> None:
    assert room(MODULE_UTILS / name)


def test_core_imports_no_other_room() -> None:
    allowed = "plugins.module_utils._core"
    strays = [
        f"{path.name}: {name}" for path in room(MODULE_UTILS / "_core") for name in imports(path) if within(name, "plugins") and not within(name, allowed)
    ]
    assert strays == []


def test_core_imports_neither_requests_nor_ansible() -> None:
    assert offenders(room(MODULE_UTILS / "_core"), "requests", "ansible", "ansible_collections") == []


def test_only_http_opens_connections() -> None:
    http = MODULE_UTILS / "_http"
    assert offenders(room(http), "requests"), "the rule would prove nothing if _http did not use requests"
    others = [path for path in room(PLUGINS) if not path.is_relative_to(http) and not path.is_relative_to(SIMULATOR)]
    assert offenders(others, *OPENS_CONNECTIONS) == []


def test_http_knows_no_provider_and_no_resource() -> None:
    rooms = ("_providers", "_resources", "_registry", "_runner", "_module")
    assert offenders(room(MODULE_UTILS / "_http"), *(f"plugins.module_utils.{name}" for name in rooms)) == []


def test_providers_do_not_know_each_other() -> None:
    strays = []
    for name in sorted(provider_folders()):
        others = [f"plugins.module_utils._providers.{other}" for other in provider_folders() - {name}]
        strays += offenders(room(PROVIDERS / name), *others)
    assert strays == []


def test_only_the_registry_knows_the_drivers() -> None:
    drivers = [f"plugins.module_utils._providers.{name}" for name in provider_folders()]
    users = {line.split(":")[0] for line in offenders([*outside_providers(), *room(MODULES)], *drivers)}
    verbs = {str(path.relative_to(ROOT)) for path in room(VERBS) if _statements(path)}
    assert users == {str(REGISTRY.relative_to(ROOT)), *verbs}


def test_only_the_door_knows_the_module_class() -> None:
    knowing = {line.split(":")[0] for line in offenders(room(PLUGINS), "ansible.module_utils.basic")}
    assert knowing == {str(DOOR.relative_to(ROOT))}


def test_only_the_door_ends_a_module() -> None:
    pattern = re.compile(r"^(?:fail_json|exit_json|AnsibleModule)$")
    assert says([DOOR], re.compile("^fail_json$")), "the rule would prove nothing if the door did not fail"
    assert says([path for path in room(PLUGINS) if path != DOOR], pattern) == []


def test_the_runner_knows_no_door() -> None:
    strays = offenders([RUNNER], "ansible.module_utils.basic", "ansible.plugins", "plugins.module_utils._module", "plugins.action")
    assert strays == []
    assert says([RUNNER], re.compile(r"^(?:AnsibleModule|ActionBase|exit_json|fail_json)$")) == []


def test_rooms_below_the_door_take_the_environment_as_data() -> None:
    files = [path for path in room(MODULE_UTILS) if path != DOOR]
    assert offenders(files, *ENVIRONMENT) == []
    used = [
        (path.name, node.lineno) for path in files for node in ast.walk(parse(path)) if isinstance(node, ast.Attribute) and ast.unparse(node) in ENVIRONMENT
    ]
    assert used == []


def test_no_dynamic_imports_in_the_client() -> None:
    files = [*room(MODULE_UTILS), *room(MODULES)]
    assert offenders(files, *IMPORTS_DYNAMICALLY) == []
    assert says(files, re.compile(r"^(?:__import__|import_module|exec|eval)$")) == []


def test_the_simulator_shares_no_code_with_the_client() -> None:
    assert offenders(room(SIMULATOR), "plugins.module_utils", "plugins.modules", "plugins.action", "plugins.inventory") == []


def test_the_client_shares_no_code_with_the_controller() -> None:
    assert offenders([*room(MODULE_UTILS), *room(MODULES)], "plugins.plugin_utils") == []


# -- words ------------------------------------------------------------------------------------------------------------


def test_provider_words_stay_in_their_folder() -> None:
    spoken = {path.parent.name for path in room(PROVIDERS) if says([path], PROVIDER_WORDS)}
    assert provider_folders() & spoken, "the rule would prove nothing if no provider used these words"
    files = [path for path in [*outside_providers(), *room(MODULES)] if not path.is_relative_to(VERBS)]  # classes have the provider's names
    assert says(files, PROVIDER_WORDS) == []


def test_only_the_registry_names_providers() -> None:
    names = re.compile("|".join(sorted(provider_folders())), re.IGNORECASE)
    files = [path for path in [*outside_providers(), *room(MODULES)] if path != REGISTRY and not path.is_relative_to(VERBS)]
    assert says(files, names) == []


# -- modules ----------------------------------------------------------------------------------------------------------


TWINS = ("instance", "rdns", "firewall", "backup", "address", "volume", "interface", "smtp_filter", "dedicated", "software", "ssh_key", "name_template")
PROMISED = (*TWINS, *(f"{name}_info" for name in TWINS), "fleet", "console", "metrics_info", "quota_info", "catalog_info", "provider_info")


@pytest.mark.parametrize("name", [f"vps_{name}" for name in PROMISED])
def test_every_promised_module_is_there(name: str) -> None:
    assert name in module_names()


def test_a_modules_main_is_a_few_lines() -> None:
    for path in room(MODULES):
        mains = [node for node in parse(path).body if isinstance(node, ast.FunctionDef) and node.name == "main"]
        assert len(mains) == 1, path.name
        assert (mains[0].end_lineno or 0) - mains[0].lineno < 15, path.name


def test_modules_do_not_ask_for_check_mode() -> None:
    assert says(room(MODULES), re.compile(r"^check_mode$")) == []


def test_action_groups_are_complete() -> None:
    groups = yaml.safe_load((ROOT / "meta" / "runtime.yml").read_text(encoding="utf-8"))["action_groups"]
    assert sorted(groups["vps"]) == sorted(module_names())
    assert sorted(groups["vps_changes"]) == sorted(name for name in module_names() if not name.endswith("_info"))


def test_modules_document_the_options_of_their_groups() -> None:
    for path in room(MODULES):
        fragments = yaml.safe_load(literal(path, "DOCUMENTATION"))["extends_documentation_fragment"]
        assert any(fragment.startswith("polyhost.cloud.connection") for fragment in fragments), path.name
        assert ("polyhost.cloud.changes" in fragments) is not path.stem.endswith("_info"), path.name


def described(path: Path) -> set[str]:
    """Which descriptions of modules a file takes from the actions."""
    return {name.rpartition(".")[2] for name in imports(path) if name.startswith("plugins.module_utils._actions.")}


def test_every_module_has_a_fast_door_to_the_same_thing() -> None:
    assert {path.stem for path in room(ACTIONS)} == module_names(), "an action that is named like its module is loaded once, in the parent"
    for name in module_names():
        assert described(MODULES / f"{name}.py") == described(ACTIONS / f"{name}.py") == {name.upper()}, name


def test_what_changes_things_says_so() -> None:
    writes = re.compile(r"^(VPS_\w+) = Module\(.*?(, writes=True)?\)$", re.MULTILINE)
    told = {name: bool(writing) for path in room(MODULE_UTILS / "_actions") for name, writing in writes.findall(path.read_text(encoding="utf-8"))}
    assert told == {name.upper(): not name.endswith("_info") for name in module_names()}


def test_only_the_doors_of_the_controller_know_the_action_class() -> None:
    knowing = {line.split(":")[0] for line in offenders(room(PLUGINS), "ansible.plugins.action")}
    assert knowing == {"plugins/plugin_utils/door.py"}


# -- providers --------------------------------------------------------------------------------------------------------


def test_every_provider_has_a_folder_a_line_a_choice_and_a_simulator() -> None:
    folders = provider_folders()
    assert {"hostwinds", "civo", "gcore", "hosterapi"} <= folders
    prefix = "plugins.module_utils._providers."
    lines = [name.removeprefix(prefix).split(".")[0] for name in imports(REGISTRY) if name.startswith(prefix)]
    assert sorted(set(lines) - {"base"}) == sorted(folders), "_registry.py"
    options = yaml.safe_load(literal(PLUGINS / "doc_fragments" / "connection.py", "DOCUMENTATION"))["options"]
    assert sorted(options["provider"]["choices"]) == sorted(folders), "doc_fragments/connection.py"
    assert simulated() == folders, "plugin_utils/simulator"


def simulated() -> set[str]:
    """The providers whose classes the simulated world serves."""
    assigned = [node for node in parse(SIMULATOR / "world.py").body if isinstance(node, ast.AnnAssign)]
    world = ast.unparse(next(node for node in assigned if ast.unparse(node.target) == "PROVIDERS"))
    return {name.lower() for name in re.findall(r"(\w+)Provider\b", world)}


# -- every file -------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("folder", ["plugins", "tests", "tools"])
def test_every_python_file_has_its_head(folder: str) -> None:
    for path in room(ROOT / folder):
        name = str(path.relative_to(ROOT))
        text = path.read_text(encoding="utf-8")
        if path.name == "__init__.py" and ROOT / "plugins" / "module_utils" in path.parents:
            assert text == "", f"{name}: ansible-test of 2.17 wants empty packages"
            continue
        first = "#!/usr/bin/python\n" if path.parent == MODULES else ""
        assert text.startswith(first + LICENCE), f"{name}: licence"
        tree = parse(path)
        assert path.parent == MODULES or ast.get_docstring(tree), f"{name}: docstring"
        futures = {alias.name for node in tree.body if isinstance(node, ast.ImportFrom) and node.module == "__future__" for alias in node.names}
        assert "annotations" in futures, f"{name}: from __future__ import annotations"


@pytest.mark.parametrize("pattern", ["galaxy.yml", "meta/*.yml", "playbooks/**/*.yml", "tools/*.sh", ".ci/run", "Makefile"])
def test_other_files_name_their_licence(pattern: str) -> None:
    files = sorted(ROOT.glob(pattern))
    assert files, f"no {pattern}"
    for path in files:
        assert LICENCE in path.read_text(encoding="utf-8"), path.relative_to(ROOT)
