"""Tells an earlier address of a change."""

from typing import Any

from jinja2 import Environment

from services.people.gateways.mail import MailAway, Mailer, mail_of
from services.people.use_cases import telling
from shared.db import SYSTEM, Command
from shared.service import Service


class Notices:
    """One for the service. A job sends what is due; a page sends at once what it has just caused."""

    def __init__(self, mailer: Mailer, templates: Environment) -> None:
        self.mailer = mailer
        self.templates = templates

    async def send(self, service: Service) -> None:
        """Sends all that are due. Stops if the mail server is away; the rest will be due again later."""
        while due := await service.database.run(Command("take-notices", SYSTEM), telling.take_due):
            for notice in due:
                if not await self._send(service, notice):
                    return

    async def _send(self, service: Service, notice: Any) -> bool:
        context = {"what": " and ".join(notice.what), "signed_out": notice.signed_out}
        mail = mail_of(
            self.templates, service.settings, notice.address, "changed", "A change to your details at", context
        )
        try:
            await self.mailer.send(mail)
        except MailAway as away:
            service.log.error("mail-is-away", error=str(away))
            if notice.tries < telling.MOST_TRIES:
                return False
            await service.database.run(
                Command("give-up-notice", SYSTEM), lambda tx: telling.told(tx, notice, given_up=True)
            )
            return True
        await service.database.run(Command("notice-sent", SYSTEM), lambda tx: telling.told(tx, notice))
        return True
