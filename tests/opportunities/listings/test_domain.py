"""The rules of listing what others share, facts in and decisions out (NET-01, NET-03)."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from services.opportunities.listings.domain import (
    Change,
    ListedSession,
    ListingFacts,
    ListingText,
    NetworkPolicy,
    Terms,
    changes_to_tell,
    has_room,
    host_funds_all,
    is_agreed,
    plain,
    reasons_not_to_agree,
    reasons_not_to_list,
    reasons_not_to_take_part_in_listing,
)
from services.opportunities.words.domain import Offer

NOON = datetime(2026, 12, 3, 12, tzinfo=UTC)


POLICY = NetworkPolicy(agree="ask", expected_expenses_pence=2000, most_rate_pence=2000, most_listings=3)


NOTHING, FEES = Offer("none"), Offer("fees")


def costs(cap: int) -> Offer:
    return Offer("fees-and-expenses", cap)


def paid(rate: int, offer: Offer) -> Terms:
    return Terms(True, rate, offer)


def said(reasons: list[Any]) -> list[tuple[str, str | None]]:
    return [(reason.rule, reason.field) for reason in reasons]


def test_net_03_a_host_funds_all_if_it_pays_fees_and_costs_as_far_as_they_usually_go():
    assert host_funds_all(paid(1000, costs(2000)), POLICY)
    assert not host_funds_all(paid(1000, costs(1999)), POLICY)
    assert not host_funds_all(paid(1000, FEES), POLICY)
    assert not host_funds_all(paid(1000, NOTHING), POLICY)


def test_net_03_what_a_host_funds_at_a_usual_rate_needs_no_agreement():
    assert is_agreed(paid(2000, costs(2000)), None, POLICY)
    assert not is_agreed(paid(2001, costs(2000)), None, POLICY)
    assert is_agreed(Terms(False, None, costs(2000)), None, POLICY)
    assert not is_agreed(Terms(False, None, NOTHING), None, POLICY)


def test_net_03_we_agree_beforehand_to_what_the_host_does_not_fund():
    terms = paid(1000, FEES)
    assert not is_agreed(terms, None, POLICY)
    assert is_agreed(terms, terms, POLICY)
    assert is_agreed(terms, None, NetworkPolicy(agree="always"))


def test_net_03_an_agreement_ends_when_the_host_makes_the_terms_worse():
    agreed = paid(1000, costs(500))
    assert is_agreed(paid(999, costs(500)), agreed, POLICY)
    assert is_agreed(paid(1000, costs(501)), agreed, POLICY)
    assert not is_agreed(paid(1001, costs(500)), agreed, POLICY)
    assert not is_agreed(paid(1000, costs(499)), agreed, POLICY)
    assert not is_agreed(paid(1000, FEES), agreed, POLICY)
    assert not is_agreed(paid(1, NOTHING), Terms(False, None, NOTHING), POLICY)


def test_net_03_one_agrees_to_what_one_has_read():
    assert reasons_not_to_agree(paid(1000, FEES), paid(1000, FEES)) == []
    assert said(reasons_not_to_agree(paid(1001, FEES), paid(1000, FEES))) == [("NET-03", None)]


def not_to_list(
    start: timedelta = timedelta(days=1), lasts: timedelta = timedelta(hours=1), title: str = "Title", **terms: Any
) -> list[str]:
    sessions = [ListedSession(NOON + start, NOON + start + lasts)]
    listed = Terms(terms.get("paid", True), terms.get("rate", 1000), NOTHING)
    return [reason.text for reason in reasons_not_to_list(title, sessions, listed, NOON)]


def test_net_01_what_is_over_is_not_listed():
    assert not_to_list(timedelta(hours=-1), timedelta(hours=1)) == ["Every session is over."]
    assert not_to_list(timedelta(hours=-1), timedelta(hours=1, microseconds=1)) == []
    over, to_come = (
        ListedSession(NOON + timedelta(days=days), NOON + timedelta(days=days, hours=1)) for days in (-1, 1)
    )
    assert reasons_not_to_list("Title", [over, to_come], paid(1000, NOTHING), NOON) == []


def test_net_01_dates_that_cannot_be_are_not_listed():
    assert (
        not_to_list(lasts=timedelta())
        == not_to_list(lasts=timedelta(seconds=-1))
        == ["A session does not end after it starts, or lasts longer than a day."]
    )
    assert not_to_list(lasts=timedelta(days=1)) == []
    assert not_to_list(lasts=timedelta(days=1, microseconds=1)) != []
    assert not_to_list(timedelta(days=5 * 365)) == []
    assert not_to_list(timedelta(days=5 * 365, microseconds=1)) == ["A session is more than five years away."]


def test_net_03_what_does_not_say_its_pay_or_its_title_is_not_listed():
    assert (
        not_to_list(paid=True, rate=None)
        == not_to_list(paid=True, rate=0)
        == not_to_list(paid=False, rate=1000)
        == ["It does not say what an hour is paid."]
    )
    assert not_to_list(paid=False, rate=None) == not_to_list(paid=False, rate=0) == []
    assert not_to_list(title=" ") == ["It has no title."]


def test_net_01_no_organisation_fills_our_lists():
    assert has_room(2, POLICY)
    assert not has_room(3, POLICY)


def facts(**more: Any) -> ListingFacts:
    values: dict[str, Any] = {
        "state": "open",
        "hidden": False,
        "last_ends_at": NOON + timedelta(hours=1),
        "terms": paid(1000, costs(2000)),
        "agreed": None,
    }
    return ListingFacts(**{**values, **more})


def not_to_take_part(**more: Any) -> list[str]:
    return [
        reason.text.partition(".")[0] for reason in reasons_not_to_take_part_in_listing(facts(**more), NOON, POLICY)
    ]


def test_opp_05_everyone_may_take_part_in_a_listing_that_is_open():
    assert not_to_take_part() == []
    assert not_to_take_part(last_ends_at=NOON) == ["This has ended, so you cannot join it any more"]
    assert not_to_take_part(last_ends_at=NOON + timedelta(microseconds=1)) == []
    assert (
        not_to_take_part(state="closed")
        == not_to_take_part(state="not-shared")
        == ["This has ended, so you cannot join it any more"]
    )
    assert not_to_take_part(state="cancelled") == ["This was cancelled, so you cannot join it"]


def test_net_03_nobody_takes_part_before_it_is_agreed_or_while_it_is_hidden():
    assert not_to_take_part(terms=paid(1000, FEES)) == ["We are still deciding whether we can offer this"]
    assert not_to_take_part(terms=paid(1000, FEES), agreed=paid(1000, FEES)) == []
    assert not_to_take_part(hidden=True) == ["We do not offer this one"]


def text_of(**more: Any) -> ListingText:
    return ListingText(**({"when": (1,), "where": (2,), "contact": (3,), "purpose": (4,)} | more))


@pytest.mark.parametrize(
    ("part", "change"), [("when", "time"), ("where", "place"), ("contact", "contact"), ("purpose", "purpose")]
)
def test_opp_16_what_a_host_changes_without_saying_so_is_told_all_the_same(part: str, change: Change):
    assert changes_to_tell(text_of(), text_of(**{part: (9,)}), ()) == (change,)
    assert changes_to_tell(text_of(), text_of(), (change,)) == (change,)
    assert changes_to_tell(text_of(), text_of(**{part: (9,)}), (change,)) == (change,)


def test_opp_16_what_is_as_it_was_is_no_change():
    assert changes_to_tell(text_of(), text_of(), ()) == ()
    assert changes_to_tell(text_of(), text_of(), ("purpose", "time")) == ("time", "purpose")


def test_another_organisations_text_keeps_its_words_and_loses_what_is_no_text():
    assert plain(" A\tb\nc ") == "A\tb\nc"
    assert plain("a\x00b\x07c\x1bd\x7fe\x9ff\r") == "abcdef"
    assert plain("\u202eevil\u202c \u2066x\u2069 \ufeff\u200b\u200e\u200f\u061c") == "evil x"
    assert plain("مرحبا café 👩‍🦽 <b>") == "مرحبا café 👩‍🦽 <b>"
