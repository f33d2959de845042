"""Inside a container the command line finds the services around it, each at an address of its own, and no instance's
folder."""

import json
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest
from typer.testing import CliRunner

from deploy.cli.common import AWAY, FOUND_WRONG, operator_client, reached
from deploy.cli.containers import NETWORK_KEYS, SIGNING_KEY, URLS
from deploy.cli.main import app
from deploy.local.processes import free_port
from deploy.provisioning.keys import make_sign_in_keys
from deploy.provisioning.parts import OURS
from shared.identity import Role, SignInKeys

PARTS = (*OURS, "operator")


class Answering(BaseHTTPRequestHandler):
    """A service that is well, and remembers what it was asked with."""

    def do_GET(self) -> None:
        asked: list[tuple[str, str | None]] = self.server.asked  # pyrefly: ignore
        asked.append((self.path, self.headers["authorization"]))
        state = {
            "checks": {},
            "dead_letters": 0,
            "outbox_waiting": 0,
            "business_offset_seconds": getattr(self.server, "offset", 0),
            "checked": 3,
            "broken": {},
            "paths": {"/people/api/import/people": {}},
            "steps": [],
        }
        body = json.dumps(state | {"added": 1, "changed": 0, "unchanged": 0}).encode()
        self.send_response(200)
        self.send_header("content-length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)

    def do_POST(self) -> None:
        self.server.body = self.rfile.read(int(self.headers["content-length"]))  # pyrefly: ignore
        self.do_GET()

    def log_message(self, format: str, *args: object) -> None: ...


@pytest.fixture
def services(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[dict[str, ThreadingHTTPServer]]:
    servers = {name: ThreadingHTTPServer(("127.0.0.1", 0), Answering) for name in PARTS}
    for server in servers.values():
        server.asked = []  # pyrefly: ignore
        threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
    make_sign_in_keys(tmp_path, tmp_path)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv(
        URLS, json.dumps({name: f"http://127.0.0.1:{server.server_port}" for name, server in servers.items()})
    )
    monkeypatch.setenv(SIGNING_KEY, str(tmp_path / "session-signing-key.json"))
    monkeypatch.setenv(NETWORK_KEYS, str(tmp_path / "network-keys.json"))
    monkeypatch.setenv("CHORUS_ORGANISATION", "sun")
    yield servers
    for server in servers.values():
        server.shutdown()
        server.server_close()


def chorus(*words: str, **more: bytes):
    return CliRunner().invoke(app, list(words), **more)  # pyrefly: ignore


def test_doctor_asks_each_service_where_it_is_as_an_operator_that_it_believes(services, tmp_path: Path):
    done = chorus("doctor", "--json")
    assert done.exit_code == 0, done.output
    assert {finding["service"] for finding in json.loads(done.stdout)["services"]} == set(OURS)
    for name in OURS:
        assert {path for path, _ in services[name].asked} == {f"/{name}/operator/state", f"/{name}/operator/invariants"}
    token = services["people"].asked[0][1].removeprefix("Bearer ")
    assert SignInKeys(tmp_path / "session-keys.json", "sun").sign_in_of(token).roles == {Role.OPERATOR}
    assert not (tmp_path / ".chorus").exists()


def test_doctor_says_which_service_a_move_of_business_time_did_not_reach(services):
    for name in OURS:
        services[name].offset = 21 * 86_400
    services["gateway"].offset = 0
    done = chorus("doctor", "--json")
    assert done.exit_code == FOUND_WRONG
    problems = {finding["service"]: finding["problems"] for finding in json.loads(done.stdout)["services"]}
    assert {name for name in OURS if problems[name]} == {"gateway"}
    assert "21 days behind" in problems["gateway"][0] and "chorus clock advance 1m" in problems["gateway"][0]


def test_a_list_is_imported_from_standard_input(services):
    done = chorus("import", "people", "-", "--json", input=b"name,email\nOlive Tern,olive@example.org\n")
    assert done.exit_code == 0, done.output
    assert services["people"].body == b"name,email\nOlive Tern,olive@example.org\n"


def test_the_other_commands_reach_the_services_too(services):
    for words in (("dead-letters", "list"), ("trace", "0198b4c2-7d11-7a54-9c1e-3f1f5b1d2a77"), ("clock", "show")):
        assert "There is no instance" not in chorus(*words).output, words
    assert {name for name in OURS if services[name].asked} == set(OURS)


def test_services_that_are_away_are_said_to_be(services, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setenv(URLS, json.dumps(dict.fromkeys(PARTS, f"http://127.0.0.1:{free_port()}")))
    assert chorus("doctor").exit_code == AWAY


def test_a_folder_that_is_named_comes_before_the_containers(services, tmp_path: Path):
    done = chorus("doctor", "--directory", str(tmp_path / "nothing"))
    assert "There is no instance" in done.output


def test_a_path_of_no_service_goes_nowhere(services):
    import httpx

    with operator_client(reached("sun", None)) as client, pytest.raises(httpx.ConnectError):
        client.get("/elsewhere")
