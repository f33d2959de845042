"""All ports of people, as `app.py` wires them and pages ask for them."""

from fastapi import Request

from services.people.gateways.bounds import bounds_of
from services.people.gateways.browsers import KnownBrowsers
from services.people.gateways.factors import FactorVault
from services.people.gateways.mail import Mailer
from services.people.gateways.tokens import SignInTokens
from services.people.settings import KEYS_FILE, Settings
from shared.mail import MailServer


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


def gateways(request: Request) -> Gateways:
    return request.app.state.gateways
