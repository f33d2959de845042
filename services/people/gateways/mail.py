"""Mail with sign-in codes and notices, sent at once: signing in needs no broker."""

from collections.abc import Mapping
from dataclasses import dataclass
from email.headerregistry import Address
from email.message import EmailMessage
from email.utils import formatdate, make_msgid
from typing import Any

from jinja2 import Environment

from services.people.domain.sign_in import CODE_MINUTES
from services.people.settings import Settings
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
