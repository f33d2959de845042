"""A region: processes that are forks of one, organisations that share a machine and nothing else, and what is said when
one ends."""

import contextlib
import json
import os
import signal
import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import httpx
import psutil
import pytest
from typer.testing import CliRunner

from deploy.cli.main import app
from deploy.local.instance import Instance
from deploy.local.preloaded import Preloaded
from deploy.local.processes import ServerError, answers, free_port, own_address, started_at
from deploy.local.region import LocalOrganisation, Region
from deploy.local.servers import temporary_directory

pytestmark = pytest.mark.timeout(300)
SERVES = ("http.server",)
"""What these forks need: all that a region's need takes four seconds of CPU time to import."""
ORGANISATIONS = (LocalOrganisation("north", "North Voices"), LocalOrganisation("south", "South Voices"))


def until(check: Callable[[], Any], within: float = 60.0) -> Any:
    deadline = time.monotonic() + within
    while not (answer := check()):
        assert time.monotonic() < deadline, f"not within {within} seconds"
        time.sleep(0.05)
    return answer


@pytest.fixture(scope="module")
def preloaded() -> Iterator[Preloaded]:
    with temporary_directory() as directory:
        made = Preloaded(directory / "preloaded.log", SERVES)
        yield made
        made.stop()


# Forks


def serving(preloaded: Preloaded, folder: Path, port: int):
    """A fork that runs until it is told to end."""
    arguments = ["http.server", str(port), "--bind", "127.0.0.1"]
    forked = preloaded.start(arguments, {"WHOSE": "its own", "PATH": "/usr/bin"}, folder / "log", folder)
    until(lambda: answers(port))
    return forked


def test_a_fork_is_a_process_of_its_own(preloaded: Preloaded, tmp_path: Path):
    forked = serving(preloaded, tmp_path, free_port())
    assert forked.poll() is None
    assert os.getsid(forked.pid) == forked.pid  # Ctrl-C at the terminal does not reach it
    assert Path(f"/proc/{forked.pid}/cwd").resolve() == tmp_path
    shown = psutil.Process(forked.pid)
    assert shown.ppid() == preloaded.pid
    assert [file.path for file in shown.open_files()] == [str(tmp_path / "log")] * len(shown.open_files())
    forked.send_signal(signal.SIGTERM)
    assert forked.wait(10) == -signal.SIGTERM


def test_a_fork_has_its_own_environment_arguments_and_exit_code(preloaded: Preloaded, tmp_path: Path):
    said = tmp_path / "log"
    forked = preloaded.start(
        ["timeit", "-n1", "-r1", "import os; print(sorted(os.environ))"], {"ONLY": "this"}, said, tmp_path
    )
    assert forked.wait(10) == 0
    assert "['ONLY']" in said.read_text()
    assert preloaded.start(["json.tool", "no-such-file"], {}, said, tmp_path).wait(10) == 2


def test_a_fork_that_is_killed_says_so_and_leaves_no_zombie(preloaded: Preloaded, tmp_path: Path):
    forked = serving(preloaded, tmp_path, free_port())
    forked.kill()
    assert forked.wait(10) == -signal.SIGKILL
    assert not psutil.pid_exists(forked.pid)
    forked.kill()  # of one that has ended: nothing happens


def test_a_fork_outlives_what_forked_it_and_its_end_is_seen_all_the_same(tmp_path: Path):
    first = Preloaded(tmp_path / "preloaded.log", SERVES)
    forked = serving(first, tmp_path, free_port())
    assert first.pid is not None
    os.kill(first.pid, signal.SIGKILL)
    until(lambda: first.pid is None)
    assert forked.poll() is None
    os.kill(forked.pid, signal.SIGKILL)
    assert until(lambda: forked.poll()) == -signal.SIGKILL
    again = serving(first, tmp_path, free_port())  # whoever forks is started again by itself
    again.kill()
    assert again.wait(10) == -signal.SIGKILL
    first.stop()


def test_what_waits_too_long_is_told(preloaded: Preloaded, tmp_path: Path):
    forked = serving(preloaded, tmp_path, free_port())
    with pytest.raises(subprocess.TimeoutExpired):
        forked.wait(0.05)
    forked.kill()
    forked.wait(10)


# A region of two


@pytest.mark.slow
def test_organisations_of_a_region_share_a_machine_and_nothing_else_and_each_end_is_told_with_whose_it_is():
    with temporary_directory() as directory:
        region = Region(directory / "region", ORGANISATIONS, mode="test")
        with region:
            north, south = (region.organisations[name] for name in ("north", "south"))
            assert "North Voices" in httpx.get(f"{north.url}/opportunities", trust_env=False).text
            assert "South Voices" in httpx.get(f"{south.url}/opportunities", trust_env=False).text
            assert set(until(lambda: len(found := region.hub.connections()) == 2 and found)) == {"north", "south"}
            assert north.instance.facts.ports["postgres"] != south.instance.facts.ports["postgres"]
            assert not {north.instance.facts.passwords[role] for role in ("people", "nats:border")} & set(
                south.instance.facts.passwords.values()
            )
            assert north.instance.facts.nats_host != south.instance.facts.nats_host or own_address(1) == own_address(2)
            assert north.instance.facts.ports["smtp"] == south.instance.facts.ports["smtp"]  # one mail catcher for all
            with pytest.raises(ServerError, match=f"already running, as process {os.getpid()}"):
                Instance.existing(directory=south.instance.directory).hold()
            pids = processes_of(region)

            os.kill(_pid(south, "gateway"), signal.SIGKILL)
            [sentence] = until(region.ended_by_themselves)
            assert sentence.startswith("South Voices: the gateway was ended by signal 9. Pages still work")
            assert region.ended_by_themselves() == []
            south.parts["gateway"].start()

            os.kill(_pid(south, "postgres"), signal.SIGKILL)
            assert "South Voices: PostgreSQL was ended by signal 9" in until(region.ended_by_themselves)[0]
            assert region.can_go_on  # South Voices is stopped, North Voices goes on
            assert not answers(south.instance.facts.ports["web"])
            assert httpx.get(f"{north.url}/opportunities", trust_env=False).status_code == 200

            region.hub.kill()
            os.kill(_pid(north, "web"), signal.SIGKILL)
            until(lambda: any("North Voices: the web process" in sentence for sentence in region.ended_by_themselves()))
            assert not region.can_go_on
        assert [pid for pid in pids if started_at(pid)] == []


def _pid(organisation: Any, part: str) -> int:
    process = organisation.parts[part].process
    assert process is not None
    return process.pid


def processes_of(region: Region) -> list[int]:
    found = [_pid(organisation, part) for organisation in region.organisations.values() for part in organisation.parts]
    assert region.mail.process is not None
    found += [region.mail.process.pid, *(server.process.pid for server in region.hub.servers if server.process)]
    return [*found, *([region.preloaded.pid] if region.preloaded and region.preloaded.pid else [])]


def test_a_region_is_made_once_and_opened_again(tmp_path: Path):
    with pytest.raises(ServerError, match="holds no region"):
        Region.existing(tmp_path)
    (tmp_path / "region.json").write_text(
        json.dumps({"mode": "demo", "members": [{"name": "north", "display_name": "North Voices"}]})
    )
    found = Region.existing(tmp_path)
    assert (found.mode, found.members) == ("demo", [LocalOrganisation("north", "North Voices")])


# The command


@pytest.mark.parametrize(
    ("arguments", "code", "sentence"),
    [
        (["--without", "nothing"], 2, "There is no service “nothing”"),
        (["--without", "nowhere/people"], 2, "There is no organisation “nowhere”"),
        (["--alone", "--without", "viewpoint/people"], 2, "There is no organisation “viewpoint”"),
    ],
)
def test_what_is_left_out_must_exist(tmp_path: Path, arguments: list[str], code: int, sentence: str):
    ended = CliRunner().invoke(app, ["demo", "--once", "--json", "--directory", str(tmp_path), *arguments])
    assert ended.exit_code == code
    assert sentence in json.loads(ended.stdout)["error"]


def test_an_organisation_with_a_name_that_it_cannot_have_is_not_begun(tmp_path: Path):
    ended = CliRunner().invoke(app, ["up", "--json", "--directory", str(tmp_path / "new"), "--name", "b"])
    assert ended.exit_code == 2 and not (tmp_path / "new").exists()
    assert "cannot be an organisation's short name" in json.loads(ended.stdout)["error"]


def test_the_demo_never_touches_a_folder_that_holds_something_else(tmp_path: Path):
    (tmp_path / "mine.txt").write_text("keep me")
    ended = CliRunner().invoke(app, ["demo", "--once", "--json", "--directory", str(tmp_path)])
    assert ended.exit_code == 4
    assert "holds no region" in json.loads(ended.stdout)["error"]
    (tmp_path / "region.json").write_text(json.dumps({"mode": "production", "members": []}))
    assert CliRunner().invoke(app, ["demo", "--once", "--json", "--directory", str(tmp_path)]).exit_code == 4
    assert (tmp_path / "mine.txt").read_text() == "keep me"


def test_an_address_of_its_own_can_be_bound():
    with contextlib.closing(socket.socket()) as probe:
        probe.bind((own_address(1), 0))
