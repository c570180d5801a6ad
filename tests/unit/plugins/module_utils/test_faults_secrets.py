# Copyright: (c) 2026, polyhost.cloud contributors
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""No secret anywhere but where it was asked for; and our credentials go where they belong, or nowhere."""

from __future__ import annotations

import base64
import json
import typing as t
import urllib.parse

import pytest

from ansible_collections.polyhost.cloud.plugins.module_utils import _runner
from ansible_collections.polyhost.cloud.tests.unit.controller import CREATE, ORDER, Controller
from ansible_collections.polyhost.cloud.tests.unit.faults import (
    DELETE,
    EVERYTHING,
    GET,
    LIST,
    OPTIONS,
    STOP,
    Killed,
    files_below,
    fresh,
    ids,
    killing,
    matrix,
    orders,
    place,
)

MARKER = "S3CRET"  # in every secret of these tests, and in those that the simulator makes
TOKENS = {"hostwinds": "hw-S3CRET-token", "civo": "civoS3CRETtoken", "gcore": "71$S3CRET-token", "hosterapi": "17|S3CRET-token"}
VARIABLES = {"hostwinds": "HOSTWINDS_API_KEY", "civo": "CIVO_TOKEN", "gcore": "GCORE_API_KEY", "hosterapi": "HOSTERAPI_TOKEN"}
SECRETS = [*TOKENS.values(), "S3CRET-Passw0rd!", OPTIONS["civo"]["user_data"]]


def assert_clean(what: str, text: str) -> None:
    """Neither the marker nor any spelling of a secret."""
    assert MARKER not in text, (what, text[max(0, text.find(MARKER) - 200) :][:400])
    for secret in SECRETS:
        encoded = base64.b64encode(secret.encode()).decode()
        for spelling in (encoded, urllib.parse.quote(secret, safe=""), secret[:6] if secret.startswith("71$") else secret):
            assert spelling not in text, what


class Witness:
    """Runs tasks and looks at all that they leave: results, warnings, files."""

    def __init__(self, controller: Controller, provider: str) -> None:
        self.controller = controller
        self.provider = provider
        self.failures = 0
        controller.simulator[provider].token = TOKENS[provider]
        controller.environ[VARIABLES[provider]] = TOKENS[provider]

    def see(self, reply: _runner.Reply) -> dict[str, t.Any]:
        """The result, clean, its trace included."""
        result = reply.result
        self.failures += bool(result.get("failed"))
        assert result["api"]["trace"] is not None
        shown = {key: value for key, value in result.items() if key != "credentials"}
        assert_clean("result", json.dumps(shown, default=str))
        assert_clean("warnings", json.dumps(reply.warnings))
        for path, text in files_below(self.controller).items():
            assert_clean(path, path + text)
        return result

    def create(self, **options: t.Any) -> dict[str, t.Any]:
        """A task that converges web1, with a rate limit, so that its file is written as well."""
        return self.see(self.controller.create(self.provider, ledger=self.controller.ledger, rate_limit=1000.0, **options))

    def instance(self, **options: t.Any) -> dict[str, t.Any]:
        """Any other task about an instance."""
        return self.see(self.controller.instance(self.provider, ledger=self.controller.ledger, rate_limit=1000.0, **{**place(self.provider), **options}))


@pytest.fixture
def witness(controller: Controller, provider: str) -> Witness:
    """A controller whose tokens carry the marker."""
    return Witness(controller, provider)


@matrix("secrets")
def test_no_secret_in_what_goes_well(witness: Witness, provider: str) -> None:
    everything = {name: value for name, value in EVERYTHING[provider].items() if name not in ("locked", "state")}
    if provider == "civo":
        everything["tags"] = {"web": ""}
    witness.create(check=True, **everything)
    result = witness.create(**everything)
    assert not result.get("failed"), result
    assert "credentials" not in result
    assert [path for path in files_below(witness.controller) if "rate-" in path]
    witness.create(**everything)
    for state in ("stopped", "started", "restarted"):
        witness.instance(name="web1", state=state)
    if provider == "hosterapi":
        witness.instance(name="web1", reset_password=True)
        witness.instance(name="web1", state="rebuilt", allow=["rebuild"])
    if provider == "hostwinds":
        witness.instance(name="web1", password="S3CRET-other-1", update_password="always", allow=["restart"])
    witness.see(witness.controller.info(provider))
    witness.see(witness.controller.info(provider, name="web1", read=["firewalls"] if provider in ("hostwinds", "gcore") else []))
    witness.instance(name="web1", state="absent")
    assert witness.failures == 0


@matrix("secrets")
def test_user_data_and_passwords_are_no_part_of_results(witness: Witness, provider: str) -> None:
    secret = {name: value for name, value in OPTIONS[provider].items() if name in ("user_data", "password")}
    for number, (name, value) in enumerate(secret.items()):
        for check in (True, False):
            result = witness.create(check=check, name=f"web-{number}", **{name: value})
            assert not result.get("failed"), result
            assert name not in json.dumps(result["diff"])
            assert name not in result["plan"][0]["after"]
        again = witness.create(name=f"web-{number}", **{name: "S3CRET-another1"})
        assert again["changed"] is False


@matrix("secrets")
def test_credentials_come_only_when_asked_for(witness: Witness, provider: str) -> None:
    options = {"password": "S3CRET-Passw0rd!"} if "password" in OPTIONS[provider] else {}
    for asked in (False, True):
        result = witness.create(name=f"web-{asked}", return_credentials=asked, **options)
        assert not result.get("failed"), result
        if not asked:
            assert "credentials" not in result
        elif provider in ("civo", "hosterapi"):  # the others make none: the password is the user's own
            assert set(result["credentials"]) == {"username", "password"}
            assert MARKER in result["credentials"]["password"]
        again = witness.create(name=f"web-{asked}", return_credentials=asked, **options)
        assert "credentials" not in again


@matrix("secrets")
def test_no_secret_in_failures(witness: Witness, provider: str) -> None:
    simulator = witness.controller.simulator
    options = {name: value for name, value in OPTIONS[provider].items() if name in ("password", "user_data")}
    if provider == "gcore":
        options.pop("user_data")
    for fault, settings in (
        ("reset_after", {}),
        ("status_after", {"status": 502, "body": "html"}),
        ("truncated", {}),
        ("wrong_shape", {}),
        ("status", {"status": 500}),
        ("double", {}),
        ("nothing", {}),
    ):
        simulator.fault(provider, ORDER[provider], fault, **settings)
        witness.create(name=f"web-{fault.replace('_', '-')}-{settings.get('status', 0)}", wait_timeout=60.0, ledger_unknown="ignore", **options)
        simulator.clear_faults()
    witness.controller.made(provider, "web9", ledger=witness.controller.ledger, ledger_unknown="ignore", **options)
    for operation in (LIST[provider], STOP[provider], DELETE[provider], *GET[provider]):
        for fault in ("html", "truncated", "wrong_shape", "reset_after", "redirect", "not_json"):
            simulator.fault(provider, operation, fault, times=0)
            for state in ("stopped", "absent"):
                witness.instance(name="web9", state=state, wait_timeout=60.0, max_retry_wait=5.0)
            witness.see(witness.controller.info(provider, **place(provider)))
            simulator.clear_faults()
    assert witness.failures > 10


@matrix("secrets")
def test_no_secret_in_what_a_killed_run_leaves(witness: Witness, provider: str) -> None:
    options = {name: value for name, value in OPTIONS[provider].items() if name == "password"}
    for moment in (3, 6, 9, 12, 15):
        with killing(moment):
            try:
                witness.create(name=f"web-{moment}", ledger_unknown="ignore", **options)
            except Killed as killed:
                assert_clean("exception", str(killed))
        for path, text in files_below(witness.controller).items():
            assert_clean(path, path + text)


@matrix("quoted secrets")
@pytest.mark.parametrize("status", [400, 401, 403, 404, 409, 422, 500])
def test_an_answer_that_quotes_a_secret(witness: Witness, provider: str, status: int) -> None:
    """As Gcore quotes a part of a bad token, and a validation error what it does not like."""
    options = {"password": "S3CRET-Passw0rd!"} if "password" in OPTIONS[provider] else {}
    secrets = [TOKENS[provider], *options.values()]
    said = " nor ".join(["this will not do:", *secrets, *(base64.b64encode(secret.encode()).decode() for secret in secrets)])
    bodies: list[t.Any] = [
        {"message": said, "code": said, "reason": said, "details": said, "exception_class": said, "error": said, "result": False, "request_id": said},
        [{"result": "error", "action": said, "message": said, "ERROR": said}],
        {"message": said, "errors": {"field": [said]}, "invalid_fields": {"password": [said]}, "info": {"attribute": said}},
        f"<html><body>{said}</body></html>",
        said,
    ]
    for body in bodies:
        for operation in ("*", ORDER[provider]):
            fresh(witness.controller)
            witness.controller.simulator.fault(provider, operation, "status", times=0, status=status, body=body)
            assert witness.create(max_retry_wait=0.0, wait_timeout=30.0, **options)["failed"] is True


@matrix("quoted secrets", only=("gcore",))
def test_a_part_of_the_token_in_an_answer(witness: Witness, provider: str) -> None:
    """Section 3: the 401 quotes the beginning of the token, which a search for the whole of it would miss."""
    witness.controller.simulator[provider].token = "another"
    for options in ({"name": "web1", "state": "absent"}, {"name": "web1", **CREATE[provider]}):
        assert witness.instance(**options)["error"] == "AuthError"


@matrix("surroundings")
def test_netrc_and_proxy_variables_change_nothing(controller: Controller, provider: str, tmp_path: t.Any, monkeypatch: pytest.MonkeyPatch) -> None:
    netrc = tmp_path / "netrc"
    netrc.write_text("machine 127.0.0.1 login somebody password S3CRET-netrc\ndefault login somebody password S3CRET-netrc\n")
    netrc.chmod(0o600)
    monkeypatch.setenv("NETRC", str(netrc))
    (tmp_path / ".netrc").write_text(netrc.read_text())
    monkeypatch.setenv("HOME", str(tmp_path))
    for name in ("http_proxy", "https_proxy", "all_proxy", "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
        controller.environ[name] = "http://127.0.0.1:9"
    for name in ("no_proxy", "NO_PROXY"):
        monkeypatch.delenv(name, raising=False)
    result = controller.create(provider).result
    assert not result.get("failed"), result
    assert controller.simulator[provider].violations == []


@matrix("surroundings")
@pytest.mark.parametrize("target", ["https://elsewhere.example/login", "/elsewhere", ""])
def test_a_redirect_is_never_followed(controller: Controller, provider: str, target: str) -> None:
    for operation in (LIST[provider], ORDER[provider]):
        controller.simulator.fault(provider, operation, "redirect", times=0, location=target)
        result = controller.create(provider).result
        assert result["failed"] is True
        assert result["error"] == "ConfigurationError"
        assert "redirect" in result["msg"]
        assert "api_url" in result["msg"]
        controller.simulator.clear_faults()
    assert "unknown" not in controller.calls(provider)
    assert orders(controller, provider) == 1
    assert ids(controller, provider) == []
