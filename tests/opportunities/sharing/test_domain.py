"""The rules of sharing and listing, facts in and decisions out (NET-01, NET-03)."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from services.opportunities import domain
from services.opportunities.domain.listings import Change
from services.opportunities.domain.sharing import LONGEST
from shared.events.opportunities import OpportunityShared, PublicSession

NOON = datetime(2026, 12, 3, 12, tzinfo=UTC)
POLICY = domain.NetworkPolicy(agree="ask", expected_expenses_pence=2000, most_rate_pence=2000, most_listings=3)
NOTHING, FEES = domain.Offer("none"), domain.Offer("fees")
TEXTS = dict.fromkeys(domain.SHARED_TEXTS, "Words")


def costs(cap: int) -> domain.Offer:
    return domain.Offer("fees-and-expenses", cap)


def paid(rate: int, offer: domain.Offer) -> domain.Terms:
    return domain.Terms(True, rate, offer)


def said(reasons: list[Any]) -> list[tuple[str, str | None]]:
    return [(reason.rule, reason.field) for reason in reasons]


def not_to_share(
    state: Any = "published", number: int = 1, offer: domain.Offer = NOTHING, is_paid: bool | None = True, **more: Any
) -> list[tuple[str, str | None]]:
    texts: dict[str, str] = TEXTS | more.get("texts", {})
    sessions = [domain.SharedSession(more.get("ends_at", NOON + timedelta(hours=1)), more.get("venue", "The hall"))] * number
    return said(domain.reasons_not_to_share(state, texts, is_paid, sessions, offer, NOON))


def test_net_01_what_is_published_or_going_to_be_may_be_shared():
    assert not_to_share("published") == not_to_share("draft") == []
    for over in ("finished", "closed", "cancelled"):
        assert not_to_share(over) == [("NET-01", None)]


def test_net_01_a_draft_may_still_be_without_sessions_but_what_is_over_is_not_shared():
    assert not_to_share("draft", 0) == []
    assert not_to_share("published", 0) == [("NET-01", None)]
    assert not_to_share("published", ends_at=NOON) == [("NET-01", None)]
    assert not_to_share("published", ends_at=NOON + timedelta(microseconds=1)) == []
    assert not_to_share("draft", ends_at=NOON) == []


def test_net_01_it_fits_what_may_cross():
    assert not_to_share(number=60) == []
    assert not_to_share(number=61) == [("NET-01", "sessions")]
    assert not_to_share(venue="x" * 500) == []
    assert not_to_share(venue="x" * 501) == [("NET-01", "sessions")]


ITEMS = {"time_needed": "time", "area": "where", "contact_role": "contact", "commissioner": "funding", "notice_reason": "notice"}


@pytest.mark.parametrize("name", LONGEST)
def test_net_01_a_text_that_is_too_long_is_named_by_the_item_that_holds_it(name: str):
    assert not_to_share(texts={name: "x" * LONGEST[name]}) == []
    assert not_to_share(texts={name: "x" * (LONGEST[name] + 1)}) == [("NET-01", ITEMS.get(name, name))]
    long = {**TEXTS, name: "x" * (LONGEST[name] + 1)}
    (reason,) = domain.reasons_not_to_share("draft", long, True, [], NOTHING, NOON)
    assert f"{LONGEST[name]:,} characters at most" in reason.text


def longest(model: Any, name: str) -> int:
    return next(part.max_length for part in model.model_fields[name].metadata if hasattr(part, "max_length"))


def test_net_01_the_sizes_of_the_rule_are_those_of_the_public_schema():
    fields = {"notice_reason": "short_notice_reason"}
    assert {name: longest(OpportunityShared, fields.get(name, name)) for name in LONGEST} == LONGEST
    assert longest(OpportunityShared, "sessions") == 60
    assert longest(PublicSession, "venue") == 500


def test_net_03_an_offer_makes_sense():
    assert not_to_share(offer=FEES, is_paid=True) == not_to_share(offer=FEES, is_paid=None) == []
    assert not_to_share(offer=FEES, is_paid=False) == [("NET-03", "funding")]
    assert not_to_share(offer=costs(1), is_paid=False) == []
    assert not_to_share(offer=costs(0)) == [("NET-03", "expenses_cap")]


def test_net_03_an_offer_is_raised_at_any_time_but_not_lowered_on_guests():
    def refused(before: domain.Offer, after: domain.Offer, guests: int = 1) -> bool:
        return bool(domain.reasons_not_to_lower_offer(before, after, guests))

    assert refused(FEES, NOTHING)
    assert refused(costs(500), FEES)
    assert refused(costs(500), costs(499))
    assert not refused(costs(500), costs(500))
    assert not refused(NOTHING, FEES)
    assert not refused(FEES, costs(1))
    assert not refused(costs(500), NOTHING, guests=0)
    assert said(domain.reasons_not_to_lower_offer(FEES, NOTHING, 1)) == [("NET-03", "funding")]


def test_net_01_it_is_said_again_when_it_fills_up_has_room_again_or_may_be_forgotten():
    fortnight = timedelta(days=14)
    assert domain.is_to_say_again(False, True, timedelta())
    assert domain.is_to_say_again(True, False, timedelta())
    assert domain.is_to_say_again(True, True, fortnight)
    assert not domain.is_to_say_again(True, True, fortnight - timedelta(seconds=1))
    assert not domain.is_to_say_again(False, False, timedelta())


@pytest.mark.parametrize("words", ["ring 07700 900123", "0300 123 4567 is free", "+44 7700 900123", "write to hello@example.org", "01223456789"])
def test_net_01_a_number_or_address_in_the_public_text_is_pointed_out(words: str):
    assert domain.texts_with_contact_details({**TEXTS, "expected": words}) == ["text about what people will do"]


@pytest.mark.parametrize("words", ["£10 an hour", "14/01/2027 10:30", "rooms 01 to 12", "people @ home", "in 2026 2027", "1234567890123456"])
def test_net_01_other_numbers_are_not(words: str):
    assert domain.texts_with_contact_details({**TEXTS, "expected": words}) == []


def test_net_03_a_host_funds_all_if_it_pays_fees_and_costs_as_far_as_they_usually_go():
    assert domain.host_funds_all(paid(1000, costs(2000)), POLICY)
    assert not domain.host_funds_all(paid(1000, costs(1999)), POLICY)
    assert not domain.host_funds_all(paid(1000, FEES), POLICY)
    assert not domain.host_funds_all(paid(1000, NOTHING), POLICY)


def test_net_03_what_a_host_funds_at_a_usual_rate_needs_no_agreement():
    assert domain.is_agreed(paid(2000, costs(2000)), None, POLICY)
    assert not domain.is_agreed(paid(2001, costs(2000)), None, POLICY)
    assert domain.is_agreed(domain.Terms(False, None, costs(2000)), None, POLICY)
    assert not domain.is_agreed(domain.Terms(False, None, NOTHING), None, POLICY)


def test_net_03_we_agree_beforehand_to_what_the_host_does_not_fund():
    terms = paid(1000, FEES)
    assert not domain.is_agreed(terms, None, POLICY)
    assert domain.is_agreed(terms, terms, POLICY)
    assert domain.is_agreed(terms, None, domain.NetworkPolicy(agree="always"))


def test_net_03_an_agreement_ends_when_the_host_makes_the_terms_worse():
    agreed = paid(1000, costs(500))
    assert domain.is_agreed(paid(999, costs(500)), agreed, POLICY)
    assert domain.is_agreed(paid(1000, costs(501)), agreed, POLICY)
    assert not domain.is_agreed(paid(1001, costs(500)), agreed, POLICY)
    assert not domain.is_agreed(paid(1000, costs(499)), agreed, POLICY)
    assert not domain.is_agreed(paid(1000, FEES), agreed, POLICY)
    assert not domain.is_agreed(paid(1, NOTHING), domain.Terms(False, None, NOTHING), POLICY)


def test_net_03_one_agrees_to_what_one_has_read():
    assert domain.reasons_not_to_agree(paid(1000, FEES), paid(1000, FEES)) == []
    assert said(domain.reasons_not_to_agree(paid(1001, FEES), paid(1000, FEES))) == [("NET-03", None)]


def not_to_list(start: timedelta = timedelta(days=1), lasts: timedelta = timedelta(hours=1), title: str = "Title", **terms: Any) -> list[str]:
    sessions = [domain.ListedSession(NOON + start, NOON + start + lasts)]
    listed = domain.Terms(terms.get("paid", True), terms.get("rate", 1000), NOTHING)
    return [reason.text for reason in domain.reasons_not_to_list(title, sessions, listed, NOON)]


def test_net_01_what_is_over_is_not_listed():
    assert not_to_list(timedelta(hours=-1), timedelta(hours=1)) == ["Every session is over."]
    assert not_to_list(timedelta(hours=-1), timedelta(hours=1, microseconds=1)) == []
    over, to_come = (domain.ListedSession(NOON + timedelta(days=days), NOON + timedelta(days=days, hours=1)) for days in (-1, 1))
    assert domain.reasons_not_to_list("Title", [over, to_come], paid(1000, NOTHING), NOON) == []


def test_net_01_dates_that_cannot_be_are_not_listed():
    assert not_to_list(lasts=timedelta()) == not_to_list(lasts=timedelta(seconds=-1)) == ["A session does not end after it starts, or lasts longer than a day."]
    assert not_to_list(lasts=timedelta(days=1)) == []
    assert not_to_list(lasts=timedelta(days=1, microseconds=1)) != []
    assert not_to_list(timedelta(days=5 * 365)) == []
    assert not_to_list(timedelta(days=5 * 365, microseconds=1)) == ["A session is more than five years away."]


def test_net_03_what_does_not_say_its_pay_or_its_title_is_not_listed():
    assert (
        not_to_list(paid=True, rate=None) == not_to_list(paid=True, rate=0) == not_to_list(paid=False, rate=1000) == ["It does not say what an hour is paid."]
    )
    assert not_to_list(paid=False, rate=None) == not_to_list(paid=False, rate=0) == []
    assert not_to_list(title=" ") == ["It has no title."]


def test_net_01_no_organisation_fills_our_lists():
    assert domain.has_room(2, POLICY)
    assert not domain.has_room(3, POLICY)


def facts(**more: Any) -> domain.ListingFacts:
    values = {"state": "open", "hidden": False, "last_ends_at": NOON + timedelta(hours=1), "terms": paid(1000, costs(2000)), "agreed": None}
    return domain.ListingFacts(**{**values, **more})


def not_to_take_part(**more: Any) -> list[str]:
    return [reason.text.partition(".")[0] for reason in domain.reasons_not_to_take_part_in_listing(facts(**more), NOON, POLICY)]


def test_opp_05_everyone_may_take_part_in_a_listing_that_is_open():
    assert not_to_take_part() == []
    assert not_to_take_part(last_ends_at=NOON) == ["This has ended, so you cannot join it any more"]
    assert not_to_take_part(last_ends_at=NOON + timedelta(microseconds=1)) == []
    assert not_to_take_part(state="closed") == not_to_take_part(state="not-shared") == ["This has ended, so you cannot join it any more"]
    assert not_to_take_part(state="cancelled") == ["This was cancelled, so you cannot join it"]


def test_net_03_nobody_takes_part_before_it_is_agreed_or_while_it_is_hidden():
    assert not_to_take_part(terms=paid(1000, FEES)) == ["We are still deciding whether we can offer this"]
    assert not_to_take_part(terms=paid(1000, FEES), agreed=paid(1000, FEES)) == []
    assert not_to_take_part(hidden=True) == ["We do not offer this one"]


def text_of(**more: Any) -> domain.ListingText:
    return domain.ListingText(**({"when": (1,), "where": (2,), "contact": (3,), "purpose": (4,)} | more))


@pytest.mark.parametrize(("part", "change"), [("when", "time"), ("where", "place"), ("contact", "contact"), ("purpose", "purpose")])
def test_opp_16_what_a_host_changes_without_saying_so_is_told_all_the_same(part: str, change: Change):
    assert domain.changes_to_tell(text_of(), text_of(**{part: (9,)}), ()) == (change,)
    assert domain.changes_to_tell(text_of(), text_of(), (change,)) == (change,)
    assert domain.changes_to_tell(text_of(), text_of(**{part: (9,)}), (change,)) == (change,)


def test_opp_16_what_is_as_it_was_is_no_change():
    assert domain.changes_to_tell(text_of(), text_of(), ()) == ()
    assert domain.changes_to_tell(text_of(), text_of(), ("purpose", "time")) == ("time", "purpose")


def test_another_organisations_text_keeps_its_words_and_loses_what_is_no_text():
    assert domain.plain(" A\tb\nc ") == "A\tb\nc"
    assert domain.plain("a\x00b\x07c\x1bd\x7fe\x9ff\r") == "abcdef"
    assert domain.plain("\u202eevil\u202c \u2066x\u2069 \ufeff\u200b\u200e\u200f\u061c") == "evil x"
    assert domain.plain("مرحبا café 👩‍🦽 <b>") == "مرحبا café 👩‍🦽 <b>"
