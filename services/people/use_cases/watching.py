"""Watches for guessing spread over many accounts, which a limit of five tries for each does not stop, and for passkeys
that may have been copied."""

from prometheus_client import Gauge

from services.people.domain.limits import is_guessing
from services.people.use_cases import limiting, passkeys
from shared.service import Service


class Watch:
    """Metrics, and a sentence on the operators' page while the alarm lasts."""

    def __init__(self, service: Service) -> None:
        self.alarm_at: int = service.settings.guessing_alarm_accounts
        self.accounts = 0
        self.figure = Gauge(
            "chorus_people_accounts_with_wrong_codes",
            "Accounts that a wrong code was typed for within the hour",
            registry=service.registry,
        )
        self.copies = 0
        self.copied = Gauge(
            "chorus_people_passkeys_stopped",
            "Passkeys stopped within a week, because there may be copies",
            registry=service.registry,
        )
        self.factors = 0
        self.guessed = Gauge(
            "chorus_people_second_steps_guessed",
            "People for whom too many codes of a second step were tried within the hour",
            registry=service.registry,
        )
        service.notices["guessing"] = self.notice
        service.notices["second-steps"] = self.notice_of_factors
        service.notices["passkeys"] = self.notice_of_copies

    async def look(self, service: Service) -> None:
        was = is_guessing(self.accounts, self.alarm_at)
        self.accounts = await service.database.read(limiting.accounts_with_wrong_codes)
        self.figure.set(self.accounts)
        self.copies = await service.database.read(passkeys.stopped_lately)
        self.copied.set(self.copies)
        before, self.factors = self.factors, await service.database.read(limiting.second_steps_guessed)
        self.guessed.set(self.factors)
        if self.factors > before:
            service.log.error("second-steps-are-guessed", people=self.factors)
        if is_guessing(self.accounts, self.alarm_at) and not was:
            service.log.error("codes-are-guessed", accounts=self.accounts)

    async def notice(self) -> str:
        if not is_guessing(self.accounts, self.alarm_at):
            return "ok"
        return f"wrong sign-in codes were typed for {self.accounts} accounts within an hour: somebody may be guessing"

    async def notice_of_factors(self) -> str:
        if not self.factors:
            return "ok"
        return (
            f"too many codes of a second step were tried for {self.factors} of those who work here within an hour: "
            "they and the administrators were told"
        )

    async def notice_of_copies(self) -> str:
        if not self.copies:
            return "ok"
        return (
            f"passkeys that may have been copied were stopped this week ({self.copies}): the administrators were "
            "told whose"
        )
