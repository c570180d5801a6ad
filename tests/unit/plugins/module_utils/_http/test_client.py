# Copyright: (c) 2026, polyhost.cloud contributors
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""How the provider is reached: credentials, proxies, certificates, address families, URLs; and the account of calls."""

from __future__ import annotations

import datetime
import ipaddress
import json
import socket
import ssl
import typing as t

import pytest
import requests
import urllib3
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from ansible_collections.polyhost.cloud.plugins.module_utils._core.errors import (
    ConfigurationError,
    MissingLibraryError,
    OptionError,
    OutcomeUnknownError,
    UnreachableError,
    VpsError,
)
from ansible_collections.polyhost.cloud.plugins.module_utils._http import client as client_module
from ansible_collections.polyhost.cloud.plugins.module_utils._http.client import Backoff, Call, Retry, check_base_url
from ansible_collections.polyhost.cloud.plugins.module_utils._http.port import accepts_tcp
from ansible_collections.polyhost.cloud.tests.unit.fakes import Stub, answer, reset_after

READ = Call("servers.list", "GET", "/servers")
GET = Call("servers.get", "GET", "/servers/{id}")
CREATE = Call("servers.create", "POST", "/servers", mutates=True, retry=Retry.NEVER)
DELETE = Call("servers.delete", "DELETE", "/servers/{id}", mutates=True, retry=Retry.NEVER)
AUTHORIZATION = "Bearer token-marker-1"
ONCE = Backoff(retries=0)


def failure(client: t.Any, call: Call = READ) -> VpsError:
    with pytest.raises(VpsError) as caught:
        client.send(call)
    return caught.value


# -- what is sent -----------------------------------------------------------------------------------------------------------


def test_a_read_carries_the_token_and_no_body(bench: t.Any) -> None:
    with Stub() as stub:
        bench.client(stub.url + "/v2").send(GET, {"id": "a b/c?d"}, query={"region": "LON 1", "page": 2})
    seen = stub.requests[0]
    assert (seen.method, seen.target, seen.body) == ("GET", "/v2/servers/a%20b%2Fc%3Fd?region=LON+1&page=2", b"")
    assert seen.headers["authorization"] == AUTHORIZATION
    assert seen.headers["accept"] == "application/json"
    assert "polyhost.cloud" in seen.headers["user-agent"]
    assert "content-type" not in seen.headers


def test_bodies(bench: t.Any) -> None:
    with Stub() as stub:
        client = bench.client(stub.url)
        client.send(CREATE, json_body={"name": "wéb"})
        client.send(CREATE)
        client.send(CREATE, form=[("ssh[]", "a"), ("ssh[]", "b c")])
    first, empty, form = stub.requests
    assert (json.loads(first.body), first.headers["content-type"]) == ({"name": "wéb"}, "application/json")
    assert (empty.body, empty.headers["content-type"]) == (b"", "application/json")
    assert (form.body, form.headers["content-type"]) == (b"ssh%5B%5D=a&ssh%5B%5D=b+c", "application/x-www-form-urlencoded")


@pytest.mark.parametrize("value", ["", ".", "..", None])
def test_an_id_that_would_make_another_path_is_refused(bench: t.Any, value: str | None) -> None:
    with Stub() as stub:
        with pytest.raises(OptionError):
            bench.client(stub.url + "/v2").send(DELETE, {"id": value})
        assert stub.requests == []


def test_every_attempt_is_the_same_request(bench: t.Any) -> None:
    with Stub(answer(500, {}), answer(500, {})) as stub:
        bench.client(stub.url).send(READ, query={"page": 1})
    assert len(stub.requests) == 3
    assert stub.requests[0] == stub.requests[1] == stub.requests[2]


# -- netrc and the environment ------------------------------------------------------------------------------------------------


@pytest.fixture
def netrc(tmp_path: t.Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """A netrc that knows the API's host."""
    for name in (".netrc", "_netrc"):
        (tmp_path / name).write_text("machine 127.0.0.1 login thief password stolen\ndefault login thief password stolen\n")
        (tmp_path / name).chmod(0o600)
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("NETRC", str(tmp_path / ".netrc"))


def test_the_netrc_trap_is_one(netrc: None) -> None:
    with Stub() as stub:
        requests.get(stub.url, headers={"Authorization": AUTHORIZATION}, timeout=5)
    assert stub.requests[0].headers["authorization"].startswith("Basic ")


def test_netrc_never_replaces_our_header(bench: t.Any, netrc: None) -> None:
    with Stub() as stub:
        bench.client(stub.url).send(READ)
    assert stub.requests[0].headers["authorization"] == AUTHORIZATION


def test_netrc_never_adds_a_header(bench: t.Any, netrc: None) -> None:
    with Stub() as stub:
        bench.client(stub.url, authorise=lambda arguments: None).send(READ)
    assert "authorization" not in stub.requests[0].headers


@pytest.fixture
def no_names(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Nobody asks a name server; what was asked for is listed."""
    asked: list[str] = []
    real = socket.getaddrinfo

    def getaddrinfo(host: str, *arguments: t.Any, **options: t.Any) -> t.Any:
        if str(host).endswith(".example"):
            asked.append(host)
            raise socket.gaierror(-2, "Name or service not known")
        return real(host, *arguments, **options)

    monkeypatch.setattr(socket, "getaddrinfo", getaddrinfo)
    return asked


FAR = "https://api.far.example"


@pytest.mark.parametrize("variable", ["HTTPS_PROXY", "https_proxy", "ALL_PROXY", "all_proxy"])
def test_a_proxy_of_the_handed_in_environment_is_used_and_never_sees_the_token(bench: t.Any, no_names: list[str], variable: str) -> None:
    with Stub(answer(403, {})) as proxy:
        failure(bench.client(FAR, environ={variable: proxy.url}, backoff=ONCE))
    assert [(seen.method, seen.target) for seen in proxy.requests] == [("CONNECT", "api.far.example:443")]
    assert "authorization" not in proxy.requests[0].headers
    assert no_names == []


def test_lower_case_wins_and_the_scheme_wins_over_all(bench: t.Any, no_names: list[str]) -> None:
    with Stub() as wrong, Stub(answer(403, {})) as right:
        environ = {"HTTPS_PROXY": wrong.url, "https_proxy": right.url, "ALL_PROXY": wrong.url, "HTTP_PROXY": wrong.url}
        failure(bench.client(FAR, environ=environ, backoff=ONCE))
        assert (len(right.requests), wrong.connections) == (1, 0)


def test_the_environment_of_the_process_is_not_read(bench: t.Any, no_names: list[str], monkeypatch: pytest.MonkeyPatch) -> None:
    with Stub() as proxy:
        for variable in ("HTTPS_PROXY", "HTTP_PROXY", "ALL_PROXY"):
            monkeypatch.setenv(variable, proxy.url)
            monkeypatch.setenv(variable.lower(), proxy.url)
        assert isinstance(failure(bench.client(FAR, backoff=ONCE)), UnreachableError)
        assert proxy.connections == 0
    assert no_names == ["api.far.example"]


@pytest.mark.parametrize("bypass", ["api.far.example", ".far.example", "far.example", "*", "other.example, api.far.example", "api.far.example:443"])
@pytest.mark.parametrize("variable", ["NO_PROXY", "no_proxy"])
def test_no_proxy_is_honoured(bench: t.Any, no_names: list[str], variable: str, bypass: str) -> None:
    with Stub() as proxy:
        error = failure(bench.client(FAR + ":443", environ={"HTTPS_PROXY": proxy.url, variable: bypass}, backoff=ONCE))
        assert proxy.connections == 0
    assert isinstance(error, UnreachableError)
    assert no_names == ["api.far.example"]


@pytest.mark.parametrize("bypass", ["ar.example", "far.example.org", ""])
def test_no_proxy_for_other_hosts_changes_nothing(bench: t.Any, no_names: list[str], bypass: str) -> None:
    with Stub(answer(403, {})) as proxy:
        failure(bench.client(FAR, environ={"HTTPS_PROXY": proxy.url, "NO_PROXY": bypass}, backoff=ONCE))
    assert len(proxy.requests) == 1


@pytest.mark.parametrize("host", ["127.0.0.1", "localhost"])
def test_this_machine_is_reached_past_any_proxy(bench: t.Any, host: str) -> None:
    with Stub() as proxy, Stub() as stub:
        environ = dict.fromkeys(("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"), proxy.url)
        bench.client(f"http://{host}:{stub.port}", environ=environ).send(READ)
        assert (len(stub.requests), proxy.connections) == (1, 0)


@pytest.mark.parametrize("call", [READ, CREATE], ids=lambda call: call.id)
def test_a_proxy_that_is_not_there_is_unreachable(bench: t.Any, call: Call) -> None:
    with socket.create_server(("127.0.0.1", 0)) as held:
        port = held.getsockname()[1]
    error = failure(bench.client(FAR, environ={"HTTPS_PROXY": f"http://user:proxy-marker@127.0.0.1:{port}"}, backoff=ONCE), call)
    assert error.__class__ is UnreachableError
    assert "proxy" in error.message
    assert "proxy-marker" not in str(error)


@pytest.mark.parametrize("call", [READ, CREATE], ids=lambda call: call.id)
def test_a_proxy_that_refuses_was_not_passed(bench: t.Any, call: Call) -> None:
    with Stub(answer(407, {})) as proxy:
        assert failure(bench.client(FAR, environ={"HTTPS_PROXY": proxy.url}, backoff=ONCE), call).__class__ is UnreachableError


@pytest.mark.parametrize("proxy", ["http://", "socks5://127.0.0.1:1", "nonsense://x"])
def test_a_proxy_that_cannot_be_used_is_no_matter_of_trying_again(bench: t.Any, no_names: list[str], proxy: str) -> None:
    client = bench.client(FAR, environ={"HTTPS_PROXY": proxy})
    assert failure(client, CREATE).__class__ is ConfigurationError
    assert client.account.calls == 1


def test_a_reset_that_urllib3_blames_on_the_proxy_is_unclear(bench: t.Any) -> None:
    """urllib3 1.26 reports any broken connection as a proxy's fault once a proxy is in use, long after the request was sent."""

    class Session:
        def request(self, *_: t.Any, **__: t.Any) -> t.NoReturn:
            proxy = urllib3.exceptions.ProxyError("Cannot connect to proxy.", ConnectionResetError(104, "Connection reset by peer"))
            raise requests.exceptions.ProxyError(urllib3.exceptions.MaxRetryError(t.cast(t.Any, None), "/servers", proxy))

        def close(self) -> None:
            pass

    client = bench.client(FAR)
    client._session = Session()
    assert failure(client, CREATE).__class__ is OutcomeUnknownError


# -- certificates -------------------------------------------------------------------------------------------------------------


class Certificate(t.NamedTuple):
    path: str
    tls: ssl.SSLContext


def make_certificate(folder: t.Any, name: str) -> Certificate:
    """A self-signed certificate for an address or a name."""
    key = ec.generate_private_key(ec.SECP256R1())
    subject = x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, name)])
    try:
        alternative: x509.GeneralName = x509.IPAddress(ipaddress.ip_address(name))
    except ValueError:
        alternative = x509.DNSName(name)
    now = datetime.datetime.now(datetime.timezone.utc)
    signed = (
        x509.CertificateBuilder(subject, subject, key.public_key(), x509.random_serial_number(), now - datetime.timedelta(1), now + datetime.timedelta(1))
        .add_extension(x509.SubjectAlternativeName([alternative]), critical=False)
        .add_extension(x509.BasicConstraints(ca=True, path_length=None), critical=True)
        .sign(key, hashes.SHA256())
    )
    path = folder / f"{name}.pem"
    private = key.private_bytes(serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption())
    path.write_bytes(signed.public_bytes(serialization.Encoding.PEM) + private)
    tls = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    tls.load_cert_chain(path)
    return Certificate(str(path), tls)


@pytest.fixture(scope="module")
def trusted(tmp_path_factory: pytest.TempPathFactory) -> Certificate:
    return make_certificate(tmp_path_factory.mktemp("tls"), "127.0.0.1")


@pytest.fixture(scope="module")
def of_another_host(tmp_path_factory: pytest.TempPathFactory) -> Certificate:
    return make_certificate(tmp_path_factory.mktemp("tls"), "other.example")


@pytest.mark.parametrize("call", [READ, CREATE], ids=lambda call: call.id)
def test_an_unknown_certificate_ends_it_before_anything_is_sent(bench: t.Any, trusted: Certificate, call: Call) -> None:
    with Stub(tls=trusted.tls) as stub:
        client = bench.client(stub.url)
        error = failure(client, call)
        assert error.__class__ is ConfigurationError
        assert "nothing was sent" in error.message
        assert "ca_path" in str(error)
        assert (stub.requests, client.account.calls) == ([], 1)


def test_the_certificate_of_another_host_ends_it_too(bench: t.Any, of_another_host: Certificate) -> None:
    with Stub(tls=of_another_host.tls) as stub:
        assert failure(bench.client(stub.url, ca_path=of_another_host.path)).__class__ is ConfigurationError
        assert stub.requests == []


def test_ca_path_names_an_authority(bench: t.Any, trusted: Certificate) -> None:
    with Stub(tls=trusted.tls) as stub:
        bench.client(stub.url, ca_path=trusted.path).send(READ)
        assert len(stub.requests) == 1


@pytest.mark.parametrize("variable", ["REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"])
def test_the_handed_in_environment_names_an_authority(bench: t.Any, trusted: Certificate, of_another_host: Certificate, variable: str) -> None:
    with Stub(tls=trusted.tls) as stub:
        bench.client(stub.url, environ={variable: trusted.path}).send(READ)
        assert len(stub.requests) == 1
        assert failure(bench.client(stub.url, environ={variable: trusted.path}, ca_path=of_another_host.path)).__class__ is ConfigurationError


def test_the_environment_of_the_process_names_none(bench: t.Any, trusted: Certificate, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("REQUESTS_CA_BUNDLE", trusted.path)
    monkeypatch.setenv("CURL_CA_BUNDLE", trusted.path)
    with Stub(tls=trusted.tls) as stub:
        assert failure(bench.client(stub.url)).__class__ is ConfigurationError


@pytest.mark.filterwarnings("ignore::urllib3.exceptions.InsecureRequestWarning")
def test_validation_can_be_switched_off(bench: t.Any, of_another_host: Certificate) -> None:
    with Stub(tls=of_another_host.tls) as stub:
        bench.client(stub.url, validate_certs=False, environ={"REQUESTS_CA_BUNDLE": "/nowhere"}).send(READ)
        assert len(stub.requests) == 1


@pytest.mark.parametrize("content", [None, "no certificate"])
@pytest.mark.parametrize("call", [READ, CREATE], ids=lambda call: call.id)
def test_a_ca_path_that_is_no_bundle_is_a_matter_of_configuration(bench: t.Any, tmp_path: t.Any, call: Call, content: str | None) -> None:
    path = tmp_path / "ca.pem"
    if content is not None:
        path.write_text(content)
    with socket.create_server(("127.0.0.1", 0)) as held:
        client = bench.client(f"https://127.0.0.1:{held.getsockname()[1]}", ca_path=str(path))
        error = failure(client, call)
    assert error.__class__ is ConfigurationError
    assert "ca_path" in str(error)
    assert client.account.calls == 0


def test_https_to_a_plain_port_names_tls(bench: t.Any) -> None:
    def refuse(stub: Stub, connection: socket.socket) -> bool:
        connection.recv(65536)
        connection.sendall(b"HTTP/1.1 400 Bad Request\r\n\r\n")
        return False

    with Stub(refuse) as stub:
        assert "no TLS connection" in failure(bench.client(f"https://127.0.0.1:{stub.port}", backoff=ONCE)).message


# -- address families -----------------------------------------------------------------------------------------------------------


def test_ipv4_alone_reaches_an_ipv4_server_and_ipv6_alone_does_not(bench: t.Any) -> None:
    with Stub() as stub:
        url = f"http://localhost:{stub.port}"
        bench.client(url, ip_family="ipv4").send(READ)
        assert stub.peers == ["127.0.0.1"]
        refused = failure(bench.client(url, ip_family="ipv6", backoff=ONCE), CREATE)
        assert refused.__class__ is UnreachableError
        assert "ip_family: ipv6" in str(refused)
        assert len(stub.requests) == 1


def test_ipv6_alone_reaches_an_ipv6_server_and_ipv4_alone_does_not(bench: t.Any) -> None:
    try:
        stub = Stub(host="::1")
    except OSError:
        pytest.skip("this machine has no IPv6")
    with stub:
        bench.client(stub.url, ip_family="ipv6").send(READ)
        assert stub.peers == ["::1"]
        assert failure(bench.client(stub.url, ip_family="ipv4", backoff=ONCE), CREATE).__class__ is UnreachableError
        assert len(stub.requests) == 1


# -- URLs -----------------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "url",
    [
        "",
        "api.civo.com",
        "//api.civo.com",
        "ftp://api.civo.com",
        "https://",
        "https:///v2",
        "https://user@api.civo.com",
        "https://user:password@api.civo.com",
        "https://:password@api.civo.com",
        "https://@api.civo.com",
        "https://api.civo.com/?key=1",
        "https://api.civo.com?",
        "https://api.civo.com/#top",
        "https://api.civo.com#",
        "https://api.civo.com/a b",
        "https://api.ci\nvo.com",
        "https://api.civo.com:port",
        "https://api.civo.com:99999",
        "https://[::1",
    ],
)
def test_base_urls_of_no_use_are_refused(url: str) -> None:
    with pytest.raises(OptionError) as caught:
        check_base_url(url)
    assert caught.value.facts["option"] == "api_url"
    assert "password" not in str(caught.value)


@pytest.mark.parametrize(
    "url",
    [
        "http://api.civo.com",
        "HTTP://api.civo.com",
        "http://127.0.0.1.example.com",
        "http://localhost.example.com",
        "http://128.0.0.1",
        "http://10.0.0.1",
        "http://0.0.0.0",
        "http://[::]",
        "http://[::2]",
        "http://2130706433",
        "http://127.1",
    ],
)
def test_plain_http_to_another_machine_is_refused(url: str) -> None:
    with pytest.raises(OptionError, match="plain HTTP"):
        check_base_url(url)


@pytest.mark.parametrize(
    ("url", "base"),
    [
        ("https://api.civo.com", "https://api.civo.com"),
        (" https://api.civo.com/v2// \n", "https://api.civo.com/v2"),
        ("https://clients.hostwinds.com/cloud/api.php", "https://clients.hostwinds.com/cloud/api.php"),
        ("http://127.0.0.1:8000", "http://127.0.0.1:8000"),
        ("http://127.9.9.9/x/", "http://127.9.9.9/x"),
        ("http://localhost:8000", "http://localhost:8000"),
        ("http://LOCALHOST", "http://LOCALHOST"),
        ("http://[::1]:8000", "http://[::1]:8000"),
    ],
)
def test_base_urls(url: str, base: str) -> None:
    assert check_base_url(url) == base


# -- the account of calls ---------------------------------------------------------------------------------------------------------


def test_account_and_trace(bench: t.Any) -> None:
    script = [
        answer(200, {}, {"X-Request-Id": "r1"}),
        answer(500, {}, {"cf-ray": "r2"}),
        answer(200, {}, {"Request-ID": "x" * 200}),
        answer(201, {}),
        reset_after,
    ]
    with Stub(*script) as stub:
        client = bench.client(stub.url)
        client.send(GET, {"id": "7"}, query={"api_key": "query-marker"})
        client.send(READ)
        client.send(CREATE, json_body={"password": "body-marker"})
        failure(client, CREATE)
    public = client.account.public(1.26, trace=True)
    trace = public.pop("trace")
    assert public == {"calls": 5, "writes": 2, "retries": 1, "waited": 1.3, "request_ids": ["r1", "r2", "x" * 80]}
    assert [(each["operation"], each["method"], each["path"], each["status"]) for each in trace] == [
        ("servers.get", "GET", "/servers/7", 200),
        ("servers.list", "GET", "/servers", 500),
        ("servers.list", "GET", "/servers", 200),
        ("servers.create", "POST", "/servers", 201),
        ("servers.create", "POST", "/servers", None),
    ]
    assert all(isinstance(each["ms"], int) and each["ms"] >= 0 for each in trace)
    assert "marker" not in json.dumps(trace)
    assert "trace" not in client.account.public(0.0, trace=False)


def test_the_last_twenty_request_ids_are_kept_and_redacted(bench: t.Any) -> None:
    with Stub(*[answer(200, {}, {"X-Request-Id": f"id{number} token-marker-1"}) for number in range(25)]) as stub:
        client = bench.client(stub.url)
        for _number in range(25):
            client.send(READ)
    assert client.account.public(0, False)["request_ids"] == [f"id{number} ********" for number in range(5, 25)]


def test_the_rate_limit_is_asked_before_every_attempt(bench: t.Any) -> None:
    with Stub(answer(429, {}, {"Retry-After": "0"})) as stub:
        client = bench.client(stub.url, rate=1.0)
        client.send(READ)
        client.send(READ)
    assert len(stub.requests) == 3
    assert [round(pause, 2) for pause in bench.clock.slept] == [0.0, 1.1, 1.1]


def test_the_url_and_the_token_are_in_no_failure(bench: t.Any, no_names: list[str]) -> None:
    error = failure(bench.client(FAR, backoff=ONCE, authorise=lambda arguments: arguments["params"].update(key="token-marker-1")))
    assert "token-marker-1" not in f"{error} {error.facts} {error.__cause__} {error.__context__ if not error.__suppress_context__ else ''}"
    assert "the name could not be resolved" in error.message


def test_a_token_that_is_no_header_value_is_a_matter_of_configuration(bench: t.Any) -> None:
    with Stub() as stub:

        def broken(arguments: t.MutableMapping[str, t.Any]) -> None:
            arguments["headers"]["Authorization"] = "Bearer token-marker-1\nX: y"

        error = failure(bench.client(stub.url, authorise=broken))
        assert error.__class__ is ConfigurationError
        assert "token-marker-1" not in str(error)
        assert stub.requests == []


def test_without_requests_the_library_is_named(bench: t.Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(client_module, "HAS_REQUESTS", False)
    error = failure(bench.client("http://127.0.0.1:1"))
    assert error.__class__ is MissingLibraryError
    assert error.facts["library"] == "requests"


def test_a_closed_client_opens_a_new_connection(bench: t.Any) -> None:
    with Stub() as stub:
        client = bench.client(stub.url)
        client.send(READ)
        client.close()
        client.close()
        client.send(READ)
        assert stub.connections == 2


def test_whether_a_port_accepts_connections() -> None:
    with socket.create_server(("127.0.0.1", 0)) as held:
        port = held.getsockname()[1]
        assert accepts_tcp("127.0.0.1", port)
    assert not accepts_tcp("127.0.0.1", port)
