"""Every rule of the Caddyfile, on the real Caddy, in front of a server for each service that answers with what reached
it."""

import contextlib
import json
import os
import re
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler
from pathlib import Path
from socketserver import ThreadingMixIn, UnixStreamServer

import httpx
import pytest

from deploy.local.processes import free_port
from deploy.provisioning.parts import SERVICES

ROOT = Path(__file__).resolve().parents[2]
CADDY = Path(sys.executable).with_name("caddy")
BEHIND = (*SERVICES, "operator")


ALONE = {"connection": "close"}
"""What is left of a body that was refused would be read as the next request of its connection."""


class Echo(BaseHTTPRequestHandler):
    """Says which service was asked for what, by whom."""

    def do_GET(self) -> None:
        body = self.rfile.read(int(self.headers.get("content-length") or 0))
        told = {
            "service": Path(str(self.server.server_address)).stem,
            "path": self.path,
            "forwarded_for": self.headers.get_all("x-forwarded-for"),
        }
        answer = json.dumps(told | {"bytes": len(body), "proto": self.headers.get("x-forwarded-proto")}).encode()
        self.send_response(200)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(answer)))
        self.send_header("server", "python")
        self.end_headers()
        self.wfile.write(answer)

    do_POST = do_GET

    def address_string(self) -> str:
        return "caddy"

    def log_message(self, format: str, *args: object) -> None: ...


class UnixServer(ThreadingMixIn, UnixStreamServer):
    daemon_threads = True

    def handle_error(self, request: object, client_address: object) -> None:
        """Caddy hangs up on a body that is too large."""


@pytest.fixture(scope="module")
def sockets(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The folder in which each service listens."""
    return tmp_path_factory.mktemp("caddy")


@pytest.fixture(scope="module")
def caddy(sockets: Path) -> Iterator[httpx.Client]:
    """The Caddyfile as it is, but for where the services are."""
    folder = sockets
    text = (ROOT / "deploy" / "images" / "Caddyfile").read_text()
    elsewhere, changed = re.subn(
        r"reverse_proxy \{args\[0\]\}:8000", rf"reverse_proxy unix/{folder}/{{args[0]}}.sock", text
    )
    assert changed == 1
    (folder / "Caddyfile").write_text(elsewhere)
    servers = [UnixServer(str(folder / f"{name}.sock"), Echo) for name in BEHIND]
    for server in servers:
        threading.Thread(target=server.serve_forever, args=(0.01,), daemon=True).start()
    url = f"http://127.0.0.1:{free_port()}"
    environment = os.environ | {
        "CHORUS_SITE_ADDRESS": url,
        "XDG_DATA_HOME": str(folder),
        "XDG_CONFIG_HOME": str(folder),
        "HOME": str(folder),
    }
    with (folder / "log").open("w") as log:
        command = [CADDY, "run", "--config", folder / "Caddyfile", "--adapter", "caddyfile"]
        process = subprocess.Popen(command, env=environment, stdout=log, stderr=log, cwd=folder)
    try:
        with httpx.Client(base_url=url, trust_env=False, timeout=20) as client:
            wait_for(client, folder / "log")
            yield client
    finally:
        process.terminate()
        process.wait(20)
        for server in servers:
            server.shutdown()
            server.server_close()


def wait_for(client: httpx.Client, log: Path) -> None:
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline:
        try:
            if client.get("/people").status_code == 200:
                return
        except httpx.TransportError:
            pass
        time.sleep(0.1)
    raise AssertionError(log.read_text())


@pytest.mark.parametrize("service", BEHIND)
def test_figures_are_for_inside(caddy: httpx.Client, service: str):
    ways = ("/metrics", "/metrics/", "//metrics", "/%6detrics", "/x/../metrics", "/./metrics", "/metrics?a=b")
    ways += ("/metrics%0a", "/metrics%0d%0a", "/metrics/%0a", "/metrics%00", "/metrics%20", "/metrics;a")
    for path in (f"/{service}{way}" for way in ways):
        answer = caddy.get(httpx.URL(str(caddy.base_url).rstrip("/") + path))
        assert (answer.status_code, answer.content) == (404, b""), path


@pytest.mark.parametrize("service", [name for name in BEHIND if name != "notifications"])
def test_each_service_owns_what_begins_with_its_name(caddy: httpx.Client, service: str):
    for path in (f"/{service}", f"/{service}/a/b?c=d", f"/{service}/health/ready"):
        assert (caddy.get(path).json()["service"], caddy.get(path).json()["path"]) == (service, path)


@pytest.mark.parametrize(
    "path", ["/", "/static/app.css", "/notifications/messages", "/peoples", "/gateway/operator/state", "/metrics"]
)
def test_the_rest_is_notifications(caddy: httpx.Client, path: str):
    told = caddy.get(path).json()
    assert (told["service"], told["path"]) == ("notifications", path)


def test_nobody_can_say_that_they_call_from_elsewhere(caddy: httpx.Client):
    answer = caddy.get("/people", headers={"x-forwarded-for": "203.0.113.9", "x-forwarded-proto": "https"}).json()
    assert answer["forwarded_for"] == ["127.0.0.1"]
    assert answer["proto"] == "http"


def test_a_body_of_over_12_megabytes_is_refused(caddy: httpx.Client):
    assert caddy.post("/payments/claims", content=b"x" * 11_000_000).json()["bytes"] == 11_000_000
    assert caddy.post("/payments/claims", content=b"x" * 12_500_000, headers=ALONE).status_code == 413


BROKEN = {
    "a body that never comes whole": b"content-length: 1000\r\n\r\nabc",
    "a chunk of no size": b"transfer-encoding: chunked\r\n\r\nZZZ\r\nabc\r\n",
    "a body too large": b"content-length: 12500000\r\n\r\n" + b"x" * 12_500_000,
}


@pytest.mark.parametrize("rest", BROKEN.values(), ids=BROKEN)
def test_a_broken_request_closes_no_service_for_others(caddy: httpx.Client, rest: bytes):
    address = (caddy.base_url.host, caddy.base_url.port or 80)
    with socket.create_connection(address, timeout=20) as visitor, contextlib.suppress(ConnectionError):
        visitor.sendall(b"POST /payments/claims HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n" + rest)
        visitor.shutdown(socket.SHUT_WR)
        while visitor.recv(65536):
            pass
    assert caddy.get("/payments/claims").status_code == 200


def test_who_sends_too_much_reads_what_to_do(caddy: httpx.Client):
    answer = caddy.post("/payments/claims", content=b"x" * 12_500_000, headers=ALONE)
    assert answer.status_code == 413 and "This file is too large" in answer.text


def test_a_service_that_is_away_is_said_in_words_with_where_to_get_help(caddy: httpx.Client, sockets: Path):
    listens, elsewhere = sockets / "operator.sock", sockets / "operator.moved"
    listens.rename(elsewhere)
    try:
        answer = caddy.get("/operator")
    finally:
        elsewhere.rename(listens)
    assert answer.status_code in (502, 503)
    assert "Please try again in a minute" in answer.text and "999" in answer.text
    assert answer.headers["strict-transport-security"] == "max-age=31536000"
    assert "server" not in answer.headers


def test_every_answer_asks_for_https_and_does_not_say_what_serves_it(caddy: httpx.Client):
    for path in ("/people", "/people/metrics"):
        answer = caddy.get(path)
        assert answer.headers["strict-transport-security"] == "max-age=31536000"
        assert "server" not in answer.headers


def test_long_answers_are_compressed_where_the_browser_can(caddy: httpx.Client):
    answer = caddy.get("/people", params={"long": "x" * 2000}, headers={"accept-encoding": "gzip"})
    assert answer.headers["content-encoding"] == "gzip"
    assert "x" * 2000 in answer.json()["path"]
