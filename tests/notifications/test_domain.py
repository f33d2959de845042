"""The rules of whom messages reach, by their ids."""

from datetime import UTC, datetime, timedelta
from uuid import UUID

import pytest

from services.notifications.domain.channels import Card, channels_after_failure, channels_for, wording
from services.notifications.domain.delivery import reasons_not_to_send_again, wait_before_retry
from services.notifications.domain.messages import KINDS, MESSAGES, Kind, may_opt_out
from services.notifications.domain.offers import Offer, has_not_ruled_out, time_slot, time_slots, who_hears_of

PERSON = UUID(int=1)
OTHER = UUID(int=2)
BOTH = frozenset({"email", "in-app"})


def card(**what: object) -> Card:
    facts = {"roles": frozenset({"participant"}), "channels": BOTH} | what
    frozen = {name: frozenset(value) if isinstance(value, (list, set)) else value for name, value in facts.items()}
    return Card(PERSON, **frozen)  # pyrefly: ignore


def offer(**what: object) -> Offer:
    facts = {"kind": "tender-panel", "mode": "in-person", "area": "Fenland", "times": frozenset({"evening"})} | what
    return Offer(**facts)  # pyrefly: ignore


# --- NOT-03 ---


def test_not_03_a_blank_card_rules_out_nothing():
    assert has_not_ruled_out(card(), offer())


@pytest.mark.parametrize(
    ("ruled_out", "open_to_it"),
    [
        ({"ruled_out_kinds": ["tender-panel"]}, False),
        ({"ruled_out_kinds": ["workshop"]}, True),
        ({"ruled_out_areas": ["Fenland"]}, False),
        ({"ruled_out_areas": ["City"]}, True),
        ({"ruled_out_times": ["evening"]}, False),
        ({"ruled_out_times": ["weekend", "weekday-daytime"]}, True),
    ],
)
def test_not_03_only_what_was_ruled_out_is_kept_from_them(ruled_out: dict[str, list[str]], open_to_it: bool):
    assert has_not_ruled_out(card(**ruled_out), offer()) is open_to_it


@pytest.mark.parametrize(("mode", "open_to_it"), [("in-person", False), ("online", True), ("both", True)])
def test_not_03_the_area_does_not_matter_when_one_can_join_online(mode: str, open_to_it: bool):
    assert has_not_ruled_out(card(ruled_out_areas=["Fenland"]), offer(mode=mode)) is open_to_it


def test_not_03_the_time_is_ruled_out_only_if_every_session_is():
    both = offer(times=frozenset({"evening", "weekend"}))
    assert has_not_ruled_out(card(ruled_out_times=["evening"]), both)
    assert not has_not_ruled_out(card(ruled_out_times=["evening", "weekend"]), both)
    assert not has_not_ruled_out(card(ruled_out_times=["evening", "weekend", "weekday-daytime"]), both)


def test_not_03_without_sessions_no_time_is_ruled_out():
    everything = ["weekday-daytime", "evening", "weekend"]
    assert has_not_ruled_out(card(ruled_out_times=everything), offer(times=frozenset()))


@pytest.mark.parametrize(
    ("starts_at", "slot"),
    [
        (datetime(2026, 12, 3, 10, 30, tzinfo=UTC), "weekday-daytime"),
        (datetime(2026, 12, 4, 16, 59, tzinfo=UTC), "weekday-daytime"),
        (datetime(2026, 12, 4, 17, 0, tzinfo=UTC), "evening"),
        (datetime(2026, 12, 4, 23, 59, tzinfo=UTC), "evening"),
        (datetime(2026, 12, 5, 0, 0, tzinfo=UTC), "weekend"),
        (datetime(2026, 12, 5, 18, 0, tzinfo=UTC), "weekend"),
        (datetime(2026, 12, 6, 23, 59, tzinfo=UTC), "weekend"),
        (datetime(2026, 12, 7, 0, 0, tzinfo=UTC), "weekday-daytime"),
        (datetime(2026, 7, 1, 16, 0, tzinfo=UTC), "evening"),  # 5pm in London's summer
        (datetime(2026, 7, 1, 15, 59, tzinfo=UTC), "weekday-daytime"),
        (datetime(2026, 7, 3, 23, 0, tzinfo=UTC), "weekend"),  # Saturday has begun in London
    ],
)
def test_not_03_a_session_s_time_is_read_off_london_s_clock(starts_at: datetime, slot: str):
    assert time_slot(starts_at) == slot


def test_not_03_time_slots_are_those_of_all_sessions():
    starts = [
        datetime(2026, 12, 3, 10, tzinfo=UTC),
        datetime(2026, 12, 3, 19, tzinfo=UTC),
        datetime(2026, 12, 10, 10, tzinfo=UTC),
    ]
    assert time_slots(starts) == {"weekday-daytime", "evening"}


def test_not_03_participants_hear_in_every_channel_they_chose_and_staff_are_not_told():
    told = who_hears_of(
        offer(),
        [
            card(),
            Card(OTHER, roles=frozenset({"participant", "coordinator"}), channels=frozenset({"email"})),
            Card(UUID(int=3), roles=frozenset({"coordinator"}), channels=BOTH),
            Card(
                UUID(int=4),
                roles=frozenset({"participant"}),
                channels=BOTH,
                ruled_out_kinds=frozenset({"tender-panel"}),
            ),
            Card(
                UUID(int=5), roles=frozenset({"participant"}), channels=BOTH, opted_out=frozenset({"new-opportunities"})
            ),
        ],
    )
    assert told == [(PERSON, "email"), (PERSON, "in-app"), (OTHER, "email")]


# --- NOT-01, NOT-02, NOT-04 to 06 ---

NEWS = [kind for kind in Kind if may_opt_out(kind)]


SERVICE = [kind for kind in Kind if not may_opt_out(kind)]


def test_not_02_only_these_kinds_can_be_switched_off():
    assert NEWS == [Kind.NEW_OPPORTUNITIES, Kind.REMINDERS, Kind.THANKS, Kind.FEEDBACK]
    assert set(KINDS) == set(Kind) and all(rule.why for rule in KINDS.values())


def test_not_08_of_what_may_be_switched_off_people_are_rung_about_what_is_new_and_what_became_of_their_feedback():
    rung = {message.kind for message in MESSAGES.values() if message.rung}
    assert rung == {Kind.PLACES, Kind.CLAIMS, Kind.ACCOUNT, Kind.FEEDBACK, Kind.NEW_OPPORTUNITIES}
    assert not [name for name, message in MESSAGES.items() if message.echo and not message.rung]


@pytest.mark.parametrize("kind", NEWS)
def test_not_02_nobody_hears_of_a_kind_they_opted_out_of(kind: Kind):
    assert channels_for(card(opted_out=[kind.value]), kind) == ()
    assert channels_for(card(opted_out=["something-else"]), kind) == ("email", "in-app")


@pytest.mark.parametrize("kind", SERVICE)
def test_not_02_service_messages_cannot_be_opted_out_of(kind: Kind):
    assert channels_for(card(opted_out=[kind.value]), kind) == ("email", "in-app")


def test_not_01_a_person_hears_only_in_the_channels_they_chose():
    assert channels_for(card(channels=["in-app"]), Kind.THANKS) == ("in-app",)
    assert channels_for(card(channels=["email"]), Kind.CLAIMS) == ("email",)
    assert channels_for(card(channels=["letter"]), Kind.THANKS) == ("letter", "in-app")
    assert channels_for(card(channels=["pigeon"]), Kind.THANKS) == ()


def test_not_02_a_service_message_is_not_lost_for_want_of_a_channel():
    assert channels_for(card(channels=[]), Kind.CLAIMS) == ("in-app",)
    assert channels_for(card(channels=[]), Kind.THANKS) == ()


@pytest.mark.parametrize(
    ("chosen", "channels"),
    [("email", ("email",)), ("in-app", ("in-app",)), ("none", ()), ("code", ()), (None, ("in-app",))],
)
def test_fb_04_the_giver_hears_in_the_channel_they_chose_for_this_answer(chosen: str | None, channels: tuple[str, ...]):
    assert channels_for(card(channels=["in-app"]), Kind.FEEDBACK, chosen) == channels
    assert channels_for(card(opted_out=["feedback"]), Kind.FEEDBACK, chosen) == ()


def test_peo_04_and_not_05_in_a_pause_only_news_stops_and_what_concerns_a_place_or_a_claim_goes_where_they_chose():
    for kind in (Kind.NEW_OPPORTUNITIES, Kind.THANKS, Kind.FEEDBACK):
        assert channels_for(card(paused=True), kind) == ()
    for kind in (Kind.PLACES, Kind.CLAIMS, Kind.REMINDERS):
        assert channels_for(card(paused=True), kind) == ("email", "in-app")
        assert channels_for(card(paused=True, channels=["email"]), kind) == ("email",)
    assert channels_for(card(paused=True, opted_out=["reminders"]), Kind.REMINDERS) == ()
    assert channels_for(card(paused=True), Kind.WORK) == ("in-app",)


@pytest.mark.parametrize(
    "what", [{}, {"channels": []}, {"channels": ["in-app"]}, {"paused": True}, {"opted_out": ["account"]}]
)
def test_pay_13_what_concerns_an_account_goes_everywhere(what: dict[str, object]):
    assert channels_for(card(**what), Kind.ACCOUNT) == ("email", "in-app")


def test_not_06_the_next_channel_takes_over():
    assert channels_after_failure(card(), Kind.THANKS, "email") == ("in-app",)
    assert channels_after_failure(card(), Kind.CLAIMS, "email") == ("in-app",)
    assert channels_after_failure(card(channels=["email"]), Kind.CLAIMS, "email") == ("in-app",)
    assert channels_after_failure(card(channels=["email"]), Kind.THANKS, "email") == ()
    assert channels_after_failure(card(opted_out=["thanks"]), Kind.THANKS, "email") == ()
    assert channels_after_failure(card(), Kind.CLAIMS, "in-app") == ("email",)
    assert channels_after_failure(card(channels=["in-app"]), Kind.CLAIMS, "in-app") == ()


@pytest.mark.parametrize(
    ("format", "discreet", "version"),
    [
        ("plain", False, "plain"),
        ("easy-read", False, "easy-read"),
        ("plain", True, "discreet-plain"),
        ("easy-read", True, "discreet-easy-read"),
    ],
)
def test_not_04_and_05_each_gets_the_version_they_chose(format: str, discreet: bool, version: str):
    assert wording(card(format=format, discreet=discreet)) == version


def test_not_06_the_waits_grow_and_end_after_more_than_a_day():
    waits = [wait_before_retry(failures) for failures in range(1, 12)]
    assert waits[0] == timedelta(minutes=1)
    assert waits[9] == timedelta(minutes=720)
    assert waits[10] is None
    grown = [wait for wait in waits if wait]
    assert grown == sorted(set(grown))
    assert timedelta(days=1) < sum(grown, timedelta()) < timedelta(days=2)


SENT = "This message has been sent, so it is not sent again."
OPTED_OUT = "They do not want messages of this kind, so it was not sent."
ON_ITS_WAY = "This message is on its way already. Wait to see what becomes of it."


@pytest.mark.parametrize("state", ["failed", "unknown"])
def test_not_02_what_failed_or_is_unknown_may_be_sent_again(state: str):
    assert reasons_not_to_send_again(state) == []


@pytest.mark.parametrize(
    ("state", "words"), [("sent", SENT), ("queued", ON_ITS_WAY), ("handing-over", ON_ITS_WAY), ("withheld", OPTED_OUT)]
)
def test_not_02_nothing_else_is_sent_again(state: str, words: str):
    [reason] = reasons_not_to_send_again(state)
    assert reason.rule == "NOT-02"
    assert reason.text == words
