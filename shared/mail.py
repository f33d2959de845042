"""One way to read the mail server's settings and to reach it, for every service that sends mail."""

import ssl
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from functools import cache
from typing import Literal, Self

import aiosmtplib
from pydantic import Field, SecretStr, model_validator

from shared.settings import ServiceSettings

OK = "ok"
SECONDS = 30.0
ADDRESS = r"^[^@\s<>]+@[^@\s<>]+$"
PROBLEMS = (aiosmtplib.SMTPException, OSError)
"""Faults of the mail server or the connection to it, not of a message."""


class MailSettings(ServiceSettings):
    """Further settings of a service that sends mail. An empty value counts as none, as everywhere."""

    smtp_host: str = Field(min_length=1, description="the mail server's name")
    smtp_port: int = Field(default=587, ge=1, le=65535, description="the mail server's port")
    smtp_security: Literal["none", "starttls", "tls"] = "starttls"
    smtp_user: str | None = Field(default=None, description="left out where the mail server asks for no password")
    smtp_password: SecretStr | None = None
    mail_from: str = Field(pattern=ADDRESS, description="the address that our mails come from")

    @model_validator(mode="after")
    def _password_and_security_fit(self) -> Self:
        if (self.smtp_user is None) != (self.smtp_password is None):
            missing, there = ("PASSWORD", "USER") if self.smtp_password is None else ("USER", "PASSWORD")
            raise ValueError(f"CHORUS_SMTP_{missing} is missing: there is a CHORUS_SMTP_{there}. Give both, or neither")
        if self.smtp_password is not None and self.smtp_security == "none":
            raise ValueError(
                "CHORUS_SMTP_SECURITY is none, but there is a CHORUS_SMTP_PASSWORD: it must be starttls or tls"
            )
        return self


class MailServer:
    """The connection to the organisation's mail server, and what went wrong the last time somebody tried it."""

    def __init__(self, settings: MailSettings) -> None:
        self.settings = settings
        self.state = OK

    def client(self, seconds: float = SECONDS) -> aiosmtplib.SMTP:
        """A client that is not connected yet. seconds: the longest wait for any one answer."""
        return aiosmtplib.SMTP(
            hostname=self.settings.smtp_host,
            port=self.settings.smtp_port,
            timeout=seconds,
            use_tls=self.settings.smtp_security == "tls",
            start_tls=self.settings.smtp_security == "starttls",
            tls_context=_tls() if self.settings.smtp_security != "none" else None,
        )

    async def connect(self, client: aiosmtplib.SMTP) -> None:
        """Connect and, if there is a password, log in. Raises one of PROBLEMS if the server refuses."""
        try:
            await client.connect()
            if self.settings.smtp_user is not None and self.settings.smtp_password is not None:
                await client.login(self.settings.smtp_user, self.settings.smtp_password.get_secret_value())
        except PROBLEMS as error:
            self.state = f"the mail server does not take our mail ({type(error).__name__})"
            raise
        self.state = OK

    @asynccontextmanager
    async def connected(self, seconds: float = SECONDS) -> AsyncIterator[aiosmtplib.SMTP]:
        """A connection for one mail or several. Raises one of PROBLEMS if there is none to be had."""
        client = self.client(seconds)
        try:
            await self.connect(client)
            yield client
        finally:
            with suppress(*PROBLEMS):
                if client.is_connected:
                    await client.quit()
            client.close()

    async def try_it(self) -> None:
        """Log in and out again, so that a wrong setting shows before there is a mail to send. Never raises."""
        with suppress(*PROBLEMS):
            async with self.connected():
                pass

    async def last_state(self) -> str:
        return self.state


@cache
def _tls() -> ssl.SSLContext:
    """Made once: reading the system's certificates takes 20 ms, more than the rest of sending a mail."""
    return ssl.create_default_context()
