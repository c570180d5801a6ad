# Copyright: (c) 2026, polyhost.cloud contributors
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""From connection options to a driver: defaults, environment, and what is refused before anything is sent."""

from __future__ import annotations

import os
import typing as t

import pytest

from ansible_collections.polyhost.cloud.plugins.module_utils._connection import TaskContext, connect
from ansible_collections.polyhost.cloud.plugins.module_utils._core.errors import ConfigurationError, OptionError, VpsError
from ansible_collections.polyhost.cloud.plugins.module_utils._http.client import Backoff
from ansible_collections.polyhost.cloud.plugins.module_utils._ledger import LIVE, Entry
from ansible_collections.polyhost.cloud.plugins.module_utils._registry import DRIVERS
from ansible_collections.polyhost.cloud.tests.unit.fakes import FakeClock, FakeDriver

TOKEN = "token-marker-1"


class Registered(FakeDriver):
    """The fake driver as the registry makes it."""

    def __init__(self, context: t.Any) -> None:
        super().__init__(context=context)


@pytest.fixture(autouse=True)
def registered(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(DRIVERS._imports, "fake", lambda: Registered)


@pytest.fixture
def environ(tmp_path: t.Any) -> dict[str, str]:
    return {"HOME": str(tmp_path), "FAKE_TOKEN": TOKEN}


def context(environ: dict[str, str], *, check_mode: bool = False, read_only: bool = False, **options: t.Any) -> TaskContext:
    options.setdefault("provider", "fake")
    return connect(options, environ, check_mode=check_mode, read_only=read_only, clock=FakeClock())[1]


def refusal(environ: dict[str, str], **options: t.Any) -> VpsError:
    with pytest.raises(OptionError) as caught:
        context(environ, **options)
    assert TOKEN not in str(caught.value)
    return caught.value


def test_defaults_come_from_the_profile(environ: dict[str, str]) -> None:
    made = context(environ)
    assert (made.connection.url, made.connection.token, made.connection.provider) == ("https://api.fake.example", TOKEN, "fake")
    assert (made.connection.account, made.connection.region, made.connection.project, made.ledger) == (None, None, None, None)
    assert (made.transport.request_timeout, made.deadline.seconds, made.rate_limit.rate, made.max_retry_wait) == (30.0, 600.0, 10.0, 120.0)
    assert (made.transport.validate_certs, made.transport.ca_path, made.transport.ip_family) == (True, None, "any")
    assert made.transport.environ is environ
    assert (made.check_mode, made.read_only) == (False, False)


def test_options_win_over_the_environment(environ: dict[str, str], tmp_path: t.Any) -> None:
    environ.update(VPS_PROVIDER="nobody", FAKE_URL="https://env.example", VPS_REGION="env", VPS_LEDGER="/env/ledger")
    made = context(
        environ,
        api_token="option-token",
        api_url="https://option.example/",
        region="option",
        ledger=str(tmp_path / "l"),
        request_timeout=5,
        max_retry_wait=0,
        wait_timeout=7,
        rate_limit=0.5,
        ip_family="ipv6",
        validate_certs=False,
        ca_path="/ca",
        account="shop",
    )
    assert (made.connection.token, made.connection.url, made.connection.region) == ("option-token", "https://option.example", "option")
    assert made.connection.account == "shop"
    assert made.ledger and made.ledger.path == str(tmp_path / "l")
    assert (made.transport.request_timeout, made.max_retry_wait, made.deadline.seconds, made.rate_limit.rate) == (5.0, 0.0, 7.0, 0.5)
    assert (made.transport.ip_family, made.transport.validate_certs, made.transport.ca_path) == ("ipv6", False, "/ca")


def test_the_environment_fills_in(environ: dict[str, str], tmp_path: t.Any) -> None:
    environ.update(VPS_PROVIDER="fake", FAKE_URL=" https://env.example/v2/ ", VPS_REGION=" r9 ", VPS_LEDGER="~/ledger.json")
    made = context(environ, provider=None)
    assert (made.connection.url, made.connection.region) == ("https://env.example/v2", "r9")
    assert made.ledger and made.ledger.path == str(tmp_path / "ledger.json")


def test_the_environment_of_the_process_is_not_read(environ: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> None:
    for name, value in {"VPS_PROVIDER": "fake", "FAKE_TOKEN": "x", "FAKE_URL": "https://x.example", "VPS_REGION": "x", "VPS_LEDGER": "/x"}.items():
        monkeypatch.setenv(name, value)
    made = context(environ)
    assert (made.connection.token, made.connection.url, made.connection.region, made.ledger) == (TOKEN, "https://api.fake.example", None, None)
    with pytest.raises(OptionError):
        connect({}, environ, check_mode=False, read_only=False)


def test_the_token_of_another_provider_is_never_taken(environ: dict[str, str]) -> None:
    environ.pop("FAKE_TOKEN")
    environ.update(dict.fromkeys((driver.PROFILE.token_env for name, driver in DRIVERS.items() if name != "fake"), TOKEN))
    error = refusal(environ)
    assert error.facts["option"] == "api_token"
    assert "FAKE_TOKEN" in str(error)


@pytest.mark.parametrize("provider", ["", None, "linode", "FAKE"])
def test_an_unknown_provider_is_refused_with_the_choices(environ: dict[str, str], provider: str | None) -> None:
    error = refusal(environ, provider=provider)
    assert error.facts["option"] == "provider"
    assert "hosterapi" in str(error)


@pytest.mark.parametrize("value", ["", "  ", "\n", None])
def test_a_missing_token_is_refused(environ: dict[str, str], value: str | None) -> None:
    environ.pop("FAKE_TOKEN")
    assert refusal(environ, api_token=value).facts["option"] == "api_token"


@pytest.mark.parametrize(
    "value", [f"{TOKEN} {TOKEN}", f"{TOKEN}\n{TOKEN}", f"{TOKEN}\r\nX-Evil: 1", f"{TOKEN}\tx", f"{TOKEN}é", f"{TOKEN}\u00a0x", f"{TOKEN}\x00x", f"{TOKEN}\x7fx"]
)
@pytest.mark.parametrize("place", ["option", "environment"])
def test_a_token_with_anything_strange_inside_is_refused_and_not_shown(environ: dict[str, str], value: str, place: str) -> None:
    if place == "option":
        error = refusal(environ, api_token=value)
    else:
        error = refusal({**environ, "FAKE_TOKEN": value})
    assert error.facts == {"option": "api_token"}


@pytest.mark.parametrize("around", [f" {TOKEN}", f"{TOKEN}\n", f"\t{TOKEN} \r\n"])
def test_white_space_around_a_token_is_stripped(environ: dict[str, str], around: str) -> None:
    assert context(environ, api_token=around).connection.token == TOKEN
    assert context({**environ, "FAKE_TOKEN": around}).connection.token == TOKEN


@pytest.mark.parametrize("url", ["http://api.fake.example", "https://u:p@api.fake.example", "https://api.fake.example?x", "nonsense"])
@pytest.mark.parametrize("place", ["option", "environment"])
def test_a_url_of_no_use_is_refused(environ: dict[str, str], url: str, place: str) -> None:
    error = refusal(environ, api_url=url) if place == "option" else refusal({**environ, "FAKE_URL": url})
    assert error.facts["option"] == "api_url"


@pytest.mark.parametrize(
    ("option", "value"),
    [(option, value) for option in ("request_timeout", "wait_timeout", "max_retry_wait", "rate_limit") for value in (-1.0, float("nan"), float("inf"))]
    + [("request_timeout", 0.0), ("wait_timeout", 0.0)],
)
def test_numbers_of_no_use_are_refused(environ: dict[str, str], option: str, value: float) -> None:
    assert refusal(environ, **{option: value}).facts["option"] == option


def test_a_rate_of_nothing_lifts_the_limit(environ: dict[str, str]) -> None:
    assert context(environ, rate_limit=0).rate_limit.rate == 0.0


@pytest.mark.parametrize(("check_mode", "read_only"), [(True, False), (False, True), (True, True)])
def test_what_only_reads_reads_everywhere(environ: dict[str, str], check_mode: bool, read_only: bool, tmp_path: t.Any) -> None:
    made = context(environ, check_mode=check_mode, read_only=read_only, ledger=str(tmp_path / "ledger"))
    assert made.read_only is True
    assert made.check_mode is check_mode
    assert made.ledger and made.ledger.read_only is True
    assert made.client(lambda arguments: None, lambda call, response: None, Backoff()).read_only is True


def limit_file(environ: dict[str, str], **options: t.Any) -> str:
    return context(environ, **options).rate_limit.path


def test_the_file_of_the_rate_limit_is_the_accounts_and_does_not_show_it(environ: dict[str, str]) -> None:
    path = limit_file(environ)
    assert path == limit_file(environ, region="r2", account="shop", rate_limit=1.0)
    assert TOKEN not in path and "fake" not in os.path.basename(path)
    others = {limit_file(environ, api_token="another"), limit_file(environ, api_url="https://other.example")}
    assert len({path, *others}) == 3


def test_one_host_in_any_spelling_is_one_ledger_and_one_limit(environ: dict[str, str], tmp_path: t.Any) -> None:
    path = str(tmp_path / "ledger.json")
    first = context(environ, ledger=path, api_url="https://api.fake.example")
    assert first.ledger
    first.ledger.write(("", ""), Entry(LIVE, "web", id="7"))
    for url in ("https://API.Fake.example/", "HTTPS://api.fake.example:443"):
        other = context(environ, ledger=path, api_url=url)
        assert other.ledger and other.ledger.entry(("", ""), "web")
        assert other.rate_limit.path == first.rate_limit.path
    apart = context(environ, ledger=path, api_url="https://api.fake.example:8443")
    assert apart.ledger and apart.ledger.entry(("", ""), "web") is None


def test_without_a_writable_folder_it_is_said_so(environ: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tempfile.tempdir", "/dev/null")
    with pytest.raises(ConfigurationError):
        context({**environ, "HOME": "/dev/null"})


def test_warnings_come_once_and_without_secrets(environ: dict[str, str]) -> None:
    made = connect({"provider": "fake"}, environ, check_mode=False, read_only=False, secrets=["pw-marker", None])[1]
    for _number in range(2):
        made.warn(f"careful: {TOKEN} pw-marker")
    assert made.warnings == ["careful: ******** ********"]
