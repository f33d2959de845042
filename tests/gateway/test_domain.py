"""The rules of the border: how things come, what form they have, whose keys count, how much at a time."""

from datetime import UTC, date, datetime
from types import SimpleNamespace

import pytest

from services.gateway import domain
from services.gateway.domain import Announced, Arrival, Enclosed, PinnedKeys, Signature, Verdict

# Ways


def test_net_04_a_public_message_and_a_sealed_one_have_one_way_each():
    assert domain.arrival_of("network.viewpoint.public.opportunity-shared.v1", "sun") == Arrival(
        "viewpoint", sealed=False, name="opportunity-shared"
    )
    assert domain.arrival_of("network.viewpoint.to.sun.sealed.v1", "sun") == Arrival("viewpoint", sealed=True, name="")


@pytest.mark.parametrize(
    "subject",
    [
        "network.sun.public.opportunity-shared.v1",  # our own word
        "network.viewpoint.to.suffolk.sealed.v1",
        "network.viewpoint.to.sun.open.v1",
        "network.viewpoint.public.opportunity-shared.v2",
        "network.viewpoint.public.opportunity-shared",
        "network.viewpoint.public.opportunity-shared.v1.more",
        "network.viewpoint.public.Opportunity.v1",
        "network.View.public.opportunity-shared.v1",
        "network.viewpoint",
        "network",
        "other.viewpoint.public.opportunity-shared.v1",
        "",
    ],
)
def test_net_04_any_other_subject_is_no_way_to_us(subject: str):
    assert domain.arrival_of(subject, "sun") is None


def test_net_04_the_origin_stands_in_the_subject_alone():
    assert domain.origin_of("network.viewpoint.public.x.v1") == "viewpoint"
    assert domain.origin_of("network.viewpoint.x") == "viewpoint"
    assert domain.origin_of("network.viewpoint") is None
    assert domain.origin_of("network.V.x") is None
    assert domain.origin_of("out.viewpoint.x") is None


def heard(origin: str, name: str, *, sealed: bool, crossing) -> list[str]:
    return [reason.text for reason in domain.reasons_not_to_hear(Arrival(origin, sealed, name), crossing)]


def test_net_04_a_public_event_comes_open_and_an_addressed_one_sealed():
    assert heard("viewpoint", "opportunity-shared", sealed=False, crossing="public") == []
    assert heard("viewpoint", "guest-left", sealed=True, crossing="addressed") == []
    assert heard("viewpoint", "opportunity-shared", sealed=True, crossing="public") == ["came sealed and is public"]
    assert heard("viewpoint", "guest-left", sealed=False, crossing="addressed") == [
        "came open and is for one organisation"
    ]
    assert heard("viewpoint", "people", sealed=False, crossing=None) == ["not a kind of event that crosses"]


def test_net_04_the_hub_says_who_was_removed_and_nothing_else_and_nobody_else_says_it():
    assert heard("hub", "organisation-removed", sealed=False, crossing="public") == []
    assert heard("hub", "opportunity-shared", sealed=False, crossing="public") == ["hub may not say this"]
    assert heard("viewpoint", "organisation-removed", sealed=False, crossing="public") == ["viewpoint may not say this"]


# Form


def faults(size: int = 10, **fields) -> list[str]:
    return [reason.text for reason in domain.reasons_not_to_carry(size, fields)]


def test_net_01_a_body_has_at_most_60_000_bytes():
    assert faults(60_000) == []
    assert faults(60_001, title="\x00") == ["too big: 60001 bytes, at most 60000"]


@pytest.mark.parametrize(
    "text",
    [
        "",
        "plain",
        "two\nlines",
        "form\r\nlines",
        "a\ttab",
        "naïve café £5 “quoted”",
        "日本語",
        "עברית",
        "👍🏽",
        "non\u00a0breaking",
    ],
)
def test_net_01_plain_text_passes_in_any_language(text: str):
    assert faults(title=text) == []


@pytest.mark.parametrize("sign", [*"\x00\x01\x08\x0b\x0c\x0e\x1b\x1f\x7f\x80\x9f\u2028\u2029\u202a\u202e\u2066\u2069"])
def test_net_01_control_characters_do_not(sign: str):
    assert faults(title=f"a{sign}b") == ["title: holds control characters"]


def test_net_01_a_fault_is_found_wherever_it_stands_and_named_without_its_value():
    inside = SimpleNamespace(venue="x\x07", note="fine")
    assert faults(sessions=(SimpleNamespace(venue="fine"), inside)) == ["sessions.1.venue: holds control characters"]
    assert faults(content={"words": "x\x07"}) == ["content.words: holds control characters"]
    assert faults(changed=("time", "pl\x07ace")) == ["changed.1: holds control characters"]
    assert [reason.field for reason in domain.reasons_not_to_carry(1, {"title": "\x07", "area": "\x07"})] == [
        "title",
        "area",
    ]


@pytest.mark.parametrize(("year", "passes"), [(1999, False), (2000, True), (2099, True), (2100, False), (9999, False)])
def test_net_01_dates_lie_within_sensible_years(year: int, passes: bool):
    wanted = [] if passes else ["when: not in a sensible year"]
    assert faults(when=date(year, 6, 1)) == wanted
    assert faults(when=datetime(year, 6, 1, tzinfo=UTC)) == wanted


def test_net_01_a_session_ends_after_it_starts():
    ten, twelve = datetime(2026, 12, 3, 10, tzinfo=UTC), datetime(2026, 12, 3, 12, tzinfo=UTC)
    assert faults(sessions=(SimpleNamespace(starts_at=ten, ends_at=twelve),)) == []
    assert faults(sessions=(SimpleNamespace(starts_at=ten, ends_at=ten),)) == [
        "sessions.0.ends_at: not after the start"
    ]
    assert faults(sessions=(SimpleNamespace(starts_at=twelve, ends_at=ten),)) == [
        "sessions.0.ends_at: not after the start"
    ]


def test_net_01_a_header_is_a_time_or_a_trace_or_nothing():
    assert domain.a_time("2026-12-03T10:00:00+00:00") == "2026-12-03T10:00:00+00:00"
    assert domain.a_time("2026-12-03T10:00:00") is None
    assert domain.a_time("9999-12-03T10:00:00+00:00") is None
    assert domain.a_time("1999-12-03T10:00:00+00:00") is None
    assert domain.a_time("Jane, 07700 900123") is None
    trace = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
    assert domain.a_traceparent(trace) == trace
    assert domain.a_traceparent(trace + "\nx") is None
    assert domain.a_traceparent("Jane") is None


@pytest.mark.parametrize(("length", "padded"), [(0, 0), (1, 1024), (1024, 1024), (1025, 2048)])
def test_net_02_a_sealed_message_s_length_is_a_multiple_of_1024(length: int, padded: int):
    assert domain.padded_length(length) == padded


# Sealed messages


def test_net_04_a_sealed_message_is_believed_only_if_all_that_it_says_of_itself_is_so():
    def reasons(enclosed: Enclosed, signed: bool = True) -> list[str]:
        return [
            reason.text
            for reason in domain.reasons_not_to_believe(
                enclosed, origin="viewpoint", us="sun", event_id="1", signed=signed
            )
        ]

    assert reasons(Enclosed("viewpoint", "sun", "1")) == []
    assert reasons(Enclosed("viewpoint", "sun", "1"), signed=False) == [
        "the sealed message is not signed with the key that we know of viewpoint"
    ]
    assert reasons(Enclosed("suffolk", "sun", "1")) == [
        "the sealed message is not from the organisation that the hub names"
    ]
    assert reasons(Enclosed("viewpoint", "suffolk", "1")) == ["the sealed message is for another organisation"]
    assert reasons(Enclosed("viewpoint", "sun", "2")) == ["the sealed message belongs to another message"]


# Keys


def announced(
    *, key: bytes = b"new", version: int = 20, itself: bool = True, known: bool = False, sealing: bytes = b"seal"
) -> Announced:
    return Announced(key, sealing, version, signed_by_itself=itself, signed_by_known=known)


def test_net_04_the_first_keys_that_are_heard_are_pinned():
    assert domain.verdict_on(None, announced()) is Verdict.PIN


def test_net_04_keys_that_did_not_sign_for_themselves_are_refused():
    assert domain.verdict_on(None, announced(itself=False)) is Verdict.REFUSE
    assert domain.verdict_on(PinnedKeys(b"new", b"seal", 10), announced(itself=False, known=True)) is Verdict.REFUSE


def test_net_04_other_keys_count_only_if_the_pinned_one_signed_for_them():
    held = PinnedKeys(b"old", b"seal", 10)
    assert domain.verdict_on(held, announced(known=True)) is Verdict.CHANGE
    assert domain.verdict_on(held, announced(known=False)) is Verdict.REFUSE
    assert domain.verdict_on(held, announced(key=b"old", sealing=b"other")) is Verdict.CHANGE  # it signed for itself


def test_net_04_what_is_not_newer_says_nothing():
    held = PinnedKeys(b"old", b"seal", 10)
    assert domain.verdict_on(held, announced(key=b"old", version=10)) is Verdict.SAME
    assert domain.verdict_on(held, announced(key=b"old", version=10, sealing=b"other")) is Verdict.OLDER
    assert domain.verdict_on(held, announced(key=b"new", version=10, known=True)) is Verdict.OLDER
    assert domain.verdict_on(held, announced(key=b"old", version=9)) is Verdict.OLDER
    assert domain.verdict_on(held, announced(key=b"old", version=11)) is Verdict.CHANGE


def test_net_04_a_removal_does_not_unpin_a_key():
    removed = PinnedKeys(b"old", b"seal", 10, removed_version=10)
    assert domain.verdict_on(removed, announced(key=b"old", version=10)) is Verdict.OLDER
    assert domain.verdict_on(removed, announced(version=11)) is Verdict.REFUSE
    assert domain.verdict_on(removed, announced(version=11, known=True)) is Verdict.CHANGE
    assert domain.verdict_on(removed, announced(key=b"old", version=11)) is Verdict.CHANGE


# Public events


def test_net_04_an_unsigned_public_event_is_believed_only_of_an_organisation_that_has_never_signed_one():
    def reasons(signature: Signature, signs: bool) -> list[str]:
        return [reason.text for reason in domain.reasons_not_to_believe_public("sun", signature, signs=signs)]

    assert (
        reasons(Signature.GOOD, signs=True)
        == reasons(Signature.GOOD, signs=False)
        == reasons(Signature.NONE, signs=False)
        == []
    )
    assert reasons(Signature.NONE, signs=True) == ["not its own word: it is not signed, and sun signs what it says"]
    changed = ["not its own word: sun has not signed this; it was changed or invented on its way"]
    assert reasons(Signature.BAD, signs=True) == reasons(Signature.BAD, signs=False) == changed


# How much


def test_net_04_no_more_is_sent_on_than_the_slowest_has_room_for():
    assert domain.room([]) == 2000
    assert domain.room([0, 400]) == 1600
    assert domain.room([2000]) == 0
    assert domain.room([5000, 1]) == 0


def test_net_04_a_hundred_messages_of_an_origin_are_parked_in_an_hour():
    assert domain.is_parked(99)
    assert not domain.is_parked(100)


@pytest.mark.parametrize(
    ("silent", "refused", "full", "connected", "words"),
    [
        (True, True, False, True, "is connected to the hub, but the hub does not answer us"),
        (True, False, False, False, "our NATS server is not connected to the hub"),
        (True, False, False, None, "the hub does not answer. What we share waits here"),
        (False, True, True, True, "takes nothing of what we share"),
        (False, False, True, True, "our stream NETWORK or the disk may be full"),
    ],
)
def test_net_05_what_is_wrong_with_the_hub_is_said_in_words(
    silent: bool, refused: bool, full: bool, connected: bool | None, words: str
):
    assert words in domain.hub_state(silent=silent, refused=refused, full=full, connected=connected).replace(
        "Our", "our"
    )


def test_net_05_a_hub_that_works_is_well():
    assert domain.hub_state(silent=False, refused=False, full=False, connected=None) == "ok"
