# Copyright: (c) 2026, polyhost.cloud contributors
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The documentation says what the data says: generated parts are committed as generated, options and specs agree."""

from __future__ import annotations

import importlib.util
import re
import types
import typing as t
from pathlib import Path

import pytest
import yaml

from ansible_collections.polyhost.cloud.plugins.module_utils import _argspec
from ansible_collections.polyhost.cloud.plugins.module_utils._providers.base import OPTIONS, RESOURCES
from ansible_collections.polyhost.cloud.plugins.module_utils._registry import DRIVERS

ROOT = Path(__file__).resolve().parents[2]
SPECS: dict[str, _argspec.Spec] = {
    f"vps_{name}": getattr(_argspec, name.upper())
    for name in sorted(path.stem.removeprefix("vps_") for path in (ROOT / "plugins" / "modules").glob("vps_*.py"))
}


def generator() -> types.ModuleType:
    """C(tools/generate_docs.py), which is no part of the collection."""
    spec = importlib.util.spec_from_file_location("generate_docs", ROOT / "tools" / "generate_docs.py")
    if spec is None or spec.loader is None:
        raise ImportError("tools/generate_docs.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def documented(path: Path, name: str = "DOCUMENTATION") -> dict[str, t.Any]:
    """The YAML that a Python file assigns to C(name)."""
    found = re.search(rf'{name} = r"""\n(.*?)"""', path.read_text(encoding="utf-8"), re.DOTALL)
    assert found, path
    return t.cast("dict[str, t.Any]", yaml.safe_load(found[1]))


def test_generated_documentation_is_committed_as_generated() -> None:
    for path, text in generator().outputs(ROOT).items():
        assert path.read_text(encoding="utf-8") == text, f"{path.name} is stale: run make generate"


@pytest.mark.parametrize("module", SPECS)
def test_options_are_documented_as_they_are(module: str) -> None:
    own = documented(ROOT / "plugins" / "modules" / f"{module}.py")
    options = dict(own["options"])
    for fragment in own["extends_documentation_fragment"]:
        name = fragment.split(".")[2]
        if name in ("connection", "changes"):
            options.update(documented(ROOT / "plugins" / "doc_fragments" / f"{name}.py")["options"])
    assert_documented(options, SPECS[module], module)


def assert_documented(options: dict[str, t.Any], spec: _argspec.Spec, where: str) -> None:
    assert set(options) == set(spec), where
    for option, about in options.items():
        for key in ("type", "elements", "choices", "default"):
            assert about.get(key) == spec[option].get(key), f"{where}: {option}.{key}"
        assert_documented(about.get("suboptions", {}), spec[option].get("options", {}), f"{where}: {option}")


def test_every_secret_option_is_kept_out_of_logs() -> None:
    for spec in SPECS.values():
        for option in ("api_token", "user_data", "password"):
            assert option not in spec or spec[option]["no_log"] is True


@pytest.mark.parametrize("provider", DRIVERS)
def test_a_profile_explains_every_refusal(provider: str) -> None:
    capabilities = DRIVERS[provider].PROFILE.capabilities
    refused = {option for option in OPTIONS if option not in capabilities.options}
    refused |= {state for state in _argspec.INSTANCE["state"]["choices"] if state not in capabilities.states}
    for resource, abilities in RESOURCES.items():
        supported = capabilities.of(resource)
        refused |= {f"{resource}.{ability}" for ability in abilities if ability not in supported} if supported else {resource}
        assert set(supported) <= set(abilities)
    assert refused - set(capabilities.instead) == set()
