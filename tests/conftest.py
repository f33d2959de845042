"""Fixtures that every suite uses: real servers, started once a session where tests can share them."""

import asyncio
import gc
import math
import os
import shutil
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import structlog
from hypothesis import HealthCheck, settings

from deploy.local.servers import NatsServer, temporary_directory
from tests.support.compiled import keep_compiled
from tests.support.lasting import lasting_loop, lasting_ports
from tests.support.sampled import leave_to_slow
from tests.support.servers import TestPostgres, start_nats

# Compiled once and kept: without, each process of a test compiles a hundred thousand lines again before it does
# anything.
sys.dont_write_bytecode = False
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)
keep_compiled()

# A command that runs in the same process answers on standard output: what services log beside it must not stand there.
structlog.configure(logger_factory=lambda *_: structlog.PrintLogger(sys.stderr))

# How long an example takes to make says how busy the machine is, and nothing of the code.
settings.register_profile("any-machine", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("any-machine")

MEMORY, ENOUGH = Path("/dev/shm"), 8 << 30
if MEMORY.is_dir() and os.access(MEMORY, os.W_OK) and shutil.disk_usage(MEMORY).free > ENOUGH:
    # Thousands of databases are made and dropped; what survives a kill -9 of a server does so in memory, too.
    tempfile.tempdir = str(MEMORY)


ONE_ORGANISATION = "tests/hostile/"
"""All tests of this folder share one running organisation, which takes twenty seconds of CPU time to bring to life."""


def together(path: str) -> str:
    """What one worker runs from end to end: a module, or a folder whose modules share what is dear to start."""
    return ONE_ORGANISATION if path.startswith(ONE_ORGANISATION) else path


IN_A_BROWSER = 1
"""After what has a time-out of its own, before all else."""


@pytest.hookimpl(tryfirst=True)  # before -m is asked
def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """What may take long (a time-out of its own says so, a folder of its own, or a browser) is begun first: no worker
    is left alone with it at the end."""
    leave_to_slow(items)
    longest: dict[str, float] = {ONE_ORGANISATION: math.inf}
    for item in items:
        marker = item.get_closest_marker("timeout")
        path = together(item.location[0])
        browser = IN_A_BROWSER if "browser" in getattr(item, "fixturenames", ()) else 0
        longest[path] = max(longest.get(path, 0), marker.args[0] if marker else browser)
    items.sort(key=lambda item: -longest[together(item.location[0])])


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> Any:
    """`--dist loadscope`, with a shared organisation counted as one scope: else each worker would build it."""
    if config.getvalue("dist") != "loadscope":
        return None
    from xdist.scheduler import LoadScopeScheduling

    class ByOrganisation(LoadScopeScheduling):
        def _split_scope(self, nodeid: str) -> str:
            return together(super()._split_scope(nodeid))

    return ByOrganisation(config, log)


def pytest_asyncio_loop_factories() -> dict[str, Callable[[], asyncio.AbstractEventLoop]]:
    return {"lasting": lasting_loop}


gc.disable()  # while modules and tests are collected: they stay


def pytest_collection_finish() -> None:
    """Thousands of tests and all modules stay until the end: the garbage collector need not go through them again and
    again. What each test leaves is little: with the usual thresholds the collector took a twelfth of our CPU time."""
    gc.freeze()
    gc.set_threshold(100_000, 50, 100)
    gc.enable()


@pytest.fixture(scope="session")
def postgres() -> Iterator[TestPostgres]:
    """PostgreSQL for the session. Each test takes databases from it, as if fresh; do not kill it: see own_postgres."""
    with temporary_directory() as directory:
        server = TestPostgres.start(directory / "postgres")
        lasting_ports.add(server.server.port)
        yield server
        server.stop()


@pytest.fixture(autouse=True)
def _leave_databases(request: pytest.FixtureRequest) -> Iterator[None]:
    """What a test made is emptied for another, or dropped, when everything that used it has stopped."""
    if "postgres" not in request.fixturenames:
        yield
        return
    server: TestPostgres = request.getfixturevalue("postgres")
    before = len(server.made)
    yield
    server.done_with_all_but(before)


@pytest.fixture
def service_database(postgres: TestPostgres) -> Callable[[str], str]:
    """service_database("payments") -> the URL of a fresh migrated database, as its runtime role."""
    return postgres.database


@pytest.fixture
def nats_server() -> Iterator[NatsServer]:
    """A NATS server of this test's own, with the organisation's streams. It may be killed and started again."""
    with temporary_directory() as directory:
        server = start_nats(directory / "nats")
        yield server
        server.kill()


@pytest.fixture
def own_postgres() -> Iterator[TestPostgres]:
    """PostgreSQL of this test's own, with fsync on, to be killed and started again."""
    with temporary_directory() as directory:
        server = TestPostgres.start(directory / "postgres", fsync=True)
        yield server
        server.stop()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """An empty folder for settings and files."""
    return tmp_path
