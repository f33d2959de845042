"""The rules of sharing, facts in and decisions out (NET-01, NET-03)."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from services.opportunities.sharing.domain import (
    SHARED_TEXTS,
    SharedSession,
    is_to_say_again,
    reasons_not_to_lower_offer,
    reasons_not_to_share,
    texts_with_contact_details,
)
from services.opportunities.words.domain import IN_THE_ROOM, Offer
from shared.events.listings import OpportunityShared, PublicSession

NOON = datetime(2026, 12, 3, 12, tzinfo=UTC)


NOTHING, FEES = Offer("none"), Offer("fees")


TEXTS = dict.fromkeys(SHARED_TEXTS, "Words")


def costs(cap: int) -> Offer:
    return Offer("fees-and-expenses", cap)


def said(reasons: list[Any]) -> list[tuple[str, str | None]]:
    return [(reason.rule, reason.field) for reason in reasons]


def not_to_share(
    state: Any = "published", number: int = 1, offer: Offer = NOTHING, is_paid: bool | None = True, **more: Any
) -> list[tuple[str, str | None]]:
    texts: dict[str, str] = TEXTS | more.get("texts", {})
    sessions = [SharedSession(more.get("ends_at", NOON + timedelta(hours=1)), more.get("venue", "The hall"))] * number
    return said(reasons_not_to_share(state, texts, is_paid, sessions, offer, NOON))


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


ITEMS = {
    "time_needed": "time",
    "area": "where",
    "contact_role": "contact",
    "commissioner": "funding",
    "notice_reason": "notice",
    **dict.fromkeys(IN_THE_ROOM, "room"),
}


@pytest.mark.parametrize("name", SHARED_TEXTS)
def test_net_01_a_text_that_is_too_long_is_named_by_the_item_that_holds_it(name: str):
    assert not_to_share(texts={name: "x" * SHARED_TEXTS[name]}) == []
    assert not_to_share(texts={name: "x" * (SHARED_TEXTS[name] + 1)}) == [("NET-01", ITEMS.get(name, name))]
    long = {**TEXTS, name: "x" * (SHARED_TEXTS[name] + 1)}
    (reason,) = reasons_not_to_share("draft", long, True, [], NOTHING, NOON)
    assert f"{SHARED_TEXTS[name]:,} characters at most" in reason.text


def longest(model: Any, name: str) -> int:
    return next(part.max_length for part in model.model_fields[name].metadata if hasattr(part, "max_length"))


def test_net_01_the_sizes_of_the_rule_are_those_of_the_public_schema():
    fields = {"notice_reason": "short_notice_reason"}
    assert {name: longest(OpportunityShared, fields.get(name, name)) for name in SHARED_TEXTS} == SHARED_TEXTS
    assert longest(OpportunityShared, "sessions") == 60
    assert longest(PublicSession, "venue") == 500


def test_net_03_an_offer_makes_sense():
    assert not_to_share(offer=FEES, is_paid=True) == not_to_share(offer=FEES, is_paid=None) == []
    assert not_to_share(offer=FEES, is_paid=False) == [("NET-03", "funding")]
    assert not_to_share(offer=costs(1), is_paid=False) == []
    assert not_to_share(offer=costs(0)) == [("NET-03", "expenses_cap")]


def test_net_03_an_offer_is_raised_at_any_time_but_not_lowered_on_guests():
    def refused(before: Offer, after: Offer, guests: int = 1) -> bool:
        return bool(reasons_not_to_lower_offer(before, after, guests))

    assert refused(FEES, NOTHING)
    assert refused(costs(500), FEES)
    assert refused(costs(500), costs(499))
    assert not refused(costs(500), costs(500))
    assert not refused(NOTHING, FEES)
    assert not refused(FEES, costs(1))
    assert not refused(costs(500), NOTHING, guests=0)
    assert said(reasons_not_to_lower_offer(FEES, NOTHING, 1)) == [("NET-03", "funding")]


def test_net_01_it_is_said_again_when_it_fills_up_has_room_again_or_may_be_forgotten():
    fortnight = timedelta(days=14)
    assert is_to_say_again(False, True, timedelta())
    assert is_to_say_again(True, False, timedelta())
    assert is_to_say_again(True, True, fortnight)
    assert not is_to_say_again(True, True, fortnight - timedelta(seconds=1))
    assert not is_to_say_again(False, False, timedelta())


@pytest.mark.parametrize(
    "words",
    ["ring 07700 900123", "0300 123 4567 is free", "+44 7700 900123", "write to hello@example.org", "01223456789"],
)
def test_net_01_a_number_or_address_in_the_public_text_is_pointed_out(words: str):
    assert texts_with_contact_details({**TEXTS, "expected": words}) == ["text about what people will do"]
    assert texts_with_contact_details({**TEXTS, "answers": f"Why?\n{words}"}) == ["answers to questions"]


@pytest.mark.parametrize(
    "words", ["£10 an hour", "14/01/2027 10:30", "rooms 01 to 12", "people @ home", "in 2026 2027", "1234567890123456"]
)
def test_net_01_other_numbers_are_not(words: str):
    assert texts_with_contact_details({**TEXTS, "expected": words}) == []
