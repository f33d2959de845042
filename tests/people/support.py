"""A running people service with a real mailbox behind it."""

import asyncio
import contextlib
import json
import re
from collections.abc import AsyncIterator
from email import message_from_bytes, policy
from email.message import EmailMessage
from pathlib import Path
from typing import Any
from uuid import UUID

import httpx
from aiosmtpd.smtp import SMTP
from fastapi import FastAPI
from pyotp.totp import TOTP

from services.people.app import Settings, create_app
from services.people.consumers import consumers
from services.people.invariants import INVARIANTS
from services.people.settings import KEYS_FILE, new_factor_keys
from services.people.use_cases import keeping
from tests.support.apps import SIGNING_KEY, running, settings_for
from tests.support.world import ServiceWorld

AREAS = "Ely, March, Wisbech"


class Mailbox:
    """Takes mail over SMTP, as a mail server would."""

    def __init__(self) -> None:
        self.mails: list[EmailMessage] = []
        self.port = 0

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:
        message = message_from_bytes(envelope.content, policy=policy.default)
        assert isinstance(message, EmailMessage)
        assert envelope.rcpt_tos == [message["To"]]
        self.mails.append(message)
        return "250 taken"

    def to(self, address: str) -> list[EmailMessage]:
        return [mail for mail in self.mails if mail["To"] == address]

    def code_for(self, address: str) -> str:
        """The code in the newest mail to an address."""
        [code] = re.findall(r"^\d{6}$", plain(self.to(address)[-1]), re.MULTILINE)
        return code


def plain(mail: EmailMessage) -> str:
    body = mail.get_body(("plain",))
    assert body is not None
    return body.get_content().replace("\r\n", "\n")


@contextlib.asynccontextmanager
async def mailbox() -> AsyncIterator[Mailbox]:
    box = Mailbox()
    server = await asyncio.get_running_loop().create_server(lambda: SMTP(box), "127.0.0.1", 0)
    box.port = server.sockets[0].getsockname()[1]
    async with server:
        yield box


class World(ServiceWorld):
    """The service, a browser on it, and its mail."""

    consumers, invariants = consumers, INVARIANTS

    def __init__(self, app: FastAPI, client: httpx.AsyncClient, mails: Mailbox) -> None:
        super().__init__(app)
        self.client = client
        self.mails = mails

    async def ask_for_code(self, email: str, client: httpx.AsyncClient | None = None, next: str = "") -> str:
        """The address of the page that asks for the code."""
        answer = await (client or self.client).post(f"/people/sign-in?next={next}", data={"email": email})
        assert answer.status_code == 303, answer.text
        return answer.headers["location"]

    async def confirmed(self, email: str, secret: str, client: httpx.AsyncClient | None = None) -> None:
        """Signed in, and with the second step given that this secret is of."""
        await self.sign_in(email, client)
        answer = await (client or self.client).post("/people/confirm", data={"code": TOTP(secret).now()})
        assert answer.status_code == 303, answer.text

    async def sign_in(self, email: str, client: httpx.AsyncClient | None = None) -> httpx.Response:
        """By the code from the mail."""
        page = await self.ask_for_code(email, client)
        return await (client or self.client).post(page, data={"code": self.mails.code_for(email)})


@contextlib.asynccontextmanager
async def running_people(folder: Path, database_url: str, nats: Any = None, **more: Any) -> AsyncIterator[World]:
    key = folder / "signing-key.json"
    key.write_text(json.dumps(SIGNING_KEY.as_dict(private=True)))
    if not (keys := folder / KEYS_FILE).exists():
        keys.write_text(new_factor_keys("1"))
    async with mailbox() as mails:
        known: dict[str, Any] = {
            "session_signing_key": key,
            "smtp_host": "127.0.0.1",
            "smtp_port": mails.port,
            "smtp_security": "none",
            "mail_from": "hello@voice.example",
            "areas": AREAS,
        }
        app = create_app(settings_for(Settings, folder, database_url, nats, **known | more))
        async with running(app) as client:
            yield World(app, client, mails)


async def a_person(people: World, name: str = "Ada Byron", email: str | None = "ada@example.org", **more: Any) -> UUID:
    return await people.do(keeping.add, {"name": name, "email": email, **more}, how="person-imported")
