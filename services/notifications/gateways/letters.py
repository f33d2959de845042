"""Turns what we stored about a message into what a person reads: a letter, a calendar file, a mail."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from email.message import EmailMessage
from typing import Any
from urllib.parse import urlsplit
from uuid import UUID, uuid5

from services.notifications.domain.channels import Card, wording
from services.notifications.domain.due import is_entry_due
from services.notifications.domain.links import without_links
from services.notifications.domain.messages import KINDS, MESSAGES, Kind, may_opt_out
from services.notifications.domain.offers import is_last_chance
from services.notifications.gateways import calendar, mail, rendering
from services.notifications.settings import Settings
from shared.clock import end_of_day

GET_IN_TOUCH = "Get in touch"
"""The link with which a message in the app says how to ask us."""


@dataclass(frozen=True, slots=True)
class Draft:
    """Everything that a message is written from. facts: what its template names; sessions: those of the opportunity, in
    order; sessions_gone: those that it has lost. sequence: the number of its calendar entries."""

    message_id: UUID
    template: str
    kind: Kind
    card: Card
    name: str
    created_at: datetime
    opportunity_id: UUID | None
    sessions: Sequence[Any]
    facts: Mapping[str, Any]
    sessions_gone: Sequence[Any] = ()
    sequence: int = 0
    has_place: bool = True
    """Whether somebody who hears of a change has a place; false if they wait for one."""
    chosen: str | None = None
    """The channel that the person chose for this very message, if they did."""
    still_true: bool = True
    """Whether a mail that waited may go out still."""
    unsubscribe: str = ""
    """Where to switch off its kind without signing in; "" if it is always sent, and in the app."""


def letter(
    draft: Draft,
    settings: Settings,
    *,
    by_mail: bool,
    by_phone: bool = False,
    on_paper: bool = False,
    read_out: Sequence[str] = (),
) -> rendering.Letter:
    """by_phone: one of us reads it out to them; on_paper: it is posted, and says the same in writing; read_out: what
    the pages that it leads to say (NOT-08)."""
    calendar_file = calendar_of(draft, settings)
    return rendering.write(
        draft.template,
        wording(draft.card),
        {
            "name": draft.name,
            "kind": draft.kind.value,
            "why": KINDS[draft.kind].why,
            "may_opt_out": may_opt_out(draft.kind),
            "unsubscribe": draft.unsubscribe if by_mail else "",
            "page": page(draft.message_id),
            "opportunity_id": draft.opportunity_id,
            "sessions": _to_come(draft, draft.sessions),
            **_cancelled_of_it(draft),
            "organisation": settings.organisation_name,
            "contact_hours": settings.contact_hours,
            "by_mail": by_mail,
            "has_email": by_mail or bool(draft.card.reached_by_message),
            "has_calendar": calendar_file is not None,
            "has_many_dates": calendar_file is not None and _has_many_dates(calendar_file),
            "by_phone": by_phone or on_paper,
            "duty_number": settings.duty_number,
            "is_last_chance": is_last_chance(draft.facts["answer_by"], [each.starts_at for each in draft.sessions]),
            "was_offered": not draft.facts["held"] and draft.facts["answer_by"] is not None,
            "earlier_days": any(each.ends_at <= draft.created_at for each in draft.sessions),
            "read_out": read_out,
            "get_in_touch": _get_in_touch(settings.duty_number, by_mail=by_mail, by_phone=by_phone, on_paper=on_paper),
            **draft.facts,
        },
        public_url=settings.public_url,
        foot="foot-on-paper.j2" if on_paper else "foot.j2",
        on_paper=on_paper,
    )


def _get_in_touch(duty_number: str, *, by_mail: bool, by_phone: bool, on_paper: bool) -> str:
    if by_mail:
        return "Reply to us"
    if on_paper:
        return f"Ring us on {duty_number}" if duty_number else "Tell us"
    if by_phone:
        return f"Tell me now, or ring us on {duty_number}" if duty_number else "Tell me now"
    return GET_IN_TOUCH


def _to_come(draft: Draft, sessions: Sequence[Any]) -> list[Any]:
    """NOT-08: those that were not over when the message was written. Nobody is to travel, or not to, to the others."""
    return [session for session in sessions if session.ends_at > draft.created_at]


def _cancelled_of_it(draft: Draft) -> dict[str, Any]:
    """OPP-19: the sessions that are cancelled, those that were moved, and the ids of those that are new; and whether
    nothing else has changed than that some are cancelled."""
    cancelled = _to_come(draft, draft.sessions_gone)
    gone = {session.session_id for session in draft.sessions_gone}
    moved = [session for session in draft.facts.get("were", []) if session.session_id not in gone]
    return {
        "cancelled_sessions": cancelled,
        "moved_sessions": moved,
        "added": draft.facts.get("added", []),
        "dates_differ": bool(cancelled or moved or draft.facts.get("added")),
        "is_cancellation": _is_cancellation(draft, cancelled, moved),
    }


def _is_cancellation(draft: Draft, cancelled: Sequence[Any], moved: Sequence[Any]) -> bool:
    is_all = not moved and not draft.facts.get("added") and set(draft.facts.get("changed", [])) <= {"time"}
    return bool(cancelled) and is_all


def full_letter(
    draft: Draft, settings: Settings, *, by_phone: bool = False, read_out: Sequence[str] = ()
) -> rendering.Letter:
    """The words for someone who has signed in and opened the message, or hears it read out: never the discreet ones."""
    opened = replace(draft, card=replace(draft.card, discreet=False))
    return letter(opened, settings, by_mail=False, by_phone=by_phone, read_out=read_out)


def on_paper(draft: Draft, settings: Settings, read_out: Sequence[str]) -> rendering.Letter:
    """The words of a letter by post. Nobody can follow a link on paper, so it has none."""
    written = letter(draft, settings, by_mail=False, on_paper=True, read_out=read_out)
    return replace(written, body=tuple(line for line in written.body if line.shape != "link"))


def as_mail(draft: Draft, to: str, settings: Settings, read_out: Sequence[str] = ()) -> EmailMessage:
    """read_out: reasons that no fact of the message holds. Raises ValueError if `to` is no address."""
    return mail.compose(
        letter(draft, settings, by_mail=True, read_out=read_out),
        settings=settings,
        message_id=draft.message_id,
        to=to,
        large=draft.card.format == "easy-read",
        discreet=draft.card.discreet,
        unsubscribe=draft.unsubscribe,
        calendar=calendar_of(draft, settings),
    )


def answer_as_mail(question_id: UUID, answer: Mapping[str, Any], settings: Settings) -> EmailMessage:
    """OPP-22: our answer to somebody without an account, or that we are finding out. answer: as opportunities gives it.
    Raises ValueError if its address is none.

    It quotes none of their words, so that nobody can make us mail words to an address that is not theirs."""
    theirs = without_links if answer["host"] else str
    facts = {
        "title": theirs(answer["title"]),
        "held_by": without_links(answer["host"]),
        "asked_at": datetime.fromisoformat(answer["asked_at"]),
        "answer": [line for line in answer["answer"].splitlines() if line.strip()],
        "due_at": datetime.fromisoformat(answer["due_at"]) if "due_at" in answer else None,
        "opportunity_id": answer["opportunity_id"],
        "organisation": settings.organisation_name,
        "contact_hours": settings.contact_hours,
    }
    written = rendering.write("answer-by-mail", "plain", facts, public_url=settings.public_url, foot="foot-once.j2")
    once = uuid5(question_id, str(answer["version"]))
    return mail.compose(
        written,
        settings=settings,
        message_id=once,
        to=answer["address"],
        large=False,
        discreet=False,
        unsubscribe="",
        calendar=None,
    )


def calendar_of(draft: Draft, settings: Settings) -> mail.CalendarFile | None:
    standing = MESSAGES[draft.template].calendar
    if standing is None or (draft.template == "place-refused" and not draft.facts.get("had_place")):
        return None
    if standing == "booked" and not draft.has_place:
        standing = "possible"
    stay = draft.sessions
    if draft.sessions_gone and _cancelled_of_it(draft)["is_cancellation"]:
        # Many calendars take an entry out for METHOD:CANCEL alone, which is of a whole file.
        standing, stay = "given-back", ()
    entries = [
        _entry(draft, session, settings.public_url, standing) for session in stay if _concerns(draft, session, standing)
    ]
    entries += [
        _entry(draft, session, settings.public_url, "given-back")
        for session in draft.sessions_gone
        if _concerns(draft, session, "given-back")
    ]
    entries += _last_day(draft, settings.public_url, standing)
    if not entries:
        return None
    host = settings.calendar_host or urlsplit(settings.public_url).hostname or "localhost"
    content = calendar.calendar_file(
        entries, calendar.method(standing), sequence=draft.sequence, host=host, written_at=draft.created_at
    )
    return mail.CalendarFile(content, calendar.method(standing))


def calendar_words(file: mail.CalendarFile) -> str:
    """The words of the link to the calendar file."""
    many = _has_many_dates(file)
    if file.method == "CANCEL":
        return "Take the dates out of your calendar" if many else "Take the date out of your calendar"
    return "Put the dates in your calendar" if many else "Put the date in your calendar"


def is_late(file: mail.CalendarFile, has_changed: bool) -> bool:
    """NOT-08: whether nobody may put it in a calendar any more. A date can always be taken out."""
    return has_changed and file.method != "CANCEL"


def _has_many_dates(file: mail.CalendarFile) -> bool:
    return file.content.count(b"BEGIN:VEVENT") > 1


def _concerns(draft: Draft, session: Any, standing: calendar.Standing) -> bool:
    """A session that began before the message was written is not taken out of a calendar: they may have been there. One
    that was over is not put in."""
    return is_entry_due(session.starts_at, session.ends_at, draft.created_at, given_back=standing == "given-back")


def _entry(draft: Draft, session: Any, public_url: str, standing: calendar.Standing) -> calendar.Entry:
    """A discreet entry says when, and no more (NOT-04)."""
    return calendar.Entry(
        about=session.session_id,
        starts=session.starts_at,
        ends=session.ends_at,
        title="Meeting" if draft.card.discreet else _theirs(draft, draft.facts["title"]),
        where="" if draft.card.discreet else _theirs(draft, session.venue),
        url=_linked(draft, public_url),
        standing=standing,
    )


def _last_day(draft: Draft, public_url: str, standing: calendar.Standing) -> list[calendar.Entry]:
    """OPP-01: of what people do in their own time. A changed day moves the entry, which stays the same one."""
    day, about = draft.facts["closes_on"], draft.opportunity_id
    if day is None or about is None or end_of_day(day) <= draft.created_at:
        return []
    title = "Last day" if draft.card.discreet else f"Last day: {_theirs(draft, draft.facts['title'])}"
    url = _linked(draft, public_url)
    return [calendar.Entry(about, day, day + timedelta(days=1), title, where="", url=url, standing=standing)]


def _theirs(draft: Draft, text: str) -> str:
    return without_links(text) if draft.facts["host"] else text


def _linked(draft: Draft, public_url: str) -> str:
    return public_url + (page(draft.message_id) if draft.card.discreet else f"/opportunities/{draft.opportunity_id}")


def page(message_id: UUID) -> str:
    """Where the person reads it once signed in. The address says nothing about the subject."""
    return f"/notifications/messages/{message_id}"
