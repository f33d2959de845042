"""An instance is made once and kept; the set-up reads what pip is told; the command line understands people."""

import ast
import os
import stat
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace

import httpx
import pytest
from dotenv import dotenv_values
from fastapi import FastAPI
from joserfc.errors import JoseError

from deploy.cli.clock import parse_duration, parse_moment
from deploy.local.front import Front
from deploy.local.instance import Instance, default_directory
from deploy.local.processes import ServerError, free_port
from deploy.provisioning.keys import settings_of
from deploy.provisioning.parts import DATABASES
from deploy.setup import bootstrap
from shared.identity import NotSignedIn, Role, SignInKeys

ROOT = Path(__file__).parents[2]


def made(folder: Path, **more) -> Instance:
    instance = Instance.open("sun", folder / "sun", mode="test", **more)
    instance.settle_ports()
    instance.write_settings()
    return instance


def test_secrets_and_addresses_are_made_once_and_kept(tmp_path: Path):
    first, second = made(tmp_path), made(tmp_path)
    assert first.facts == second.facts
    assert first.signing_key().as_dict() == second.signing_key().as_dict()
    assert (tmp_path / "sun" / "network-keys.json").exists()


def test_nobody_else_can_read_what_is_secret(tmp_path: Path):
    made(tmp_path)
    for name in (
        "instance.json",
        "session-signing-key.json",
        "bank-keys.json",
        "network-keys.json",
        *(f"{part}.env" for part in DATABASES),
    ):
        assert (tmp_path / "sun" / name).stat().st_mode & 0o777 == 0o600, name


def test_the_files_of_keys_that_settings_ask_for_are_made_once_and_told(tmp_path: Path):
    instance = made(tmp_path)
    asked = {part: settings_of(part).key_files() for part in DATABASES}
    files = {
        kind.name: (instance.directory / kind.name).read_text() for kinds in asked.values() for kind in kinds.values()
    }
    assert set(files) == {"session-signing-key.json", "factor-keys.json", "bank-keys.json", "network-keys.json"}
    for part, kinds in asked.items():
        told = settings_of(part).from_file(instance.env_file(part))
        for setting, kind in kinds.items():
            assert getattr(told, setting) in (instance.directory / kind.name, None)
    made(tmp_path)
    assert files == {name: (instance.directory / name).read_text() for name in files}


def test_each_service_is_told_what_its_settings_ask_for_and_nothing_else(tmp_path: Path):
    instance = made(tmp_path)
    for part in DATABASES:
        settings = settings_of(part)
        told = {name.removeprefix("CHORUS_").lower() for name in dotenv_values(instance.env_file(part))}
        needed = {name for name, field in settings.model_fields.items() if field.is_required()}
        assert needed <= told <= set(settings.model_fields), part


@pytest.mark.parametrize("file", ["instance.py", "telling.py"])
def test_an_instance_asks_settings_and_not_which_service_it_is(file: str):
    tree = ast.parse((ROOT / "deploy" / "local" / file).read_text())
    compared = [node for node in ast.walk(tree) if isinstance(node, ast.Compare)]
    named = {each.value for node in compared for each in ast.walk(node) if isinstance(each, ast.Constant)}
    assert named & set(DATABASES) == set()


def test_every_role_and_user_has_a_password_of_its_own(tmp_path: Path):
    passwords = made(tmp_path).facts.passwords
    assert len(set(passwords.values())) == len(passwords) > 20
    assert min(map(len, passwords.values())) >= 32


def test_lines_that_somebody_added_to_an_env_file_stay_and_addresses_follow_the_ports(tmp_path: Path):
    instance = made(tmp_path)
    path = instance.env_file("people")
    path.write_text(path.read_text() + "CHORUS_SIGN_IN_LIMIT_PER_ADDRESS='3/hour'\nCHORUS_OWN='it is mine'\n")
    instance.facts.ports["postgres"] = free_port()
    instance.write_settings()
    values = dotenv_values(path)
    assert (values["CHORUS_SIGN_IN_LIMIT_PER_ADDRESS"], values["CHORUS_OWN"]) == ("3/hour", "it is mine")
    assert values["CHORUS_DATABASE_URL"] == instance.database_url("people")


def settings_in(instance: Instance, part: str) -> dict[str, str | None]:
    return {
        key.removeprefix("CHORUS_"): value
        for key, value in dotenv_values(instance.env_file(part), interpolate=False).items()
    }


def change(instance: Instance, part: str, **lines: str) -> None:
    path = instance.env_file(part)
    kept = [
        line for line in path.read_text().splitlines() if line.partition("=")[0].removeprefix("CHORUS_") not in lines
    ]
    path.write_text("\n".join([*kept, *(f"CHORUS_{key}='{value}'" for key, value in lines.items()), ""]))


@pytest.mark.parametrize("remembered", [True, False])
def test_a_mail_server_and_an_address_that_somebody_chose_stay_and_hold_for_every_service(
    tmp_path: Path, remembered: bool
):
    instance = made(tmp_path)
    theirs = {
        "SMTP_HOST": "mail.example.org",
        "SMTP_PORT": "587",
        "SMTP_SECURITY": "starttls",
        "SMTP_USER": "sun",
        "SMTP_PASSWORD": "shh",
        "MAIL_FROM": "voices@sun.example",
    }
    change(instance, "people", PUBLIC_URL="https://voices.example.org", **theirs)
    if not remembered:  # an instance of the program before this one
        instance.facts.written = {}
        instance.save()
    for _ in range(2):
        again = made(tmp_path)
        for part in ("people", "notifications"):
            assert settings_in(again, part).items() >= theirs.items(), part
        assert {settings_in(again, part)["PUBLIC_URL"] for part in DATABASES} == {"https://voices.example.org"}
        assert "SMTP_HOST" not in settings_in(again, "payments")
    assert again.local_url == f"http://localhost:{again.facts.ports['web']}"


def test_not_05_a_new_public_address_leaves_the_ids_of_calendar_entries_as_they_were(tmp_path: Path):
    instance = made(tmp_path)
    assert settings_in(instance, "notifications")["CALENDAR_HOST"] == "localhost"
    change(instance, "people", PUBLIC_URL="https://voices.example.org")
    instance.write_settings()
    assert settings_in(instance, "notifications")["PUBLIC_URL"] == "https://voices.example.org"
    assert settings_in(instance, "notifications")["CALENDAR_HOST"] == "localhost"


def test_what_nobody_chose_follows_the_ports(tmp_path: Path):
    instance = made(tmp_path)
    instance.facts.ports |= {"web": free_port(), "smtp": free_port()}
    instance.write_settings()
    assert settings_in(instance, "payments")["PUBLIC_URL"] == instance.local_url
    assert settings_in(instance, "notifications")["SMTP_PORT"] == str(instance.facts.ports["smtp"])


def test_notes_in_an_env_file_stay(tmp_path: Path):
    instance = made(tmp_path)
    file = instance.env_file("people")
    file.write_text(
        file.read_text() + "# Ask Priya before you change this.\nCHORUS_MORE='one\n# two'\nCHORUS_PASS='a${HOME}b'\n"
    )
    for _ in range(2):
        instance.write_settings()
    assert file.read_text().count("# Ask Priya before you change this.\n") == 1
    assert (settings_in(instance, "people")["MORE"], settings_in(instance, "people")["PASS"]) == (
        "one\n# two",
        "a${HOME}b",
    )
    assert file.read_text().count("#") == 3


def test_two_files_that_choose_differently_stop_the_start_with_both_named(tmp_path: Path):
    instance = made(tmp_path)
    change(instance, "people", PUBLIC_URL="https://one.example.org")
    change(instance, "payments", PUBLIC_URL="https://two.example.org")
    with pytest.raises(ServerError, match=r"people.env.*payments.env|payments.env.*people.env"):
        instance.write_settings()


def test_a_name_with_quotes_comes_through_an_env_file(tmp_path: Path):
    instance = made(tmp_path, organisation_name='Sam\'s "Open" Door £')
    assert dotenv_values(instance.env_file("people"))["CHORUS_ORGANISATION_NAME"] == 'Sam\'s "Open" Door £'


def test_a_port_that_somebody_took_is_changed_and_said(tmp_path: Path):
    import socket

    instance = made(tmp_path)
    with socket.socket() as other:
        other.bind(("127.0.0.1", instance.facts.ports["nats"]))
        other.listen()
        taken = instance.facts.ports["nats"]
        (sentence,) = instance.settle_ports()
    assert str(taken) in sentence
    assert str(instance.facts.ports["nats"]) in sentence
    assert instance.facts.ports["nats"] != taken


def test_an_operators_token_is_read_by_the_instances_services_and_by_no_other_organisations(tmp_path: Path):
    instance = made(tmp_path)
    sign_in = SignInKeys(instance.directory / "session-keys.json", "sun").sign_in_of(instance.operator_token())
    assert sign_in.roles == {Role.OPERATOR}
    assert sign_in.actor.kind == "operator"
    other = made(tmp_path / "other")
    with pytest.raises((NotSignedIn, JoseError)):
        SignInKeys(other.directory / "session-keys.json", "sun").sign_in_of(instance.operator_token())


def test_only_one_runner_at_a_time(tmp_path: Path):
    first, second = made(tmp_path), made(tmp_path)
    first.hold()
    with pytest.raises(ServerError, match=f"already running, as process {os.getpid()}") as refused:
        second.hold()
    assert f"The instance in {first.directory} is" in str(refused.value)
    assert f"`chorus down --directory {first.directory}`" in str(refused.value)
    assert second.runner_pid() == os.getpid()
    first.release()
    assert second.runner_pid() is None
    second.hold()
    second.release()


def test_a_folder_without_an_instance_says_what_to_do(tmp_path: Path):
    with pytest.raises(
        ServerError,
        match=r"chorus up.*started with --directory FOLDER needs it here, too, as in `chorus doctor --directory FOLDER`",  # noqa: E501
    ):
        Instance.existing("sun", tmp_path)
    for name in ("sun", "viewpoint"):
        (tmp_path / name).mkdir()
        (tmp_path / name / "instance.json").write_text("{}")
    with pytest.raises(
        ServerError,
        match=rf"below it; add one of these:\n  --directory {tmp_path}/sun\n  --directory {tmp_path}/viewpoint",
    ):
        Instance.existing("sun", tmp_path)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root gives servers another account")
def test_root_keeps_an_instance_where_the_servers_can_reach_it(tmp_path: Path):
    closed, open_ = tmp_path / "closed", Path("/var/tmp")
    closed.mkdir(mode=0o700)
    assert default_directory("sun", closed).is_relative_to("/var/lib/chorus")
    assert default_directory("sun", open_) == open_ / ".chorus" / "sun"


@pytest.mark.parametrize(
    ("path", "part"),
    [
        ("/payments/claims", "payments"),
        ("/people", "people"),
        ("/operator/claims/1", "operator"),
        ("/", "notifications"),
        ("/static/a.css", "notifications"),
        ("/paymentsandmore", "notifications"),
        ("", "notifications"),
    ],
)
def test_the_first_word_of_a_path_decides_who_answers(path: str, part: str):
    apps = dict.fromkeys(("people", "payments", "notifications"), SimpleNamespace())
    assert Front(apps).part_for(path) == part  # pyrefly: ignore


def test_static_files_are_there_without_notifications():
    assert Front({"people": SimpleNamespace()}).part_for("/static/a.css") == "people"  # pyrefly: ignore


@pytest.mark.parametrize(
    "path",
    [
        "/people/metrics",
        "/people/metrics/",
        "/people//metrics",
        "//people/metrics",
        "/people/%6detrics",
        "/people/metrics?a=b",
    ],
)
async def test_figures_are_for_inside_on_this_machine_too(path: str):
    """As behind Caddy (test_caddyfile.py): whoever is outside learns nothing of how much goes on."""
    inside = FastAPI()

    @inside.get("/{rest:path}")
    async def figures() -> str:
        return "chorus_events_published_total 7.0"

    async with httpx.AsyncClient(
        transport=httpx.ASGITransport(Front({"people": inside})), base_url="http://localhost"
    ) as client:
        assert "chorus_" in (await client.get("/people/health/live")).text
        answer = await client.get(httpx.URL(f"http://localhost{path}"))
    assert (answer.status_code, "chorus_" in answer.text) == (404, False)


# Words


@pytest.mark.parametrize(
    ("text", "length"),
    [
        ("36 days", timedelta(days=36)),
        ("5 weeks", timedelta(weeks=5)),
        ("2h", timedelta(hours=2)),
        ("1 minute", timedelta(minutes=1)),
        ("3d", timedelta(days=3)),
    ],
)
def test_a_length_of_time_is_written_as_people_do(text: str, length: timedelta):
    assert parse_duration(text) == length


@pytest.mark.parametrize("text", ["", "soon", "5", "-3 days", "1 month", "1.5 days"])
def test_what_is_no_length_of_time_gets_an_example(text: str):
    with pytest.raises(ValueError, match="36 days"):
        parse_duration(text)


def test_a_moment_is_londons_unless_it_says_otherwise():
    assert parse_moment("2026-07-01T12:00").astimezone(UTC) == datetime(2026, 7, 1, 11, tzinfo=UTC)
    assert parse_moment("2026-12-03T12:00").astimezone(UTC) == datetime(2026, 12, 3, 12, tzinfo=UTC)
    assert parse_moment("2026-12-03T12:00+05:00").astimezone(UTC) == datetime(2026, 12, 3, 7, tzinfo=UTC)
    with pytest.raises(ValueError, match="2026-12-03"):
        parse_moment("next Tuesday")


# Set-up


def uv_told(monkeypatch: pytest.MonkeyPatch, listed: str) -> dict[str, str]:
    monkeypatch.setattr(bootstrap.subprocess, "run", lambda *_, **__: SimpleNamespace(stdout=listed))
    for name in ("UV_DEFAULT_INDEX", "UV_INDEX", "UV_FIND_LINKS", "UV_INDEX_STRATEGY", "SSL_CERT_FILE"):
        monkeypatch.delenv(name, raising=False)
    return bootstrap.uv_settings()


def test_uv_looks_where_pip_is_told_to(monkeypatch: pytest.MonkeyPatch):
    told = uv_told(
        monkeypatch,
        "global.index-url='https://one.example/simple'\nglobal.extra-index-url='https://two.example/simple https://three.example/simple'\n"
        "global.find-links='/a /b'\nglobal.timeout='60'\n:env:.index-url='https://env.example/simple'\n",
    )
    assert told == {
        "UV_DEFAULT_INDEX": "https://env.example/simple",  # a variable overrules a file, as it does for pip
        "UV_INDEX": "https://two.example/simple https://three.example/simple",
        "UV_INDEX_STRATEGY": "unsafe-best-match",
        "UV_FIND_LINKS": "/a,/b",
    }


def test_nothing_told_to_pip_tells_uv_nothing(monkeypatch: pytest.MonkeyPatch):
    assert uv_told(monkeypatch, "") == {}


def test_a_changed_lock_file_is_installed_again(tmp_path: Path):
    lock = tmp_path / "lock"
    lock.write_text("a==1")
    before = bootstrap.fingerprint([lock])
    assert bootstrap.fingerprint([lock]) == before
    lock.write_text("a==2")
    assert bootstrap.fingerprint([lock]) != before


@pytest.mark.parametrize(("account", "mode"), [(None, 0o700), (object(), 0o711)])
def test_nobody_else_looks_into_an_instances_folder(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, account: object, mode: int
) -> None:
    """Nor into one that was made before. Where the servers have an account of their own, it passes through and lists
    nothing."""
    monkeypatch.setattr("deploy.provisioning.files.server_account", lambda: account)
    folder = tmp_path / ".chorus" / "sun"
    folder.mkdir(mode=0o755, parents=True)
    Instance.open("sun", folder)
    assert [stat.S_IMODE(each.stat().st_mode) for each in (folder, folder.parent)] == [mode, mode]
    (folder / "logs").chmod(0o755)
    again = Instance.open("sun", folder)
    again.settle_ports()
    again.write_settings()
    ours = [folder / "logs", folder / "storage", *(folder / "storage").iterdir()]
    assert {stat.S_IMODE(each.stat().st_mode) for each in ours} == {0o700} and len(ours) > 3
