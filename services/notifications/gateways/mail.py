"""The mail server: how a letter becomes a mail, and what became of handing it over."""

import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from email.headerregistry import Address
from email.message import EmailMessage
from email.policy import SMTP as SMTP_POLICY
from email.utils import format_datetime
from typing import Literal
from urllib.parse import urlsplit
from uuid import UUID

import aiosmtplib

from services.notifications.gateways.rendering import Letter, as_html, as_text
from services.notifications.settings import Settings

SECONDS = 30.0
"""The longest wait for any one answer of the mail server."""

_ADDRESS = re.compile(r"[^@\s<>,;:\"()\[\]\\]+@[^@\s<>,;:\"()\[\]\\]+")

Outcome = Literal["sent", "later", "refused", "unknown"]
"""later: it was surely not taken, and another try may succeed. unknown: the connection broke after the text went out."""


@dataclass(frozen=True, slots=True)
class CalendarFile:
    content: bytes
    method: str


def compose(
    letter: Letter,
    *,
    settings: Settings,
    message_id: UUID,
    to: str,
    large: bool,
    discreet: bool,
    may_opt_out: bool,
    calendar: CalendarFile | None,
) -> EmailMessage:
    """The mail of a letter. Raises ValueError if `to` is no address.

    Its Message-ID is always the same for one message, so that a mailbox can drop a second copy.
    discreet: the organisation's name does not stand in the sender either (NOT-04).
    """
    if not _ADDRESS.fullmatch(to):
        raise ValueError("not an email address")
    host = urlsplit(settings.public_url).hostname or "localhost"
    reply_to = settings.mail_reply_to or settings.mail_from
    mail = EmailMessage(policy=SMTP_POLICY)
    mail["From"] = Address("" if discreet else settings.organisation_name, addr_spec=settings.mail_from)
    mail["To"] = Address(addr_spec=to)
    mail["Reply-To"] = Address(addr_spec=reply_to)
    mail["Subject"] = letter.subject
    mail["Date"] = format_datetime(datetime.now(UTC))
    mail["Message-ID"] = f"<{message_id}@{host}>"
    mail["Auto-Submitted"] = "auto-generated"
    mail["Content-Language"] = "en-GB"
    if may_opt_out:
        mail["List-Unsubscribe"] = f"<{settings.public_url}/people/me>, <mailto:{reply_to}?subject=unsubscribe>"
    mail.set_content(as_text(letter), cte="quoted-printable")
    mail.add_alternative(as_html(letter, large=large), subtype="html", cte="quoted-printable")
    if calendar is not None:
        mail.add_attachment(
            calendar.content.decode(),
            subtype="calendar",
            filename="date.ics",
            cte="quoted-printable",
            params={"method": calendar.method},
        )
    return mail


class Mailer:
    """One connection to the mail server, used for several mails and opened again if it was lost in between."""

    def __init__(self, settings: Settings, client: aiosmtplib.SMTP) -> None:
        self._settings = settings
        self._client = client

    async def hand_over(self, mail: EmailMessage, to: str) -> Outcome:
        """Give one mail to the server. Never raises for what the server or the network does."""
        if not to.isascii():
            return "refused"
        try:
            if not self._client.is_connected:
                await connect(self._client, self._settings)
            await self._client.mail(self._settings.mail_from)
        except (aiosmtplib.SMTPException, OSError):
            self._client.close()  # the server is away, or does not know us: not this mail's fault
            return "later"
        return await self._name_addressee(mail, to)

    async def _name_addressee(self, mail: EmailMessage, to: str) -> Outcome:
        try:
            await self._client.rcpt(to)
        except aiosmtplib.SMTPResponseException as answer:
            await self._start_afresh()
            return _outcome(answer.code)
        except (aiosmtplib.SMTPException, OSError):
            self._client.close()
            return "later"
        return await self._give_text(mail)

    async def _give_text(self, mail: EmailMessage) -> Outcome:
        try:
            await self._client.data(mail.as_bytes())
        except aiosmtplib.SMTPResponseException as answer:
            await self._start_afresh()
            return _outcome(answer.code)
        except (aiosmtplib.SMTPException, OSError):
            self._client.close()
            return "unknown"
        return "sent"

    async def _start_afresh(self) -> None:
        """After a refusal, so that the next mail does not suffer for it."""
        try:
            await self._client.rset()
        except (aiosmtplib.SMTPException, OSError):
            self._client.close()


def _outcome(code: int) -> Outcome:
    return "refused" if 500 <= code < 600 else "later"


async def connect(client: aiosmtplib.SMTP, settings: Settings) -> None:
    """Raises SMTPException or OSError if the server is away or does not let us in: no message's fault."""
    await client.connect()
    if settings.smtp_user is not None and settings.smtp_password is not None:
        await client.login(settings.smtp_user, settings.smtp_password.get_secret_value())


@asynccontextmanager
async def mailer(settings: Settings) -> AsyncIterator[Mailer]:
    """A connection for a batch of mails. Raises SMTPException or OSError if there is none to be had."""
    client = aiosmtplib.SMTP(
        hostname=settings.smtp_host,
        port=settings.smtp_port,
        timeout=SECONDS,
        use_tls=settings.smtp_security == "tls",
        start_tls=settings.smtp_security == "starttls",
    )
    try:
        await connect(client, settings)
        yield Mailer(settings, client)
    finally:
        with suppress(aiosmtplib.SMTPException, OSError):
            if client.is_connected:
                await client.quit()
        client.close()
