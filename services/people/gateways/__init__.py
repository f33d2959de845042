"""Ports to the outside: mail, the keys that sign sign-in tokens, the limits that slow down guessing."""

import hashlib
import hmac
import re
import secrets
import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from email.headerregistry import Address
from email.message import EmailMessage
from email.utils import formatdate, make_msgid
from typing import Any
from uuid import UUID

from fastapi import Request
from jinja2 import Environment
from joserfc import jwt
from joserfc.errors import JoseError
from limits import RateLimitItem, parse

from services.people.domain import sign_in
from services.people.domain.limits import Bound
from services.people.domain.sign_in import CODE_MINUTES
from services.people.gateways.factors import FactorVault
from services.people.settings import KEYS_FILE, Settings
from shared.identity import SignIn, issue_token, load_signing_key
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


def mail_of(
    templates: Environment, settings: Settings, to: str, name: str, subject: str, context: Mapping[str, Any]
) -> Mail:
    """The template of this name, for one address; the subject ends with the organisation's name."""
    known = {
        **context,
        "organisation": settings.organisation_name,
        "url": settings.public_url,
        "duty_number": settings.duty_number,
        "minutes": CODE_MINUTES,
    }
    text = templates.get_template(f"mail/{name}.txt").render(known)
    html = templates.get_template(f"mail/{name}.html").render(known)
    return Mail(to, f"{subject} {settings.organisation_name}", text, html)


class Mailer:
    def __init__(self, settings: Settings, server: MailServer) -> None:
        self.settings = settings
        self.server = server

    async def send(self, mail: Mail) -> None:
        """Sends it now. Raises MailAway if no server takes it; the error says nothing of the message or its address."""
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


class SignInTokens:
    """Signs sign-in tokens, and reads its own even after they have expired."""

    def __init__(self, settings: Settings) -> None:
        self.organisation = settings.organisation
        self.key = load_signing_key(settings.session_signing_key)
        self._code_key = self.key_for("chorus sign-in codes")

    def key_for(self, purpose: str) -> bytes:
        """A separate key for each purpose, derived from a secret that only this service holds."""
        private = str(self.key.as_dict(private=True)["d"])
        return hmac.digest(private.encode(), purpose.encode(), hashlib.sha256)

    def issue(self, sign_in: SignIn) -> str:
        return issue_token(self.key, self.organisation, sign_in)

    def of_former(self, sign_in_id: UUID) -> str:
        """Says whose sign-in was on a device, and nothing else: it names no person, and no service takes it."""
        claims = {"iss": self.organisation, "sid": str(sign_in_id)}
        return jwt.encode({"alg": "Ed25519", "kid": self.key.kid}, claims, self.key, algorithms=["Ed25519"])

    def sign_in_id_of(self, token: str) -> UUID | None:
        """The sign-in that a token names, however old, if we signed it."""
        try:
            claims = jwt.decode(token, self.key, algorithms=["Ed25519"]).claims
            return UUID(claims["sid"]) if claims.get("iss") == self.organisation else None
        except (JoseError, ValueError, KeyError):
            return None

    def hash_of_code(self, request_id: UUID, code: str) -> bytes:
        """Uses a key that only this service holds: a plain hash of six digits is soon guessed."""
        return sign_in.hash_of_code(self._code_key, request_id, code)


class KnownBrowsers:
    """Which people have signed in with a browser before: a cookie with a random name and a seal for each of them.

    It gives no access. It only stops strangers' requests from shutting the browser's owner out."""

    _MOST = 20
    _DAYS = 400

    def __init__(self, key: bytes) -> None:
        self._key = key

    def knows(self, cookie: str, person_id: UUID) -> str | None:
        """The browser's name, if this person signed in with it recently enough."""
        name, _, seals = cookie.partition(".")
        for seal in seals.split(".") if name else []:
            day, _, given = seal.partition("-")
            is_recent = day.isascii() and day.isdigit() and len(day) < 8 and 0 <= _day() - int(day) <= self._DAYS
            if is_recent and hmac.compare_digest(given.encode(), self._seal(name, day, person_id).encode()):
                return name
        return None

    def remember(self, cookie: str, person_id: UUID) -> str:
        """The cookie that knows this person too."""
        name, _, seals = cookie.partition(".")
        if not re.fullmatch(r"[A-Za-z0-9_-]{22}", name) or not re.fullmatch(r"[A-Za-z0-9_.-]{0,1000}", seals):
            name, seals = secrets.token_urlsafe(16), ""
        day = str(_day())
        kept = [seal for seal in seals.split(".") if seal and not self.knows(f"{name}.{seal}", person_id)]
        return ".".join([name, *kept[-self._MOST + 1 :], f"{day}-{self._seal(name, day, person_id)}"])

    def _seal(self, name: str, day: str, person_id: UUID) -> str:
        return hmac.digest(self._key, f"{name} {day} {person_id}".encode(), "sha256").hex()[:32]


def _day() -> int:
    return int(time.time() // 86400)


class Gateways:
    def __init__(self, settings: Settings, mail: MailServer) -> None:
        self.mailer = Mailer(settings, mail)
        self.tokens = SignInTokens(settings)
        self.factors = FactorVault(settings.factor_keys or settings.session_signing_key.with_name(KEYS_FILE))
        self.browsers = KnownBrowsers(self.tokens.key_for("chorus known browsers"))
        self.confirmed_browsers = KnownBrowsers(self.tokens.key_for("chorus browsers with a second step"))
        """Browsers where the second step was given too. Somebody who only reads a person's mail may have a known
        browser, but not one of these."""
        self.bounds = bounds_of(settings, self.tokens.key_for("chorus counts"))


@dataclass(frozen=True, slots=True)
class Bounds:
    """The limits, also behind an open door, and how addresses and connections are hidden in the counts."""

    rates: Mapping[Bound, RateLimitItem]
    with_door: RateLimitItem
    hide: Callable[[str], bytes]


def bounds_of(settings: Settings, key: bytes) -> Bounds:
    rates: dict[Bound, RateLimitItem] = {
        "per-address": parse(settings.sign_in_limit_per_address),
        "per-address-anywhere": parse(settings.sign_in_limit_per_address_anywhere),
        "per-client": parse(settings.sign_in_limit_per_client),
        "per-sign-in": parse(settings.second_step_limit),
        "per-person": parse(settings.second_step_limit_anywhere),
    }
    return Bounds(
        rates, parse(settings.sign_in_limit_with_door), lambda whose: hmac.digest(key, whose.encode(), "sha256")
    )


def gateways(request: Request) -> Gateways:
    return request.app.state.gateways
