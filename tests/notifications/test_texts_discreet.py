"""NOT-04: a discreet text shows nothing of health, addiction or money."""

import re

import pytest

from services.notifications.gateways import letters
from tests.notifications.texts import SETTINGS, TEMPLATES, TITLE, VERSIONS, draft, letter, mail, texts_of, words

GIVES_AWAY = re.compile(
    r"mental|health|addict|drug|alcohol|recover|crisis|£|\d\.\d\d|paid|\bpay|money|claim|voucher|bank|fare|Test Mind Voice",  # noqa: E501
    re.IGNORECASE,
)


# --- NOT-04 ---


@pytest.mark.parametrize("template", TEMPLATES)
@pytest.mark.parametrize("version", VERSIONS[2:])
@pytest.mark.parametrize("recognition", ["bank-transfer", "vouchers"])
@pytest.mark.parametrize("ending", ["used", "not-used"])
def test_not_04_a_discreet_mail_shows_nothing_of_health_addiction_or_money(
    template: str, version: str, recognition: str, ending: str
):
    shown = texts_of(mail(template, version, recognition=recognition, ending=ending))
    visible = re.sub(r"style=\"[^\"]*\"|Message-ID.*|https://voice\.example|voice@voice\.example", "", shown)
    assert not (found := GIVES_AWAY.search(visible)), f"{found}"
    assert TITLE not in visible


def test_not_04_the_guard_of_discreet_mails_sees_what_plain_ones_show():
    assert GIVES_AWAY.search(texts_of(mail("claim-paid", "plain")))
    assert GIVES_AWAY.search(texts_of(mail("opportunity-created", "easy-read")))


def test_not_04_in_the_app_behind_the_sign_in_a_discreet_message_opens_in_full():
    found = letters.full_letter(draft("claim-paid", "discreet-plain"), SETTINGS)
    assert "£20.90" in found.subject


@pytest.mark.parametrize("version", ["discreet-plain", "discreet-easy-read"])
@pytest.mark.parametrize("because", ["receipt", "correction", "another-look", ""])
def test_not_04_a_discreet_mail_of_a_part_of_a_claim_shows_nothing_either(version: str, because: str):
    sent = mail("claim-opened", version, because=because, waiting_pence=250)
    assert (
        not GIVES_AWAY.search(words(list(letter("claim-opened", version, because=because, waiting_pence=250).body)))
        and sent["Subject"]
    )
