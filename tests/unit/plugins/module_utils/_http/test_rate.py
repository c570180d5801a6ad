# Copyright: (c) 2026, polyhost.cloud contributors
# GNU General Public License v3.0+ (see https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

"""The account's rate limit: what is granted when, over all processes, and the folder its file lies in."""

from __future__ import annotations

import json
import multiprocessing
import os
import stat
import tempfile
import time
import typing as t

import pytest

from ansible_collections.polyhost.cloud.plugins.module_utils._core.errors import ConfigurationError
from ansible_collections.polyhost.cloud.plugins.module_utils._core.wait import Clock, Waiter
from ansible_collections.polyhost.cloud.plugins.module_utils._http.rate import RateLimit, cache_folder, fingerprint
from ansible_collections.polyhost.cloud.tests.unit.fakes import FakeClock


def starts(path: str, rate: float, count: int, clock: FakeClock | None = None, every: float = 0.0) -> list[float]:
    """The moments at which requests may start; C(every) seconds pass between them."""
    clock = clock or FakeClock()
    limit = RateLimit(path, rate, Waiter(clock))
    moments = []
    for _number in range(count):
        limit.acquire()
        moments.append(clock.passed)
        clock.passed += every
    return moments


def most_in_a_second(moments: t.Iterable[float]) -> int:
    """The largest number of moments in any window of one second, both ends included."""
    ordered = sorted(moments)
    return max(sum(1 for other in ordered if start <= other <= start + 1.0) for start in ordered)


@pytest.fixture
def path(tmp_path: t.Any) -> str:
    return str(tmp_path / "rate")


@pytest.mark.parametrize("rate", [1.0, 2.0, 2.5, 3.0, 10.0, 20.0])
@pytest.mark.parametrize("every", [0.0, 0.03, 0.3])
def test_never_more_than_the_rate_in_any_second(path: str, rate: float, every: float) -> None:
    moments = starts(path, rate, int(rate * 4) + 3, every=every)
    assert most_in_a_second(moments) <= rate


def test_a_burst_goes_at_once_and_the_rest_is_not_slower_than_needed(path: str) -> None:
    moments = starts(path, 10.0, 31)
    assert moments[:10] == [0.0] * 10
    assert moments[30] == pytest.approx(3 * 1.1)


@pytest.mark.parametrize(("rate", "gap"), [(0.5, 2.2), (0.1, 11.0), (1.0, 1.1)])
def test_slow_rates_space_single_requests(path: str, rate: float, gap: float) -> None:
    assert starts(path, rate, 3) == pytest.approx([0.0, gap, 2 * gap])


def test_between_two_whole_numbers_the_long_run_counts(path: str) -> None:
    assert starts(path, 2.5, 21)[-1] >= 20 / 2.5


@pytest.mark.parametrize("rate", [0.0, -1.0])
def test_no_rate_is_no_limit_and_no_file(path: str, rate: float) -> None:
    assert starts(path, rate, 100)[-1] == 0.0
    assert not os.path.exists(path)


def test_two_accounts_do_not_wait_for_each_other(tmp_path: t.Any) -> None:
    clock = FakeClock()
    assert starts(str(tmp_path / "one"), 1.0, 1, clock) == starts(str(tmp_path / "two"), 1.0, 1, clock) == [0.0]


def test_the_pause_is_accounted_for(path: str) -> None:
    waiter = Waiter(FakeClock())
    for _number in range(2):
        RateLimit(path, 1.0, waiter).acquire()
    assert waiter.waited == pytest.approx(1.1)


def test_the_file_is_private_and_stays_small(path: str) -> None:
    starts(path, 5.0, 200)
    assert stat.S_IMODE(os.stat(path).st_mode) == 0o600
    with open(path, encoding="utf-8") as handle:
        assert len(json.load(handle)) <= 6


@pytest.mark.parametrize(
    "content", [b"", b"{", b"null", b'{"a": 1}', b'["a", null, {}, [1], true]', b"\xff\xfe\x00", b"[NaN, Infinity, -Infinity]", b"[1" + b"0" * 400 + b"]"]
)
def test_a_file_that_cannot_be_read_is_begun_anew(path: str, content: bytes) -> None:
    with open(path, "wb") as handle:
        handle.write(content)
    assert starts(path, 1.0, 2) == pytest.approx([0.0, 1.1])


def test_a_clock_that_was_set_back_is_not_waited_for(path: str) -> None:
    clock = FakeClock()
    starts(path, 1.0, 2, clock)
    clock.passed -= 3600
    before = clock.passed
    assert starts(path, 1.0, 2, clock) == pytest.approx([before, before + 1.1])


def test_a_clock_that_went_on_frees_everything(path: str) -> None:
    clock = FakeClock()
    starts(path, 2.0, 9, clock)
    clock.passed += 3600
    assert starts(path, 2.0, 2, clock) == [clock.passed] * 2


def test_a_file_that_may_not_be_written_is_a_matter_of_configuration(tmp_path: t.Any) -> None:
    with pytest.raises(ConfigurationError, match="rate_limit"):
        starts(str(tmp_path), 1.0, 1)


class _Recording(Clock):
    """Real time; C(granted) is the moment of the last request."""

    granted = 0.0

    def epoch(self) -> float:
        self.granted = time.time()
        return self.granted


def _take(path: str, rate: float, count: int, out: t.Any) -> None:
    clock = _Recording()
    limit = RateLimit(path, rate, Waiter(clock))
    moments = []
    for _number in range(count):
        limit.acquire()
        moments.append(clock.granted)
    out.put(moments)


def test_processes_share_the_rate(path: str) -> None:
    forks = multiprocessing.get_context("fork")
    out: t.Any = forks.Queue()
    workers = [forks.Process(target=_take, args=(path, 20.0, 10, out)) for _number in range(3)]
    for worker in workers:
        worker.start()
    moments = [moment for _number in workers for moment in out.get(timeout=30)]
    for worker in workers:
        worker.join(30)
    assert len(moments) == 30
    assert most_in_a_second(moments) <= 20


# -- the folder -------------------------------------------------------------------------------------------------------------


def mode(path: str) -> int:
    return stat.S_IMODE(os.stat(path).st_mode)


def test_the_folder_is_the_users_alone(tmp_path: t.Any) -> None:
    assert cache_folder({"HOME": str(tmp_path)}) == str(tmp_path / ".cache" / "polyhost.cloud")
    assert mode(str(tmp_path / ".cache" / "polyhost.cloud")) == 0o700
    assert cache_folder({"HOME": str(tmp_path)}) == str(tmp_path / ".cache" / "polyhost.cloud"), "again"


def test_xdg_comes_first(tmp_path: t.Any) -> None:
    assert cache_folder({"HOME": "/nowhere", "XDG_CACHE_HOME": str(tmp_path / "x")}) == str(tmp_path / "x" / "polyhost.cloud")


@pytest.fixture
def temporary(tmp_path: t.Any, monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    return str(tmp_path / f"polyhost.cloud-{os.getuid()}")


@pytest.mark.parametrize("environ", [{}, {"HOME": ""}, {"HOME": "relative"}, {"HOME": "/dev/null"}, {"XDG_CACHE_HOME": "relative"}])
def test_without_a_usable_home_it_is_the_temporary_directory(temporary: str, environ: dict[str, str]) -> None:
    assert cache_folder(environ) == temporary
    assert mode(temporary) == 0o700


def test_a_relative_xdg_folder_is_none_and_home_is_taken(temporary: str, tmp_path: t.Any) -> None:
    assert cache_folder({"XDG_CACHE_HOME": "relative", "HOME": str(tmp_path / "home")}) == str(tmp_path / "home" / ".cache" / "polyhost.cloud")


def test_a_folder_of_somebody_else_is_not_used(temporary: str, tmp_path: t.Any, monkeypatch: pytest.MonkeyPatch) -> None:
    os.makedirs(temporary)
    monkeypatch.setattr(os, "getuid", lambda: os.stat(temporary).st_uid + 1)
    monkeypatch.setattr(tempfile, "tempdir", "/dev/null")
    with pytest.raises(ConfigurationError, match="no writable cache folder"):
        cache_folder({"HOME": str(tmp_path)})


def test_the_fingerprint_tells_parts_apart_and_shows_none() -> None:
    marks = {fingerprint("civo", "host", "token"), fingerprint("civo", "hostt", "oken"), fingerprint("civo", "host", "token2")}
    assert len(marks) == 3
    assert all("token" not in mark and len(mark) == 24 for mark in marks)
