"""What a message used to leave out, although its reader has to act on it."""

import pytest

from services.notifications.gateways import letters
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
