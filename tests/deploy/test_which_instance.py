"""A command finds the one instance that runs, or says which there are."""

import json
from pathlib import Path

import pytest
import typer
from typer.testing import CliRunner

from deploy.cli.common import AWAY, UNSAID, WRONG_USE, instance_of, usual_name
from deploy.cli.demo import _which  # pyrefly: ignore
from deploy.cli.main import app
from deploy.local.instance import REGION, Instance, default_directory
from deploy.local.processes import ServerError


@pytest.fixture(autouse=True)
def elsewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """`.chorus` of a folder of this test's own."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("deploy.local.instance.can_be_entered", lambda _: True)


def running(name: str, folder: Path) -> Instance:
    instance = Instance.open(name, folder, mode="test")
    instance.hold()
    return instance


def refused(name: str, capsys: pytest.CaptureFixture[str]) -> tuple[int, str]:
    with pytest.raises(typer.Exit) as stopped:
        instance_of(name, None, as_json=True)
    return stopped.value.exit_code, json.loads(capsys.readouterr().out)["error"]


def test_the_demos_organisation_of_that_name_is_found():
    sun, viewpoint = (running(name, default_directory(REGION) / name) for name in ("sun", "viewpoint"))
    assert instance_of("sun", None).directory == sun.directory
    assert instance_of("viewpoint", None).directory == viewpoint.directory


def test_the_only_one_that_runs_is_meant_when_nothing_is_said():
    demo = running("demo", default_directory("demo"))
    assert instance_of(UNSAID, None).directory == demo.directory


@pytest.mark.parametrize("names", [("north", "south"), ("sun", "viewpoint")])
def test_several_are_listed_with_what_to_type(names: tuple[str, str], capsys: pytest.CaptureFixture[str]):
    folders = [running(name, default_directory(REGION) / name).directory for name in names]
    code, said = refused(UNSAID, capsys)
    assert code == WRONG_USE
    assert all(f"--directory {folder}" in said for folder in folders)
    assert refused("east", capsys)[0] == WRONG_USE


def test_one_that_has_stopped_is_not_meant_beside_one_that_runs():
    running("harbour", default_directory("harbour")).release()
    quay = running("quay", default_directory("quay"))
    assert instance_of(UNSAID, None).directory == quay.directory


def test_where_nothing_was_made_it_says_how_to_make_one(capsys: pytest.CaptureFixture[str]):
    code, said = refused(UNSAID, capsys)
    assert code == AWAY
    assert "chorus up" in said


def test_an_instance_of_that_name_comes_before_what_runs_elsewhere():
    running("sun", default_directory(REGION) / "sun")
    own = Instance.open("sun", default_directory("sun"), mode="test")
    assert instance_of("sun", None).directory == own.directory


def test_an_own_instance_beside_a_demo_is_one_of_several_when_nothing_is_said(capsys: pytest.CaptureFixture[str]):
    running("sun", default_directory("sun"))
    running("viewpoint", default_directory(REGION) / "viewpoint")
    assert refused(UNSAID, capsys)[0] == WRONG_USE


def test_the_usual_one_is_meant_when_nothing_runs_and_nothing_is_said():
    own = Instance.open("sun", default_directory("sun"), mode="test")
    assert instance_of(UNSAID, None).directory == own.directory


def test_the_folder_of_a_demo_of_one_organisation_means_that_one(tmp_path: Path):
    demo = running("demo", tmp_path / "data" / "demo")
    assert instance_of(UNSAID, tmp_path / "data").directory == demo.directory
    assert instance_of("demo", tmp_path / "data").directory == demo.directory


def test_the_demo_says_what_to_type_wherever_its_folder_is(tmp_path: Path):
    usual = Instance.open("sun", default_directory(REGION) / "sun", mode="test")
    elsewhere = Instance.open("sun", tmp_path / "elsewhere" / "sun", mode="test")
    assert _which(usual) == "--name sun"
    assert _which(elsewhere) == f"--directory {elsewhere.directory}"


@pytest.mark.parametrize(
    "command",
    [
        ["doctor"],
        ["trace", "01939d0e-0000-7000-8000-000000000000"],
        ["dead-letters", "list"],
        ["clock", "show"],
        ["network", "keys"],
        ["administrator", "add", "ana@example.org", "--full-name", "Ana Byron"],
        ["import", "people", __file__],
    ],
    ids=lambda words: words[0],
)
def test_every_command_says_that_the_only_organisation_here_has_stopped_and_how_to_start_it(command: list[str]):
    Instance.open("harbour", default_directory("harbour"), organisation_name="Harbour Voices", mode="test")
    said = CliRunner().invoke(app, [*command, "--json"])
    assert said.exit_code == AWAY
    assert json.loads(said.stdout)["error"] == (
        "Harbour Voices is not running. Start it with `chorus up --name harbour`."
    )


def test_up_means_the_only_organisation_here_and_asks_which_of_several():
    assert usual_name() == "sun"
    Instance.open("harbour", default_directory("harbour"), mode="test")
    Instance.open("sun", default_directory(REGION) / "sun", mode="test")  # a demo's is none of `chorus up`
    assert usual_name() == "harbour"
    Instance.open("quay", default_directory("quay"), mode="test")
    with pytest.raises(ServerError, match=r"(?s)Which organisation.*--name harbour.*--name quay"):
        usual_name()


def test_a_name_that_nobody_made_is_answered_with_those_that_were(capsys: pytest.CaptureFixture[str]):
    Instance.open("harbour", default_directory("harbour"), mode="test")
    assert "--name harbour" in refused("quay", capsys)[1]
