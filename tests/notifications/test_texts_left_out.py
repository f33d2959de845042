"""What a message used to leave out, although its reader has to act on it."""

from dataclasses import replace
from datetime import date, timedelta
from types import SimpleNamespace

import pytest

from services.notifications.gateways import letters
from services.payments.owing.domain.bank_reasons import FAULTS, plain_reason
from tests.notifications.texts import SESSION, SETTINGS, VERSIONS, draft, letter, words

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


# --- OPP-05, NOT-05: places ---


@pytest.mark.parametrize("version", VERSIONS[:2])
def test_opp_05_an_offer_until_the_session_begins_promises_the_place_to_nobody_after_it(version: str):
    late = words(list(letter("place-offered", version, answer_by=SESSION.starts_at).body))
    assert "somebody else" not in late and "It begins then" in late
    assert "somebody else" in words(list(letter("place-offered", version).body))


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("mode", ["online", "both", "in-person"])
def test_not_05_the_reminder_says_how_to_join_and_whom_to_ring(version: str, mode: str):
    settings = SETTINGS.model_copy(update={"duty_number": "01632 960999"})
    found = letters.letter(draft("session-reminder", version, mode=mode), settings, by_mail=True)
    text = words(list(found.body))
    assert ("how to join" in text.lower()) is (mode != "in-person") and "01632 960999" in text
    places = [line for line in found.body if "/opportunities/places/" in line.url]
    assert bool(places) is not version.startswith("discreet")
    theirs = letters.letter(draft("session-reminder", version, mode=mode, host="Fenland Voice"), settings, by_mail=True)
    assert "01632 960999" not in words(list(theirs.body)), "another organisation's session has its own number"


@pytest.mark.parametrize("version", VERSIONS[:2])
def test_opp_16_a_cancellation_owes_for_earlier_days_only_where_there_were_any(version: str):
    text = words(list(letter("opportunity-cancelled", version).body))
    assert "We still owe you" not in text and "Did we book something for you" in text
    before = SimpleNamespace(**vars(SESSION))
    before.starts_at, before.ends_at = SESSION.starts_at - timedelta(days=60), SESSION.ends_at - timedelta(days=60)
    of_two = draft("opportunity-cancelled", version)
    text = words(list(letters.letter(replace(of_two, sessions=[before, SESSION]), SETTINGS, by_mail=True).body))
    assert "We still owe you for that day" in text


@pytest.mark.parametrize("version", VERSIONS[:2])
@pytest.mark.parametrize("host", ["", "Fenland Voice"])
def test_not_03_news_of_something_unpaid_says_that_costs_are_paid(version: str, host: str):
    text = words(list(letter("opportunity-created", version, paid=False, host=host).body))
    assert "You are not paid for your time" in text and "We pay your costs" in text
    assert "not paid" not in words(list(letter("opportunity-created", version, host=host).body))


# --- PAY-13, PEO-05: details and roles ---


@pytest.mark.parametrize("version", VERSIONS[:2])
def test_pay_13_who_is_told_of_a_new_way_to_reach_them_hears_which(version: str):
    entered = draft("contact-entered", version, what=["email"])
    said = ["The new email address: mabel@people.example"]
    text = words(list(letters.full_letter(entered, SETTINGS, by_phone=True, read_out=said).body))
    assert "new email address for you" in text and "mabel@people.example" in text and "is it right" in text.lower()


@pytest.mark.parametrize("version", VERSIONS[:2])
@pytest.mark.parametrize("answer", ["confirmed", "refused", "taken-back"])
def test_peo_05_who_took_part_in_a_change_of_roles_hears_which_roles(version: str, answer: str):
    found = letter("roles-answered", version, mine=False, answer=answer)
    text = words(list(found.body))
    assert "Approver: to give it" in text and "Finance: to take it away" in text
    assert "your details" not in words(list(found.foot))


# --- PAY-05, PAY-12: receipts, and sums ---


@pytest.mark.parametrize("version", VERSIONS)
def test_pay_05_who_is_asked_for_a_receipt_reads_its_last_day(version: str):
    told = {"because": "receipt", "waiting_pence": 240, "receipt_by": date(2027, 5, 30)}
    assert "Sunday 30 May 2027" in words(list(letter("claim-opened", version, **told).body))
    rest = {"because": "", "else_because": "rest", "receipt_by": date(2027, 5, 30)}
    assert version.startswith("discreet") or "30 May 2027" in words(list(letter("claim-opened", version, **rest).body))


@pytest.mark.parametrize("version", VERSIONS[:2])
def test_pay_06_who_is_asked_to_check_a_claim_reads_of_which_day(version: str):
    text = words(list(letter("claim-opened", version, because="").body))
    assert "Thank you for taking part" in text and "Thursday 3 December 2026" in text


@pytest.mark.parametrize("version", VERSIONS[:2])
@pytest.mark.parametrize("because", ["lost", "taken-back", "came-back"])
def test_pay_12_what_is_sent_again_says_its_sum(because: str, version: str):
    assert "£20.90" in words(list(letter("claim-owed-again", version, because=because).body))


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("host", ["", "Fenland Voice"])
def test_opp_07_who_cannot_have_what_they_asked_for_hears_so_before_they_come(version: str, host: str):
    text = words(list(letter("access-need-answered", version, not_met=True, host=host).body))
    assert "annot do all" in text and "soon" in text
    assert "annot do" not in words(list(letter("access-need-answered", version, host=host).body))
