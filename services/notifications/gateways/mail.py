"""The mail server: turns a letter into a mail, hands it over, and reports the outcome."""

import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
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
from shared.mail import PROBLEMS, MailServer

_ADDRESS = re.compile(r"[^@\s<>,;:\"()\[\]\\]+@[^@\s<>,;:\"()\[\]\\]+")

Outcome = Literal["sent", "later", "refused", "unknown"]
"""later: it was certainly not taken, and another try may succeed. unknown: the connection broke after the text went
out."""


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
    unsubscribe: str,
    calendar: CalendarFile | None,
) -> EmailMessage:
    """The mail of a letter. Raises ValueError if `to` is no address.

    A message always has the same Message-ID, so that a mailbox can drop a second copy. discreet: leaves the
    organisation's name out of the sender too (NOT-04). unsubscribe: where the mail program can switch off the kind by
    itself (RFC 8058, which asks for https and for the mail server's signature over both headers); "" for nowhere."""
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
    if unsubscribe:
        mail["List-Unsubscribe"] = f"<{settings.public_url}{unsubscribe}>"
        if settings.public_url.startswith("https:"):
            mail["List-Unsubscribe-Post"] = "List-Unsubscribe=One-Click"
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
    """One connection to the mail server for several mails, reopened if it breaks in between."""

    def __init__(self, server: MailServer, client: aiosmtplib.SMTP) -> None:
        self._server = server
        self._client = client

    async def hand_over(self, mail: EmailMessage, to: str) -> Outcome:
        """Gives one mail to the server. Never raises for an error of the server or the network."""
        if not to.isascii():
            return "refused"
        try:
            if not self._client.is_connected:
                await self._server.connect(self._client)
            await self._client.mail(self._server.settings.mail_from)
        except PROBLEMS:
            self._client.close()  # the server is away or does not know us, which is not this mail's fault
            return "later"
        return await self._name_addressee(mail, to)

    async def _name_addressee(self, mail: EmailMessage, to: str) -> Outcome:
        try:
            await self._client.rcpt(to)
        except aiosmtplib.SMTPResponseException as answer:
            await self._start_afresh()
            return _outcome(answer.code)
        except PROBLEMS:
            self._client.close()
            return "later"
        return await self._give_text(mail)

    async def _give_text(self, mail: EmailMessage) -> Outcome:
        try:
            await self._client.data(mail.as_bytes())
        except aiosmtplib.SMTPResponseException as answer:
            await self._start_afresh()
            return _outcome(answer.code)
        except PROBLEMS:
            self._client.close()
            return "unknown"
        return "sent"

    async def _start_afresh(self) -> None:
        """Resets the connection after a refusal, so that the next mail is not affected."""
        try:
            await self._client.rset()
        except PROBLEMS:
            self._client.close()


def _outcome(code: int) -> Outcome:
    return "refused" if 500 <= code < 600 else "later"


@asynccontextmanager
async def mailer(server: MailServer) -> AsyncIterator[Mailer]:
    """A connection for a batch of mails. Raises one of shared.mail.PROBLEMS if none can be opened."""
    async with server.connected() as client:
        yield Mailer(server, client)
