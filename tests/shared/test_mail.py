"""The mail server's settings are read once for every service, a wrong one is named, and a server that lets nobody in is
noticed."""

import asyncio
import contextlib
import importlib
from collections.abc import AsyncIterator

import pytest
from aiosmtpd.smtp import SMTP, AuthResult
from pydantic import SecretStr

from shared.mail import MailServer, MailSettings, _tls

BASE = {
    "CHORUS_ORGANISATION": "sun",
    "CHORUS_ORGANISATION_NAME": "SUN",
    "CHORUS_PUBLIC_URL": "https://voices.example.org",
    "CHORUS_DATABASE_URL": "postgresql://u:p@h/d",
    "CHORUS_NATS_URL": "nats://h",
    "CHORUS_SESSION_KEYS": "keys",
    "CHORUS_SESSION_SIGNING_KEY": "key",
    "CHORUS_SMTP_HOST": "127.0.0.1",
    "CHORUS_MAIL_FROM": "hello@example.org",
}
SENDERS = ("services.people", "services.notifications")


@pytest.mark.parametrize("package", SENDERS)
def test_what_compose_leaves_empty_counts_as_left_out_in_every_service_that_sends_mail(package, monkeypatch):
    for name, value in (
        BASE
        | dict.fromkeys(("CHORUS_SMTP_USER", "CHORUS_SMTP_PASSWORD", "CHORUS_SMTP_PORT", "CHORUS_SMTP_SECURITY"), "")
    ).items():
        monkeypatch.setenv(name, value)
    settings = importlib.import_module(f"{package}.app").Settings.load()
    assert (settings.smtp_user, settings.smtp_password, settings.smtp_port, settings.smtp_security) == (
        None,
        None,
        587,
        "starttls",
    )


@pytest.mark.parametrize("package", SENDERS)
@pytest.mark.parametrize(
    ("given", "named"),
    [
        ({"SMTP_USER": "sun", "SMTP_PASSWORD": ""}, "CHORUS_SMTP_PASSWORD is missing"),
        ({"SMTP_USER": "", "SMTP_PASSWORD": "shh-secret"}, "CHORUS_SMTP_USER is missing"),
        ({"SMTP_USER": "sun", "SMTP_PASSWORD": "shh-secret", "SMTP_SECURITY": "none"}, "CHORUS_SMTP_SECURITY is none"),
        ({"SMTP_HOST": ""}, "CHORUS_SMTP_HOST is missing"),
    ],
)
def test_a_wrong_setting_of_mail_is_named_and_its_value_is_not(package, given, named, folder, capsys):
    file = folder / "service.env"
    file.write_text(
        "".join(
            f"{name}={value}\n"
            for name, value in (BASE | {f"CHORUS_{name}": value for name, value in given.items()}).items()
        )
    )
    with pytest.raises(SystemExit) as stopped:
        importlib.import_module(f"{package}.app").Settings.load(file)
    said = capsys.readouterr().err
    assert stopped.value.code == 2
    assert named in said
    assert "shh-secret" not in said
    assert "CHORUS_ " not in said


def mail_settings(port: int, **more: object) -> MailSettings:
    values = {name.removeprefix("CHORUS_").lower(): value for name, value in BASE.items() if "SIGNING" not in name}
    return MailSettings.exactly(values | {"smtp_port": port, "smtp_security": "none"} | more)


@contextlib.asynccontextmanager
async def server(*, lets_in: bool) -> AsyncIterator[int]:
    def make() -> SMTP:
        return SMTP(
            object(),
            auth_require_tls=False,
            authenticator=lambda *_: AuthResult(success=lets_in, handled=False),
        )

    listening = await asyncio.get_running_loop().create_server(make, "127.0.0.1", 0)
    try:
        yield listening.sockets[0].getsockname()[1]
    finally:
        listening.close()


async def test_a_server_that_lets_nobody_in_is_noticed_before_there_is_a_mail_and_forgotten_when_it_does():
    async with server(lets_in=False) as port:
        mail = MailServer(mail_settings(port))
        mail.settings.smtp_user, mail.settings.smtp_password = "sun", SecretStr("wrong")
        await mail.try_it()
        assert "SMTPAuthenticationError" in await mail.last_state()
    mail.settings.smtp_user = mail.settings.smtp_password = None
    async with server(lets_in=True) as port:
        mail.settings.smtp_port = port
        await mail.try_it()
        assert await mail.last_state() == "ok"
    await mail.try_it()
    assert "SMTPConnectError" in await mail.last_state()


def test_the_certificates_are_read_once_however_many_mails_there_are():
    mail = MailServer(mail_settings(587, smtp_security="starttls"))
    assert _tls() is _tls()
    before = _tls.cache_info().misses
    for _ in range(3):
        mail.client()
    assert _tls.cache_info().misses == before == 1
