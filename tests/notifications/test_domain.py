"""The rules of messages and tasks, by their ids."""

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from uuid import UUID, uuid4

import pytest

from services.notifications import domain
from services.notifications.domain import Addressee, Card, Kind, Offer, Task
from services.notifications.gateways import task_lines
from shared.clock import LONDON
from shared.events import EVENTS

PERSON = UUID(int=1)
OTHER = UUID(int=2)
BOTH = frozenset({"email", "in-app"})


def card(**what: object) -> Card:
    facts = {"roles": frozenset({"participant"}), "channels": BOTH} | what
    return Card(PERSON, **{name: frozenset(value) if isinstance(value, (list, set)) else value for name, value in facts.items()})  # pyright: ignore[reportArgumentType]


def offer(**what: object) -> Offer:
    facts = {"kind": "tender-panel", "mode": "in-person", "area": "Fenland", "times": frozenset({"evening"})} | what
    return Offer(**facts)  # pyright: ignore[reportArgumentType]


# --- NOT-03 ---


def test_not_03_a_blank_card_rules_out_nothing():
    assert domain.has_not_ruled_out(card(), offer())


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
    assert domain.has_not_ruled_out(card(**ruled_out), offer()) is open_to_it


@pytest.mark.parametrize(("mode", "open_to_it"), [("in-person", False), ("online", True), ("both", True)])
def test_not_03_the_area_does_not_matter_when_one_can_join_online(mode: str, open_to_it: bool):
    assert domain.has_not_ruled_out(card(ruled_out_areas=["Fenland"]), offer(mode=mode)) is open_to_it


def test_not_03_the_time_is_ruled_out_only_if_every_session_is():
    both = offer(times=frozenset({"evening", "weekend"}))
    assert domain.has_not_ruled_out(card(ruled_out_times=["evening"]), both)
    assert not domain.has_not_ruled_out(card(ruled_out_times=["evening", "weekend"]), both)
    assert not domain.has_not_ruled_out(card(ruled_out_times=["evening", "weekend", "weekday-daytime"]), both)


def test_not_03_without_sessions_no_time_is_ruled_out():
    everything = ["weekday-daytime", "evening", "weekend"]
    assert domain.has_not_ruled_out(card(ruled_out_times=everything), offer(times=frozenset()))


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
    assert domain.time_slot(starts_at) == slot


def test_not_03_time_slots_are_those_of_all_sessions():
    starts = [datetime(2026, 12, 3, 10, tzinfo=UTC), datetime(2026, 12, 3, 19, tzinfo=UTC), datetime(2026, 12, 10, 10, tzinfo=UTC)]
    assert domain.time_slots(starts) == {"weekday-daytime", "evening"}


def test_not_03_participants_hear_in_every_channel_they_chose_and_staff_are_not_told():
    told = domain.who_hears_of(
        offer(),
        [
            card(),
            Card(OTHER, roles=frozenset({"participant", "coordinator"}), channels=frozenset({"email"})),
            Card(UUID(int=3), roles=frozenset({"coordinator"}), channels=BOTH),
            Card(UUID(int=4), roles=frozenset({"participant"}), channels=BOTH, ruled_out_kinds=frozenset({"tender-panel"})),
            Card(UUID(int=5), roles=frozenset({"participant"}), channels=BOTH, opted_out=frozenset({"new-opportunities"})),
        ],
    )
    assert told == [(PERSON, "email"), (PERSON, "in-app"), (OTHER, "email")]


# --- NOT-01, NOT-02, NOT-04 to 06 ---

NEWS = [kind for kind in Kind if domain.may_opt_out(kind)]
SERVICE = [kind for kind in Kind if not domain.may_opt_out(kind)]


def test_not_02_only_these_kinds_can_be_switched_off():
    assert NEWS == [Kind.NEW_OPPORTUNITIES, Kind.REMINDERS, Kind.THANKS, Kind.FEEDBACK]
    assert set(domain.KINDS) == set(Kind) and all(rule.why for rule in domain.KINDS.values())


def test_not_08_nobody_is_rung_about_what_they_may_switch_off_but_what_became_of_their_feedback():
    rung = {message.kind for message in domain.MESSAGES.values() if message.rung}
    assert rung == {Kind.PLACES, Kind.CLAIMS, Kind.ACCOUNT, Kind.FEEDBACK}
    assert not [name for name, message in domain.MESSAGES.items() if message.echo and not message.rung]


@pytest.mark.parametrize("kind", NEWS)
def test_not_02_nobody_hears_of_a_kind_they_opted_out_of(kind: Kind):
    assert domain.channels_for(card(opted_out=[kind.value]), kind) == ()
    assert domain.channels_for(card(opted_out=["something-else"]), kind) == ("email", "in-app")


@pytest.mark.parametrize("kind", SERVICE)
def test_not_02_service_messages_cannot_be_opted_out_of(kind: Kind):
    assert domain.channels_for(card(opted_out=[kind.value]), kind) == ("email", "in-app")


def test_not_01_a_person_hears_only_in_the_channels_they_chose():
    assert domain.channels_for(card(channels=["in-app"]), Kind.THANKS) == ("in-app",)
    assert domain.channels_for(card(channels=["email"]), Kind.CLAIMS) == ("email",)
    assert domain.channels_for(card(channels=["letter"]), Kind.THANKS) == ()


def test_not_02_a_service_message_is_not_lost_for_want_of_a_channel():
    assert domain.channels_for(card(channels=[]), Kind.CLAIMS) == ("in-app",)
    assert domain.channels_for(card(channels=[]), Kind.THANKS) == ()


@pytest.mark.parametrize(("chosen", "channels"), [("email", ("email",)), ("in-app", ("in-app",)), ("none", ()), ("code", ()), (None, ("in-app",))])
def test_fb_04_the_giver_hears_in_the_channel_they_chose_for_this_answer(chosen: str | None, channels: tuple[str, ...]):
    assert domain.channels_for(card(channels=["in-app"]), Kind.FEEDBACK, chosen) == channels
    assert domain.channels_for(card(opted_out=["feedback"]), Kind.FEEDBACK, chosen) == ()


def test_peo_04_and_not_05_in_a_pause_only_news_stops_and_what_concerns_a_place_or_a_claim_goes_where_they_chose():
    for kind in (Kind.NEW_OPPORTUNITIES, Kind.THANKS, Kind.FEEDBACK):
        assert domain.channels_for(card(paused=True), kind) == ()
    for kind in (Kind.PLACES, Kind.CLAIMS, Kind.REMINDERS):
        assert domain.channels_for(card(paused=True), kind) == ("email", "in-app")
        assert domain.channels_for(card(paused=True, channels=["email"]), kind) == ("email",)
    assert domain.channels_for(card(paused=True, opted_out=["reminders"]), Kind.REMINDERS) == ()
    assert domain.channels_for(card(paused=True), Kind.WORK) == ("in-app",)


@pytest.mark.parametrize("what", [{}, {"channels": []}, {"channels": ["in-app"]}, {"paused": True}, {"opted_out": ["account"]}])
def test_pay_13_what_concerns_an_account_goes_everywhere(what: dict[str, object]):
    assert domain.channels_for(card(**what), Kind.ACCOUNT) == ("email", "in-app")


def test_not_06_the_next_channel_takes_over():
    assert domain.channels_after_failure(card(), Kind.THANKS, "email") == ("in-app",)
    assert domain.channels_after_failure(card(), Kind.CLAIMS, "email") == ("in-app",)
    assert domain.channels_after_failure(card(channels=["email"]), Kind.CLAIMS, "email") == ("in-app",)
    assert domain.channels_after_failure(card(channels=["email"]), Kind.THANKS, "email") == ()
    assert domain.channels_after_failure(card(opted_out=["thanks"]), Kind.THANKS, "email") == ()
    assert domain.channels_after_failure(card(), Kind.CLAIMS, "in-app") == ("email",)
    assert domain.channels_after_failure(card(channels=["in-app"]), Kind.CLAIMS, "in-app") == ()


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
    assert domain.wording(card(format=format, discreet=discreet)) == version


def test_not_06_the_waits_grow_and_end_after_more_than_a_day():
    waits = [domain.wait_before_retry(failures) for failures in range(1, 12)]
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
    assert domain.reasons_not_to_send_again(state) == []


@pytest.mark.parametrize(("state", "words"), [("sent", SENT), ("queued", ON_ITS_WAY), ("handing-over", ON_ITS_WAY), ("withheld", OPTED_OUT)])
def test_not_02_nothing_else_is_sent_again(state: str, words: str):
    [reason] = domain.reasons_not_to_send_again(state)
    assert reason.rule == "NOT-02"
    assert reason.text == words


# --- when a message is due ---

NOW = datetime(2026, 12, 3, 12, tzinfo=UTC)


def test_opp_11_who_walked_in_is_not_told_afterwards_that_they_have_a_place():
    assert domain.has_something_left([NOW - timedelta(hours=2), NOW + timedelta(seconds=1)], NOW)
    assert not domain.has_something_left([NOW - timedelta(hours=2), NOW], NOW)
    assert not domain.has_something_left([], NOW)


@pytest.mark.parametrize(
    ("session_day", "taken_on", "due"),
    [
        (date(2026, 12, 4), date(2026, 12, 2), True),
        (date(2026, 12, 4), date(2026, 12, 3), False),
        (date(2026, 12, 4), date(2026, 12, 4), False),
        (date(2026, 12, 3), date(2026, 12, 1), False),
        (date(2026, 12, 5), date(2026, 12, 1), False),
    ],
)
def test_not_05_a_reminder_comes_the_day_before(session_day: date, taken_on: date, due: bool):
    assert domain.reminder_is_due(session_day, date(2026, 12, 3), taken_on) is due


@pytest.mark.parametrize(
    ("ending", "heard"),
    [("used", True), ("not-used", True), ("thanked", True), ("joined", True), ("withdrawn", False), ("spam", False), ("safeguarding", False)],
)
def test_fb_04_the_giver_hears_every_answer(ending: str, heard: bool):
    assert domain.giver_hears(ending) is heard


def test_fb_09_a_concern_is_the_lead_s_and_the_deputy_s_task_at_once_and_the_deputy_s_own_when_its_hours_ran_out():
    lead, deputy = UUID(int=31), UUID(int=32)
    to, takes_over = domain.addressees_of_concern([lead], deputy, run_out=False)
    assert to.includes(lead, set(), NOW) and to.includes(deputy, set(), NOW) and takes_over is None
    to, takes_over = domain.addressees_of_concern([lead], deputy, run_out=True)
    assert takes_over is not None and takes_over.includes(deputy, set(), NOW) and not to.includes(deputy, set(), NOW)
    assert not domain.concern_is_theirs_to_see([], None)


@pytest.mark.parametrize("kind", ["see-concern", "take-over-concern", "end-concern"])
def test_fb_09_a_helper_at_the_lead_s_list_does_not_see_a_concern(kind: str):
    to = Addressee(frozenset({PERSON}))
    assert domain.is_theirs(task(kind, to=to), PERSON, set(), NOW)
    assert not domain.is_theirs(task(kind, to=to), PERSON, set(), NOW, helped=True)


def test_fb_09_a_concern_goes_by_mail_whatever_they_chose_unless_they_have_paused_everything():
    assert domain.channels_for(card(channels=["in-app"]), Kind.SAFEGUARDING) == ("email", "in-app")
    assert domain.channels_for(card(paused=True), Kind.SAFEGUARDING) == ("in-app",)


def test_a_claim_stands_where_its_last_event_left_it():
    assert domain.claim_state("claim-paid") == "paid"
    assert [state for state in ("opened", "submitted", "approved", "returned", "paid", "refused", "declined") if domain.claim_is_settled(state)] == [
        "paid",
        "refused",
        "declined",
    ]


def test_every_message_is_named_for_an_event_or_is_a_reminder():
    names = {event.name for event in EVENTS.values()} | {"session-reminder", "feedback-due", "feedback-words"}
    assert set(domain.MESSAGES) <= names
    assert domain.MESSAGES["claim-paid"].kind == Kind.CLAIMS
    assert domain.MESSAGES["claim-overdue"].kind == Kind.WORK
    assert domain.MESSAGES["session-reminder"].kind == Kind.REMINDERS


# --- changes and cancellations ---

SESSION_1, SESSION_2 = UUID(int=21), UUID(int=22)


def meeting(session_id: UUID = SESSION_1, **what: object) -> domain.Meeting:
    facts = {"starts_at": NOW, "ends_at": NOW + timedelta(hours=1), "venue": "Room 2"} | what
    return domain.Meeting(session_id, **facts)  # pyright: ignore[reportArgumentType]


def published(*meetings: domain.Meeting, title: str = "A title", contact: str = "worker") -> domain.Published:
    return domain.Published(title, contact, meetings or (meeting(), meeting(SESSION_2)))


@pytest.mark.parametrize(
    ("after", "changed"),
    [
        (published(), []),
        (published(title="Another title"), []),
        (published(meeting(SESSION_2), meeting()), []),
        (published(meeting(starts_at=NOW - timedelta(minutes=1)), meeting(SESSION_2)), ["time"]),
        (published(meeting(ends_at=NOW + timedelta(hours=2)), meeting(SESSION_2)), ["time"]),
        (published(meeting(), meeting(SESSION_2, ends_at=NOW + timedelta(hours=2))), ["time"]),
        (published(meeting()), ["time"]),
        (published(meeting(), meeting(SESSION_2), meeting(UUID(int=23))), ["time"]),
        (published(meeting(venue="Room 3"), meeting(SESSION_2)), ["place"]),
        (published(meeting(), meeting(SESSION_2, venue="Room 3")), ["place"]),
        (published(contact="coordinator"), ["contact"]),
        (published(meeting(venue="Room 3", starts_at=NOW - timedelta(days=1)), meeting(SESSION_2), contact="coordinator"), ["time", "place", "contact"]),
    ],
)
def test_opp_16_what_changed_is_seen_even_where_nobody_says_so(after: domain.Published, changed: list[str]):
    assert domain.what_changed(published(), after, ()) == changed


@pytest.mark.parametrize("said", [["time"], ["place"], ["contact"], ["purpose"], ["purpose", "time"]])
def test_opp_16_what_the_host_says_has_changed_has_changed(said: list[str]):
    assert domain.what_changed(published(), published(), said) == sorted(said, key=["time", "place", "contact", "purpose"].index)


def test_opp_16_a_new_session_elsewhere_is_no_change_of_place():
    assert domain.what_changed(published(), published(meeting(), meeting(SESSION_2), meeting(UUID(int=23), venue="Hall")), ()) == ["time"]


def test_opp_16_people_are_told_how_those_sessions_were_that_are_not_so_any_more():
    later = meeting(SESSION_2, venue="Room 3")
    assert domain.meetings_that_were(published(), published(meeting(), later)) == [meeting(SESSION_2)]
    assert domain.meetings_that_were(published(), published(later)) == [meeting(), meeting(SESSION_2)]
    assert domain.meetings_that_were(published(), published()) == []


def test_not_05_a_calendar_entry_s_number_rises_with_each_change_of_the_opportunity_and_of_the_place():
    happened = [(1, 0), (1, 1), (1, 2), (1, 999), (2, 0), (2, 3), (3, 0), (3, 4)]
    numbers = [domain.calendar_sequence(*versions) for versions in happened]
    assert numbers == sorted(set(numbers)) and numbers[0] == 1000
    assert domain.calendar_sequence(1, 998) == 1998 and domain.calendar_sequence(1, 999) == domain.calendar_sequence(1, 5000) == 1999


@pytest.mark.parametrize(
    ("facts", "news"),
    [
        ({}, True),
        ({"announced": True}, False),
        ({"cancelled": True}, False),
        ({"closed": True}, False),
        ({"session_ends": [NOW]}, False),
        ({"session_ends": []}, False),
    ],
)
def test_not_03_it_is_news_once_and_only_while_someone_can_still_take_part(facts: dict[str, object], news: bool):
    ends = [NOW + timedelta(microseconds=1)]
    found = {"announced": False, "cancelled": False, "closed": False, "session_ends": ends} | facts
    assert domain.is_news(**found, now=NOW) is news  # pyright: ignore[reportArgumentType]


def test_not_02_a_reminder_is_of_one_session_at_one_time():
    summer = datetime(2026, 7, 1, 12, tzinfo=UTC)
    first = domain.reminder_id(SESSION_1, summer)
    assert first == domain.reminder_id(SESSION_1, summer.astimezone(LONDON)) == domain.reminder_id(SESSION_1, summer)
    assert len({first, domain.reminder_id(SESSION_1, summer + timedelta(minutes=1)), domain.reminder_id(SESSION_2, summer)}) == 3


def test_not_02_a_cancellation_is_of_one_opportunity():
    assert domain.cancellation_id(SESSION_1) == domain.cancellation_id(SESSION_1) != domain.cancellation_id(SESSION_2)


# --- PEO-05 ---


@pytest.mark.parametrize(
    ("happening", "opens", "settles"),
    [
        ("place-offered", ["answer-offer"], []),
        ("place-taken", [], ["answer-offer"]),
        ("place-left", [], ["answer-offer"]),
        ("place-lapsed", [], ["answer-offer"]),
        ("place-refused", [], ["answer-offer"]),
        ("place-queued", [], []),
        ("statement-differs", ["look-at-statement"], []),
        ("statement-agreed", [], ["look-at-statement"]),
        ("payments-perhaps-gone", ["look-for-payments"], []),
        ("payments-settled", [], ["look-for-payments"]),
        ("claim-to-pay", ["pay-claim"], []),
        ("claim-in-run", [], ["pay-claim"]),
        ("details-wait", ["confirm-details"], []),
        ("details-done", [], ["confirm-details"]),
        ("person-waits", ["confirm-person"], []),
        ("person-done", [], ["confirm-person"]),
        ("statement-to-pay", ["pay-statement"], []),
        ("statement-not-to-pay", [], ["pay-statement"]),
        ("feedback-with-host", [], ["answer-feedback", "review-feedback", "release-words", "agree-words"]),
        ("feedback-reopened", ["review-feedback"], ["answer-feedback", "release-words", "agree-words"]),
        ("feedback-to-release", ["release-words"], ["answer-feedback", "review-feedback", "agree-words"]),
        ("feedback-to-agree", ["answer-feedback"], ["review-feedback", "release-words"]),
        ("feedback-to-agree-for-its-giver", ["agree-words"], []),
        ("claim-opened", ["confirm-claim"], []),
        ("claim-submitted", ["approve-claim"], ["confirm-claim", "check-payment-details"]),
        ("claim-approved", ["pay-claim"], ["confirm-claim", "check-payment-details", "approve-claim"]),
        ("claim-returned", ["check-payment-details"], ["approve-claim", "pay-claim", "chase-claim"]),
        ("claim-part-paid", [], ["pay-claim"]),
        ("claim-late", ["chase-claim"], []),
        ("claim-held", [], ["chase-claim"]),
        ("claim-paid", [], ["confirm-claim", "check-payment-details", "approve-claim", "pay-claim", "chase-claim"]),
        ("claim-refused", [], ["confirm-claim", "check-payment-details", "approve-claim", "pay-claim", "chase-claim"]),
        ("claim-declined", [], ["confirm-claim", "check-payment-details", "approve-claim", "pay-claim", "chase-claim"]),
        ("feedback-received", ["answer-feedback"], ["review-feedback", "release-words", "agree-words"]),
        ("feedback-closed", [], ["answer-feedback", "review-feedback", "release-words", "agree-words"]),
        ("concern-raised", ["see-concern"], []),
        ("concern-overdue", ["see-concern"], []),
        ("concern-overdue-for-the-deputy", ["take-over-concern"], []),
        ("concern-not-for-the-deputy", [], ["take-over-concern"]),
        ("concern-taken", ["end-concern"], ["see-concern", "take-over-concern"]),
        ("concern-settled", [], ["see-concern", "take-over-concern", "end-concern"]),
        ("concern-of-nobody", [], ["see-concern", "take-over-concern", "end-concern"]),
        ("safeguarding-leads-missing", ["name-safeguarding-leads"], []),
        ("safeguarding-leads-present", [], ["name-safeguarding-leads"]),
        ("opportunity-created", [], []),
    ],
)
def test_peo_05_each_event_opens_and_settles_its_tasks(happening: str, opens: list[str], settles: list[str]):
    assert domain.tasks_opened_by(happening) == opens
    assert domain.tasks_settled_by(happening) == settles


@pytest.mark.parametrize(
    ("kind", "audience"),
    [
        ("answer-offer", None),
        ("confirm-claim", None),
        ("check-payment-details", None),
        ("approve-claim", "approver"),
        ("pay-claim", "finance"),
        ("answer-feedback", "coordinator"),
        ("review-feedback", "approver"),
        ("release-words", "coordinator"),
        ("agree-words", None),
        ("see-concern", None),
        ("take-over-concern", None),
        ("end-concern", None),
        ("name-safeguarding-leads", "administrator"),
        ("look-at-statement", "finance"),
        ("look-for-payments", "finance"),
        ("confirm-details", "finance"),
        ("confirm-person", "finance"),
        ("pay-statement", "finance"),
        ("confirm-roles", "administrator"),
    ],
)
def test_peo_05_each_task_is_for_one_person_or_one_role(kind: str, audience: str | None):
    assert domain.TASKS[kind].audience == audience


def test_peo_05_nobody_is_late_with_getting_ready_for_what_has_begun():
    task = domain.Task(uuid4(), "session-soon", uuid4(), domain.Addressee(role="coordinator"), NOW, due_at=NOW)
    assert domain.is_theirs(task, uuid4(), ["coordinator"], NOW - timedelta(minutes=1))
    assert not domain.is_theirs(task, uuid4(), ["coordinator"], NOW)


def test_peo_05_a_cancelled_opportunity_ends_what_prepares_for_it_but_not_its_register_or_bookings():
    ended = domain.tasks_ended_by_cancellation()
    assert {"answer-offer", "answer-needs", "session-soon"} <= set(ended)
    assert not {"fill-in-register", "cancel-bookings", "send-claim"} & set(ended)


@pytest.mark.parametrize(("state", "happening"), [("differs", "statement-differs"), ("agreed", "statement-agreed"), ("settled", "statement-agreed")])
def test_net_03_a_difference_waits_for_finance_until_the_host_counts_as_we_do(state: str, happening: str):
    assert domain.happening_of_answer_to_us(state) == happening


@pytest.mark.parametrize(
    ("state", "pence", "happening"),
    [
        ("agreed", 1, "statement-to-pay"),
        ("agreed", 0, "statement-not-to-pay"),
        ("differs", 500, "statement-not-to-pay"),
        ("settled", 500, "statement-not-to-pay"),
    ],
)
def test_net_03_what_we_agreed_to_owe_waits_to_be_paid(state: str, pence: int, happening: str):
    assert domain.happening_of_our_answer(state, total_pence=pence) == happening


@pytest.mark.parametrize(
    ("waiting_for", "host", "happening"),
    [
        ("provider", "sun", "feedback-with-host"),
        ("us", "sun", "feedback-received"),
        ("provider", "", "feedback-received"),
        ("funder", "sun", "feedback-received"),
    ],
)
def test_fb_02_what_the_host_was_asked_to_answer_needs_nobody_here(waiting_for: str, host: str, happening: str):
    assert domain.happening_of_receiving(waiting_for, host) == happening


@pytest.mark.parametrize(
    ("opened", "settled", "is_open"), [(1, None, True), (None, 2, False), (None, None, False), (1, 2, False), (2, 2, False), (3, 2, True), (0, None, True)]
)
def test_peo_05_the_later_change_decides_whatever_order_events_came_in(opened: int | None, settled: int | None, is_open: bool):
    assert domain.task_is_open(opened, settled) is is_open


def task(
    kind: str = "approve-claim",
    *,
    to: Addressee = Addressee(role="approver"),
    due: date | None = None,
    due_at: datetime | None = None,
    opened: int = 0,
    overdue: bool = False,
) -> Task:
    return Task(uuid4(), kind, uuid4(), to, NOW + timedelta(minutes=opened), due, due_at, overdue)


def test_peo_05_everyone_sees_their_own_tasks_and_those_of_their_roles():
    mine, others = Addressee(frozenset({PERSON})), Addressee(frozenset({OTHER}))
    assert domain.is_theirs(task("confirm-claim", to=mine), PERSON, set(), NOW)
    assert not domain.is_theirs(task("confirm-claim", to=others), PERSON, {"participant", "approver"}, NOW)
    assert domain.is_theirs(task("approve-claim"), PERSON, {"approver"}, NOW)
    assert not domain.is_theirs(task("approve-claim"), PERSON, {"participant"}, NOW)


def test_peo_05_a_task_for_people_by_name_is_never_a_role_s():
    assert not domain.is_theirs(task("confirm-claim", to=Addressee(role="coordinator")), PERSON, {"coordinator"}, NOW)


@pytest.mark.parametrize(("kind", "role"), [("approve-claim", "approver"), ("pay-claim", "finance")])
def test_pay_10_nobody_is_asked_to_approve_or_pay_their_own_claim(kind: str, role: str):
    assert not domain.is_theirs(task(kind, to=Addressee(role=role, except_for=frozenset({PERSON}))), PERSON, {role}, NOW)


def test_peo_05_a_deputy_has_it_from_the_moment_it_reaches_them_and_whoever_is_excepted_never():
    to = Addressee(frozenset({OTHER}), deputy=PERSON, reaches_deputy_at=NOW)
    assert not to.includes(PERSON, set(), NOW - timedelta(seconds=1))
    assert to.includes(PERSON, set(), NOW) and to.includes(OTHER, set(), NOW)
    assert Addressee(deputy=PERSON).includes(PERSON, set(), NOW)
    assert not Addressee(frozenset({PERSON}), "coordinator", frozenset({PERSON}), PERSON).includes(PERSON, {"coordinator"}, NOW)


def test_peo_05_a_clock_in_hours_stands_among_the_days_and_is_late_at_its_moment():
    day, hours = task(due=date(2026, 12, 4)), task(due_at=datetime(2026, 12, 4, 23, 59, tzinfo=UTC))
    sooner = task(due_at=datetime(2026, 12, 4, 9, tzinfo=UTC))
    assert domain.in_order_of_clock([day, hours, sooner]) == [sooner, hours, day]
    assert not domain.is_late(sooner, datetime(2026, 12, 4, 9, tzinfo=UTC))
    assert domain.is_late(sooner, datetime(2026, 12, 4, 9, 0, 1, tzinfo=UTC))


def test_peo_05_lines_that_would_read_alike_are_numbered():
    found = task_lines.lines([task("answer-feedback", due=date(2026, 12, 5)), task("answer-feedback", due=date(2026, 12, 4)), task()], NOW)
    assert [line.words for line in found] == [
        "Answer what someone told us (1 of 2)",
        "Answer what someone told us (2 of 2)",
        "Look at a claim",
    ]


@pytest.mark.parametrize("kind", domain.TASKS)
@pytest.mark.parametrize(("title", "name"), [("", ""), ("Choosing [who] runs {it}", "Sam {name}")])
def test_peo_05_every_kind_of_task_has_a_page_and_words_with_and_without_names(kind: str, title: str, name: str):
    found = replace(task(kind), title=title, name=name)
    for count in (1, 2):
        said = task_lines.words(found, count)
        assert domain.TASKS[kind].page.startswith("/") and said and said[0] not in " ,:" and "“”" not in said
        for named in (title, name):
            said = said.replace(named, "") if named else said
        assert not set(said) & set("[]{}")


def test_peo_05_only_what_one_page_does_at_once_has_words_for_several():
    assert not [kind for kind, rule in domain.TASKS.items() if rule.many and not rule.does_all_at_once]
    assert task_lines.words(task("pay-claim"), 1) == "1 claim is ready to be paid"
    assert task_lines.words(task("pay-claim"), 3) == "3 claims are ready to be paid"


def test_peo_05_tasks_stand_in_the_order_of_their_clocks():
    soon, later = task(due=date(2026, 12, 4), opened=9), task(due=date(2026, 12, 5), opened=1)
    same_day = task(due=date(2026, 12, 5), opened=2)
    waiting_long, waiting = task(opened=0), task(opened=3)
    assert domain.in_order_of_clock([waiting, same_day, waiting_long, later, soon]) == [soon, later, same_day, waiting_long, waiting]


def test_pay_07_a_task_is_late_after_its_last_day_or_when_its_owner_says_so():
    today, now = date(2026, 12, 4), datetime(2026, 12, 4, 23, 59, tzinfo=UTC)
    assert not domain.is_late(task(due=today), now)
    assert domain.is_late(task(due=today - timedelta(days=1)), now)
    assert domain.is_late(task(due=today, overdue=True), now)
    assert not domain.is_late(task(), now)


def test_fb_09_and_peo_05_every_task_is_settled_by_an_event_and_none_by_hand():
    for kind, rule in domain.TASKS.items():
        assert rule.settled_by or kind == "ring-person", kind  # which is settled with the call itself
        assert not rule.settled_by & rule.opened_by


def test_fb_07_what_was_reopened_is_the_reviewer_s_and_never_his_who_answered_it():
    to = domain.addressee_of_feedback("review", reviewer_role="approver", not_for=[OTHER])
    assert to.includes(PERSON, {"approver"}, NOW) and not to.includes(OTHER, {"approver"}, NOW)
    assert not to.includes(PERSON, {"coordinator"}, NOW)
    assert domain.addressee_of_feedback("answer", reviewer_role=None, not_for=[]).role == "coordinator"


@pytest.mark.parametrize(("today", "reminded", "due"), [(4, None, False), (5, None, True), (10, None, True), (11, None, False), (7, 10, False), (7, 3, True)])
def test_fb_03_whose_feedback_it_is_hear_once_before_it_is_late(today: int, reminded: int | None, due: bool):
    before = date(2026, 12, reminded) if reminded else None
    assert domain.is_due_soon(date(2026, 12, 10), 5, date(2026, 12, today), before) is due


@pytest.mark.parametrize(("asked", "by"), [(date(2026, 11, 28), date(2026, 12, 28)), (date(2027, 1, 31), date(2027, 2, 28))])
def test_pri_01_what_we_hold_is_said_within_a_calendar_month(asked: date, by: date):
    assert domain.answer_rights_by(asked) == by
