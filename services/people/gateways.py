"""Ports to the outside: mail, the keys that sign sessions, the counters that slow guessing down."""

import hashlib
import hmac
from dataclasses import dataclass
from email.headerregistry import Address
from email.message import EmailMessage
from email.utils import formatdate, make_msgid
from uuid import UUID

from fastapi import Request
from joserfc import jwt
from joserfc.errors import JoseError
from limits import RateLimitItem, parse
from limits.aio.storage import MemoryStorage
from limits.aio.strategies import MovingWindowRateLimiter

from services.people import domain
from services.people.settings import Settings
from shared.identity import Session, issue_token, load_signing_key
from shared.mail import PROBLEMS, MailServer

MAIL_SECONDS = 10.0


class MailAway(Exception):
    """The mail server did not take the message. It may be tried again."""


@dataclass(frozen=True, slots=True)
class Mail:
    to: str
    subject: str
    text: str
    html: str


class Mailer:
    def __init__(self, settings: Settings, server: MailServer) -> None:
        self.settings = settings
        self.server = server

    async def send(self, mail: Mail) -> None:
        """Hand it over now. Raises MailAway, without a word of the message or its address, if nobody takes it."""
        try:
            async with self.server.connected(MAIL_SECONDS) as client:
                await client.send_message(self._message(mail))
        except PROBLEMS as error:
            raise MailAway(type(error).__name__) from None

    def _message(self, mail: Mail) -> EmailMessage:
        message = EmailMessage()
        sender = self.settings.mail_from
        message["From"] = Address(self.settings.organisation_name, addr_spec=sender)
        message["To"] = mail.to
        message["Subject"] = mail.subject
        message["Date"] = formatdate(usegmt=True)
        message["Message-ID"] = make_msgid(domain=sender.rpartition("@")[2])
        message["Auto-Submitted"] = "auto-generated"
        message.set_content(mail.text)
        message.add_alternative(mail.html, subtype="html")
        return message


class SessionTokens:
    """Signs session tokens, and reads back its own even when they have run out."""

    def __init__(self, settings: Settings) -> None:
        self.organisation = settings.organisation
        self.key = load_signing_key(settings.session_signing_key)
        private = str(self.key.as_dict(private=True)["d"])
        self._code_key = hmac.digest(private.encode(), b"chorus sign-in codes", hashlib.sha256)

    def issue(self, session: Session) -> str:
        return issue_token(self.key, self.organisation, session)

    def session_id_of(self, token: str) -> UUID | None:
        """Whose session a token names, if we signed it, however old it is."""
        try:
            claims = jwt.decode(token, self.key, algorithms=["Ed25519"]).claims
            return UUID(claims["sid"]) if claims.get("iss") == self.organisation else None
        except (JoseError, ValueError, KeyError):
            return None

    def hash_of_code(self, request_id: UUID, code: str) -> bytes:
        """Keyed with what only this service holds: six digits alone are soon guessed from a plain hash."""
        return domain.hash_of_code(self._code_key, request_id, code)


class Limits:
    """How many codes may be asked for and tried. Counted in memory: a restart begins anew, each code keeps its own five tries."""

    def __init__(self, settings: Settings) -> None:
        self._limiter = MovingWindowRateLimiter(MemoryStorage())
        self._per_address = parse(settings.sign_in_limit_per_address)
        self._per_client = parse(settings.sign_in_limit_per_client)

    async def too_many_codes(self, email: str, client: str) -> bool:
        """Whether this asks once too often, for the address or from the client; known and unknown addresses count alike."""
        from_client = await self._hit(self._per_client, "ask", client)
        return not (from_client and await self._hit(self._per_address, "address", domain.email_key(email)))

    async def too_many_tries(self, client: str) -> bool:
        return not await self._hit(self._per_client, "try", client)

    async def _hit(self, limit: RateLimitItem, what: str, whose: str) -> bool:
        return await self._limiter.hit(limit, what, whose)


class Gateways:
    def __init__(self, settings: Settings, mail: MailServer) -> None:
        self.mailer = Mailer(settings, mail)
        self.tokens = SessionTokens(settings)
        self.limits = Limits(settings)


def gateways(request: Request) -> Gateways:
    return request.app.state.gateways
