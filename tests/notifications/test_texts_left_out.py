"""What a message used to leave out, although its reader has to act on it."""

import pytest

from services.notifications.gateways import letters
from services.payments.owing.domain.bank_reasons import FAULTS, plain_reason
from tests.notifications.texts import SETTINGS, VERSIONS, draft, letter, words

# --- PAY-13: bank details ---


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("first", [False, True])
def test_pay_13_whose_account_was_changed_hears_to_get_in_touch_if_we_hold_no_number(version: str, first: bool):
    text = words(list(letter("bank-details-changed", version, first=first).body))
    assert "Do we have no number for you? Reply to us" in text and "all is well" not in text


@pytest.mark.parametrize("version", VERSIONS[:2])
def test_pay_13_whose_account_was_changed_hears_that_nothing_goes_into_it_unchecked(version: str):
    read_out = letters.full_letter(draft("bank-details-changed", version), SETTINGS, by_phone=True)
    text = words(list(read_out.body))
    assert "If it is another account" in text or "Is it another account?" in text
    assert "we meet you" in text and "no number for you" not in text


# --- PAY-12: a payment that came back ---


@pytest.mark.parametrize("version", VERSIONS[:2])
@pytest.mark.parametrize("code", sorted(FAULTS))
def test_pay_12_a_payment_that_came_back_says_its_sum_and_the_reason_of_its_page(code: str, version: str):
    text = words(list(letter("claim-returned", version, fault=FAULTS[code], amount_pence=750).body))
    assert plain_reason(code) in text and "£7.50" in text
    assert ("one wrong number" in text) is (FAULTS[code] in ("account-number", "sort-code")), code


@pytest.mark.parametrize("version", VERSIONS[:2])
def test_pay_12_a_payment_that_came_back_without_a_reason_asks_for_the_details(version: str):
    text = words(list(letter("claim-returned", version, fault="", amount_pence=0, tried=False).body))
    assert "look at your bank details" in text and "£" not in text and "We owe you money" in text


# --- OPP-12: the end ---


@pytest.mark.parametrize("version", VERSIONS)
def test_opp_12_whoever_is_thanked_without_an_outcome_is_promised_none(version: str):
    text = words(list(letter("opportunity-closed", version, has_outcome=False).body))
    assert "You can read what" not in text and "See what came" not in text and "difference" not in text
    with_one = words(list(letter("opportunity-closed", version).body))
    assert version.startswith("discreet") or "See what came of it" in with_one
