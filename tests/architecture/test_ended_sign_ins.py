"""What every service must do is wired for all of them: whoever was signed out, or has other roles now, is out
everywhere."""

import contextlib
from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime
from importlib import import_module
from pathlib import Path
from typing import Any

import httpx
import nats
import pytest
from fastapi import FastAPI

from deploy.local.instance import Instance
from deploy.provisioning.parts import DATABASES, SERVICES, package_of
from shared.db import new_id
from shared.events.people import SessionEnded
from shared.identity import Role, SignIn, cookie_name, issue_token
from shared.messaging.publishing import Outgoing, publish
from tests.support.apps import eventually, running
from tests.support.servers import ORGANISATION, PASSWORD

Database = Callable[[str], str]


def app_of(part: str, folder: Path, database_url: str, nats_server: Any) -> tuple[FastAPI, Instance]:
    """As `chorus up` would run it."""
    instance = Instance.open(ORGANISATION, folder, mode="test")
    instance.settle_ports()
    instance.write_settings()
    module: Any = import_module(f"{package_of(part)}.app")
    settings = module.Settings.from_file(instance.env_file(part))
    ours = {"database_url": database_url, "nats_url": nats_server.client_url(part, PASSWORD)}
    return module.create_app(settings.model_copy(update=ours)), instance


@contextlib.asynccontextmanager
async def someone_at(
    part: str, folder: Path, database_url: str, nats_server: Any
) -> AsyncIterator[tuple[httpx.AsyncClient, SignIn]]:
    app, instance = app_of(part, folder, database_url, nats_server)
    sign_in = SignIn(new_id(), new_id(), frozenset(Role), factor_at=datetime.now(UTC))
    async with running(app) as client:
        client.cookies.set(cookie_name(ORGANISATION), issue_token(instance.signing_key(), ORGANISATION, sign_in))
        yield client, sign_in


async def say_ended(nats_server: Any, sign_in: SignIn) -> None:
    event, event_id = SessionEnded(version=1, session_id=sign_in.sign_in_id, person_id=sign_in.person_id), str(new_id())
    connection = await nats.connect(nats_server.client_url("people", PASSWORD), inbox_prefix="_INBOX.people")
    said = Outgoing(event.subject(), event.model_dump_json().encode(), {"Nats-Msg-Id": event_id, "ce-id": event_id})
    await eventually(lambda: publish(connection, said))  # as the relay does: on a busy machine one try may run out
    await connection.close()


@pytest.mark.parametrize("part", sorted({*DATABASES} - {"people"}))
async def test_a_sign_in_that_ended_is_refused_everywhere(
    part: str, folder: Path, service_database: Database, nats_server
) -> None:
    address = f"/{part}/operator/dead-letters"
    async with someone_at(part, folder, service_database(part), nats_server) as (client, sign_in):
        assert (await client.get(address)).status_code == 200
        await say_ended(nats_server, sign_in)

        async def refused() -> bool:
            return (await client.get(address)).status_code == 401

        await eventually(refused)


@pytest.mark.parametrize("part", SERVICES)
def test_no_service_hears_of_it_by_itself(part: str) -> None:
    written = [path for path in Path(f"services/{part}").rglob("*.py") if "on(SessionEnded)" in path.read_text()]
    assert written == []
