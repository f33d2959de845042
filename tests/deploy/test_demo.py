"""What `chorus demo` says: when its story is over, what to open, as whom to sign in, where the mail is; and before it,
where an earlier demo still runs."""

import json
import os
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest
from typer.testing import CliRunner

from deploy.cli.common import NOT_STARTED
from deploy.cli.demo import invite
from deploy.cli.main import app
from deploy.demo.play import Story
from deploy.local.instance import Instance
from deploy.local.region import LocalOrganisation, Region

PORTS = {"postgres": 20001, "nats": 20002, "smtp": 20003, "imap": 20004, "mail": 20005}


def organisation(folder: Path, name: str, web: int) -> Any:
    instance = Instance.open(name, folder / name, organisation_name=f"{name} Voices", ports=PORTS | {"web": web})
    return SimpleNamespace(instance=instance, url=instance.local_url)


def test_the_closing_words_are_what_a_person_opens_and_as_whom_and_no_servers_port(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
):
    nowhere = cast(Any, None)
    story = Story(nowhere, {}, {"second_approver": "ana@north.example.org", "ruled_it_out": "ben@north.example.org"})
    story.beside("south", nowhere, {"coordinator": "cal@south.example.org"})
    story.beside("late", nowhere, {})
    region = SimpleNamespace(
        organisations={
            name: organisation(tmp_path, name, 21000 + number) for number, name in enumerate(("north", "south", "late"))
        }
    )
    invite(cast(Any, region), story)
    said = [" ".join(line.split()) for line in capsys.readouterr().out.splitlines()]
    north, south, late = (said.index(f"{name} Voices") for name in ("north", "south", "late"))
    assert said[north + 1 : south - 1] == [
        "site http://localhost:21000",
        "operators' page http://localhost:21000/operator",
        "second approver ana@north.example.org",
        "participant (ruled it out) ben@north.example.org",
    ]
    assert said[south + 3] == "coordinator cal@south.example.org"
    assert "nobody to sign in" in said[late + 3]
    assert [port for port in PORTS.values() if any(str(port) in line for line in said)] == [PORTS["mail"]]
    assert sum(str(PORTS["mail"]) in line for line in said) == 1, "the catcher is one for all"


def test_a_second_demo_says_in_which_folder_the_first_runs_and_how_to_go_on(tmp_path: Path):
    Region(tmp_path, [LocalOrganisation("north", "North Voices")])._save()  # pyrefly: ignore
    first = Instance.open("north", tmp_path / "north", mode="demo")
    first.hold()
    second = CliRunner().invoke(app, ["demo", "--once", "--directory", str(tmp_path), "--json"])
    assert second.exit_code == NOT_STARTED
    said = json.loads(second.stdout)["error"]
    assert f"in {first.directory} is already running, as process {os.getpid()}" in said
    assert f"`chorus down --directory {first.directory}`" in said
    assert "`chorus demo --directory FOLDER`" in said
    assert (first.directory / "instance.json").exists()
    first.release()
