"""PAY-14: a message about a part of a claim says which: what it is for, its sum and its day."""

from typing import Any

import pytest

from tests.notifications.texts import VERSIONS, letter, words

DAY = "Thursday 3 December 2026"


def line(kind: str, pence: int, state: str, agreed_pence: int = 0) -> dict[str, Any]:
    return {"kind": kind, "pence": pence, "agreed_pence": agreed_pence, "state": state}


MILES = line("mileage", 900, "looked-at")
ALONE: dict[str, Any] = {"not_agreed_pence": 0, "waiting_lines": 0, "waiting_pence": 0, "amount_pence": 100}


@pytest.mark.parametrize("version", VERSIONS[:2])
def test_pay_14_a_claim_agreed_without_its_miles_names_what_still_waits(version: str):
    found = letter("claim-approved", version, **ALONE, lines=[MILES])
    text = words(list(found.body))
    assert found.subject == "Part of your claim is agreed: £1.00"
    assert "Car miles: £9.00" in text and "still look" in text and DAY in text
    assert "anything more" not in text and "claim is agreed" not in text


@pytest.mark.parametrize("version", VERSIONS)
def test_fb_09_no_message_about_what_still_waits_betrays_a_concern(version: str):
    """The same words as for any line that nobody has decided yet."""
    for facts in ({**ALONE}, {"because": "", "else_because": "rest", "sent": True}):
        found = letter("claim-opened" if "sent" in facts else "claim-approved", version, lines=[MILES], **facts)
        said = (found.subject + words(list(found.body))).lower()
        assert not any(word in said for word in ("worr", "concern", "safe", "set aside", "problem", "route"))


@pytest.mark.parametrize("version", VERSIONS[2:])
def test_not_04_a_discreet_mail_says_that_another_part_waits_and_not_which(version: str):
    found = letter("claim-approved", version, **ALONE, lines=[MILES])
    text = words(list(found.body))
    assert found.subject == "About your form" and "still looking at another part" in text
    assert "Good news" not in text and "anything more" not in text and "iles" not in text and "£" not in text


@pytest.mark.parametrize("version", VERSIONS[:2])
@pytest.mark.parametrize(
    ("facts", "state"),
    [
        ({"because": "", "else_because": "rest", "sent": True}, "looked-at"),
        ({"because": "", "else_because": "rest"}, "receipt"),
        ({"because": "receipt"}, "receipt"),
        ({"because": "another-look"}, "looked-at"),
        ({"because": "correction"}, "added"),
    ],
)
def test_pay_14_a_part_of_a_claim_says_which_part_it_is(version: str, facts: dict[str, Any], state: str):
    text = words(list(letter("claim-opened", version, lines=[line("other", 340, state)], **facts).body))
    assert "Another cost: £3.40" in text and DAY in text


@pytest.mark.parametrize("version", VERSIONS[:2])
def test_pay_14_what_was_not_agreed_is_named_and_so_is_what_waits(version: str):
    lines = [line("mileage", 450, "refused"), line("fare", 310, "receipt"), line("other", 900, "less", 500)]
    for template in ("claim-approved", "claim-refused"):
        text = words(list(letter(template, version, because="", lines=lines).body))
        assert "Car miles: £4.50" in text and "Bus or train fare: £3.10" in text and DAY in text
        assert "Another cost: £9.00, and we said yes to £5.00" in text


@pytest.mark.parametrize("version", VERSIONS[:2])
def test_pay_12_what_stays_agreed_beside_what_the_bank_paid_is_named(version: str):
    text = words(
        list(letter("claim-approved", version, **ALONE, stands=True, lines=[line("fare", 310, "agreed")]).body)
    )
    assert "Bus or train fare: £3.10" in text


@pytest.mark.parametrize("version", VERSIONS[:2])
def test_pay_14_a_kind_of_line_that_a_newer_program_adds_is_said_all_the_same(version: str):
    assert "Something else: £2.00" in words(
        list(letter("claim-approved", version, **ALONE, lines=[line("taxi", 200, "looked-at")]).body)
    )
