"""Guests: a participant at another organisation's opportunity, known there by a code alone (NET-02)."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Literal

from services.opportunities.words.domain import NEEDS, PlaceState, State, is_written
from shared.reasons import Reason

GuestPlaceState = Literal["requested", "waiting", "offered", "taken", "left", "lapsed", "refused", "cancelled"]
Answered = Literal["taken", "waiting", "offered", "lapsed", "left", "refused"]
"""A guest's place as its host reports it."""

ACTIVE = ("requested", "waiting", "offered", "taken")
"""Our person's place with a host: asked for, waiting, or held."""

CODE_LETTERS = "23456789ABCDEFGHJKMNPQRSTUVWXYZ"
"""Letters and digits that nobody mixes up: no 0, O, 1, I or L."""

GUEST_NEEDS = {need: name for need, name in NEEDS.items() if need != "other"}
"""OPP-07, NET-02: what may be ticked for another organisation. People's own words stay here."""

AGREEMENT = "2026-11"
"""PRI-02: the version of the text below. Raise it when the text changes."""
CROSSES = (
    "A code that we make for this one time, like G-7F3K.",
    "What you tick here that you need.",
)
STAYS = (
    "Your name. In the room you may use any name you like, and nobody writes it down.",
    "Your phone number, your email and where you live.",
    "Anything in your own words.",
)
GOOD_TO_KNOW = (
    "Only the people there who run this can see your code and what you need. Nobody can read it on the way.",
    "All messages about this come from us, in the way that you chose.",
    "They tell us that you were there, and for how long. If it is paid, we pay you, as always.",
    "You can leave at any time. You need not say why.",
)


def new_code(choose: Callable[[str], str]) -> str:
    """NET-02: a code that says nothing of anyone, for example "G-7F3K". choose picks a random letter."""
    return "G-" + "".join(choose(CODE_LETTERS) for _ in range(4))


def reasons_against_agreement(agreed_to: str) -> list[Reason]:
    """NET-02: nothing crosses before the person agreed to the present text. agreed_to: its version, "" for no
    agreement."""
    if not agreed_to:
        return [Reason("NET-02", "Tick the box if you agree. Without it we send nothing.", "agreed")]
    if agreed_to != AGREEMENT:
        return [
            Reason("NET-02", "Our words have changed. Please read them again, and tick the box if you agree.", "agreed")
        ]
    return []


def reasons_not_to_accept_as_guest(state: GuestPlaceState) -> list[Reason]:
    """OPP-05: a place is accepted only while it is offered."""
    if state == "offered":
        return []
    if state == "lapsed":
        return [
            Reason("OPP-05", "The time to answer is over, and the place went to the next person. You can ask again.")
        ]
    return [Reason("OPP-05", "There is no offer to answer here.")]


def reason_to_refuse_guest(state: State | None, shared: bool, last_ends_at: datetime | None, now: datetime) -> str:
    """Why a guest gets no place here, in words for the guest; "" if nothing stands in the way. state None: there is no
    such opportunity.

    Rules for everyone come first; a guest may come only to what is shared with the network (NET-01)."""
    if state is None or state == "draft":
        return "We do not know this opportunity."
    if state == "cancelled":
        return "It has been cancelled."
    if state != "published" or last_ends_at is None or last_ends_at <= now:
        return "It is over."
    return "" if shared else "It is no longer open to other organisations."


PLACES_UNTIL_TRUSTED = 3
MOST_REQUESTS_A_DAY = 50
"""Of one home organisation, for all that we share, trusted or not."""


def is_kept_back(ahead: int, *, trusted: bool) -> bool:
    """OPP-05, NET-02: a home organisation that no coordinator trusts may have made up its guests, so it has at most a
    few places at once in one opportunity. Its other guests wait, and nobody behind them waits for them. ahead: its
    guests who have a place there, were offered one, or wait before this one."""
    return not trusted and ahead >= PLACES_UNTIL_TRUSTED


def reason_to_refuse_today(asked_today: int) -> str:
    """NET-02: in words for the guest; "" if nothing stands in the way. asked_today: by the same home, before this."""
    if asked_today < MOST_REQUESTS_A_DAY:
        return ""
    return "Your organisation has asked us for very many places today. Please ask again tomorrow."


def reasons_not_to_take_off(place: PlaceState, over: bool, because: str) -> list[Reason]:
    """OPP-05, NET-02: a coordinator may take a guest off while they have or hope for a place in what is not over, with
    a reason that the guest reads at home."""
    if place not in ("waiting", "offered", "taken"):
        return [Reason("NET-02", "This guest has no place here any more.")]
    if over:
        return [Reason("NET-02", "This is over, so the place stays as it was.")]
    return [] if is_written(because) else [Reason("NET-02", "Write why. The guest is told it.", "reason")]


HOME_REMOVED = "Your organisation was not in our network any more, so we could not keep a place for you."
"""Why a guest's place ended, or was refused, after the hub's operator removed their home organisation."""


def place_after_removal(place: PlaceState, a_session_is_to_start: bool) -> PlaceState:
    """NET-02, NOT-05: a guest's place ends when their home organisation is removed from the network, as if they had
    left.

    All messages to a guest go through their home. Without it nobody could tell them of a change or a cancellation, talk
    over their needs, answer for them on the day (NET-02) or pay them (NET-03). We could not keep the promise of such a
    place, and it would keep out someone on the waiting list (OPP-05). Once all sessions have started, nobody else could
    use a held place, so it stays for its register. What a register says of them always stays (OPP-11)."""
    if place == "taken":
        return "left" if a_session_is_to_start else "taken"
    return "left" if place in ("waiting", "offered") else place


def answer_of(place_state: PlaceState) -> Answered | None:
    """What a guest's home is told of a place; None for a cancelled one, because the withdrawal tells everyone
    (NET-01)."""
    return None if place_state == "cancelled" else place_state


def is_news(answer_version: int, held_version: int, state: GuestPlaceState) -> bool:
    """NET-04: only a later answer counts. A place that was left or cancelled stays so, whatever crossed on the way."""
    return answer_version > held_version and state not in ("left", "cancelled")


def reasons_against_answer(answer: Answered, position: int | None, answer_by: datetime | None) -> list[str]:
    """What another organisation's answer lacks: a place on the waiting list has a number, an offer has an end."""
    lacks = []
    if answer == "waiting" and position is None:
        lacks.append("position")
    if answer == "offered" and answer_by is None:
        lacks.append("answer_by")
    return lacks


def answered_anew(before: Mapping[str, tuple[str, str]], after: Mapping[str, tuple[str, str]]) -> bool:
    """OPP-07: whether the host's answers, need -> (state, reason), tell the person something: a need of theirs is
    answered for the first time, or differently."""
    return any(before[need] != answer and answer[0] != "asked" for need, answer in after.items() if need in before)


NEED, JOINING, REASON = "need:", "joining:", "reason"
"""The names of what a host words in an answer: why a need is answered so, how to join a session, why there is no place.
Everything else is fact."""


def words_to_look_at(said: Mapping[str, str], read: Mapping[str, str], *, trusted: bool) -> dict[str, str]:
    """NET-01: the words from a host that nobody has checked and our person does not read already."""
    return {} if trusted else {name: words for name, words in said.items() if words != read.get(name, "")}


def words_until_looked_at(waits: Mapping[str, str], read: Mapping[str, str]) -> dict[str, str]:
    """NET-01: what our person reads until then. How to join stays as it was; an old reason is dropped, because it would
    be wrong beside a new answer."""
    return {name: read.get(name, "") if name.startswith(JOINING) else "" for name in waits}


LOOK_WITHIN = timedelta(days=1)
BEFORE_A_SESSION = timedelta(hours=2)


def look_by(now: datetime, next_starts_at: datetime | None) -> datetime:
    """NET-01: when a coordinator must have checked a host's words: within a day, and early enough before the next
    session that our person can still join. At once, if that has passed."""
    if next_starts_at is None:
        return now + LOOK_WITHIN
    return max(now, min(now + LOOK_WITHIN, next_starts_at - BEFORE_A_SESSION))


def ticked_for_guest(ticked: Sequence[str]) -> list[str]:
    """The needs that may cross, in the order of the form, each once."""
    return [need for need in GUEST_NEEDS if need in ticked]


def had_a_place_when_cancelled(state: str, asked_at: datetime, cancelled_at: datetime) -> bool:
    """PAY-16, NET-03: whoever had a place with a host, and had asked for it before the host cancelled."""
    return state == "taken" and asked_at <= cancelled_at
