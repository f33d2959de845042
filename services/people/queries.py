"""Reads for the pages, the API and the answers to other services."""

from collections.abc import Collection, Mapping, Sequence
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from sqlalchemy import DateTime, Row, Select, Uuid, column, func, select, table, text, tuple_, update

from services.people.domain.addresses import email_key
from services.people.domain.cards import MOST_PHONE_CHANGES, CardReader, card
from services.people.domain.people import Contacts, Person, display_name, told_apart_by
from services.people.domain.sign_in import CodePurpose
from services.people.tables import (
    HAS_LEFT,
    WITH_US_SINCE,
    access_needs,
    consents,
    contact_changes,
    doors,
    hopes,
    joinings,
    matching_keys,
    people,
    role_requests,
    ruled_out,
    sign_in_codes,
    sign_ins,
)
from shared.db import Transaction, one_of
from shared.helped import Helped
from shared.identity import OPERATOR_TOOL
from shared.paging import page_of
from shared.reasons import Missing, mark_of
from shared.text import number_of

POST_CHANGES = (
    select(func.count())
    .where(contact_changes.c.person_id == people.c.id, contact_changes.c.kind == "postal_address")
    .scalar_subquery()
    .label("post_changes")
)
"""How often somebody's postal address has changed: a number for each that they had, which says nothing of it."""
ALL_OF_A_PERSON: Select[Any] = (
    select(
        people,
        POST_CHANGES,
        func.coalesce(ruled_out.c.kinds, []).label("ruled_out_kinds"),
        func.coalesce(ruled_out.c.areas, []).label("ruled_out_areas"),
        func.coalesce(ruled_out.c.times, []).label("ruled_out_times"),
        func.coalesce(access_needs.c.needs, []).label("access_needs"),
        hopes.c.answers.label("hopes"),
        WITH_US_SINCE.label("since"),
    )
    .outerjoin(ruled_out, ruled_out.c.person_id == people.c.id)
    .outerjoin(access_needs, access_needs.c.person_id == people.c.id)
    .outerjoin(hopes, hopes.c.person_id == people.c.id)
)


async def person(tx: Transaction, person_id: UUID) -> Row[Any]:
    """Everything that people may see and change of themselves. Missing if there is no such person."""
    return await tx.one(ALL_OF_A_PERSON.where(people.c.id == person_id))


async def helped(tx: Transaction, person_id: UUID) -> Helped:
    """The person who is being helped, for the header of a helper's pages (PEO-02)."""
    row = await tx.first(ALL_OF_A_PERSON.where(people.c.id == person_id))
    if row is None:
        return Helped("", f"our number {number_of(person_id)}")
    found = person_of(row)
    return Helped(display_name(found.name, found.known_as).strip(), told_apart_by(found))


async def find_by_email(tx: Transaction, email: str) -> Row[Any] | None:
    return await tx.first(select(people).where(func.lower(people.c.email) == email_key(email)))


async def person_of_code(tx: Transaction, request_id: UUID) -> UUID | None:
    """The person whom a sign-in code is for, if any."""
    return await tx.scalar(select(sign_in_codes.c.person_id).where(sign_in_codes.c.id == request_id))


async def sign_ins_of(
    tx: Transaction, person_id: UUID, after: str | None = None
) -> tuple[Sequence[Row[Any]], str | None]:
    """Where somebody is signed in, newest first, and where the next page begins."""
    lasting = sign_ins.c.ended_at.is_(None), sign_ins.c.expires_at > func.clock_timestamp()
    theirs = select(sign_ins).where(sign_ins.c.person_id == person_id, *lasting)
    return await page_of(tx, theirs, sign_ins.c.began_at, sign_ins.c.id, after=after, newest_first=True)


async def code_sent(
    tx: Transaction, request_id: UUID, purposes: tuple[CodePurpose, ...], now: datetime
) -> tuple[str | None, bool]:
    """Where a code was sent, while it works, and whether somebody joins with it. now is machine time.

    Missing for codes of other purposes, so that nobody with just an id reads an address that somebody is changing to.
    The address is as it was typed, known or not, so that nobody sees how we hold it."""
    row = await tx.first(select(sign_in_codes).where(sign_in_codes.c.id == request_id))
    if row is None:
        return None, False
    if row.purpose not in purposes:
        raise Missing
    to = row.new_email or row.mailed_to
    works = row.used_at is None and now < row.expires_at
    return (email_key(to) if to and works else None), row.purpose == "join"


async def open_doors(
    tx: Transaction, here: bytes, after: str | None = None
) -> tuple[Sequence[Row[Any]], str | None, bool]:
    """The open doors, with their holders and closing times; where the next page begins; and whether one is open here.
    here: this client, hidden."""
    shown = func.coalesce(func.nullif(people.c.known_as, ""), people.c.name).label("opened_by")
    is_open = doors.c.until > func.clock_timestamp()
    query = (
        select(doors.c.id, doors.c.client, doors.c.until, shown)
        .join(people, people.c.id == doors.c.opened_by)
        .where(is_open)
    )
    found, next_after = await page_of(tx, query, doors.c.until, doors.c.id, after=after)
    return (
        found,
        next_after,
        await tx.first(select(doors.c.id).where(doors.c.client == here, is_open).limit(1)) is not None,
    )


async def change_of_email(tx: Transaction, person_id: UUID, request_id: UUID) -> None:
    """Missing unless this person asked for a new address with this request."""
    mine = (
        sign_in_codes.c.purpose == "change-email",
        sign_in_codes.c.person_id == person_id,
        sign_in_codes.c.id == request_id,
    )
    await tx.one(select(sign_in_codes.c.id).where(*mine))


async def standing_consents(tx: Transaction, person_id: UUID) -> Sequence[Row[Any]]:
    """PRI-02: what they agreed to, and when; withdrawn consents too."""
    return await tx.all(select(consents).where(consents.c.person_id == person_id).order_by(consents.c.given_at))


MOST_PEOPLE = 100
"""On one page of the staff's list."""


async def everyone(tx: Transaction, name: str = "", after: UUID | None = None) -> Sequence[Row[Any]]:
    """The staff's list, by name, without contact details (PRI-03). One more than MOST_PEOPLE if there are more.

    name: part of their name, or of what they are called. after: the last person on the page before."""
    shown = func.coalesce(func.nullif(people.c.known_as, ""), people.c.name)
    columns = (
        people.c.id,
        people.c.name,
        people.c.known_as,
        people.c.area,
        people.c.roles,
        people.c.paused,
        WITH_US_SINCE.label("since"),
        HAS_LEFT.label("has_left"),
    )
    query = select(*columns)
    if name:
        query = query.where(func.lower(people.c.name + " " + people.c.known_as).contains(name.lower(), autoescape=True))
    if after is not None:
        last = select(func.lower(shown)).where(people.c.id == after).scalar_subquery()
        query = query.where(tuple_(func.lower(shown), people.c.id) > tuple_(last, after))
    return await tx.all(query.order_by(func.lower(shown), people.c.id).limit(MOST_PEOPLE + 1))


_ROLES_ASKED = text("SELECT count(*) FROM outbox WHERE caused_by = :command AND subject = 'people.roles-asked.v1'")


def _name_of(table: Any) -> Any:
    return func.coalesce(func.nullif(table.c.known_as, ""), table.c.name)


_steps = table(
    "steps",
    column("id", Uuid),
    column("what"),
    column("about", Uuid),
    column("actor_id", Uuid),
    column("business_at", DateTime(timezone=True)),
)


async def times_helped(
    tx: Transaction, person_id: UUID, after: str | None = None, most: int | None = None
) -> tuple[Sequence[Row[Any]], str | None]:
    """PEO-02, PRI-03: when somebody acted for this person or saw their details, and who, newest first; where the next
    page begins."""
    acted = _steps.outerjoin(people, people.c.id == _steps.c.actor_id)
    query = select(_steps.c.business_at, _name_of(people).label("name")).select_from(acted)
    query = query.where(_steps.c.about == person_id, _steps.c.what == "helps-someone")
    return await page_of(tx, query, _steps.c.id, after=after, most=most, newest_first=True)


def _role_requests() -> Select[Any]:
    asker, answerer = people.alias("asker"), people.alias("answerer")
    names = _name_of(people).label("name"), _name_of(asker).label("asker"), _name_of(answerer).label("answerer")
    return (
        select(role_requests, people.c.roles, *names)
        .join(people, people.c.id == role_requests.c.person_id)
        .outerjoin(asker, asker.c.id == role_requests.c.asked_by)
        .outerjoin(answerer, answerer.c.id == role_requests.c.answered_by)
    )


async def role_request(tx: Transaction, request_id: UUID) -> Row[Any]:
    """A change of roles that waits or waited for a second administrator, with the names of everybody concerned."""
    return await tx.one(_role_requests().where(role_requests.c.id == request_id))


def mark_of_roles(request: Row[Any]) -> str:
    """The mark of a request and of the person's present roles. It changes if a new list alters the request under the
    same id."""
    return mark_of(
        request.id,
        request.version,
        request.asked_by,
        sorted(request.give),
        sorted(request.take),
        sorted(request.roles),
        request.answer,
    )


async def administrators(tx: Transaction) -> list[UUID]:
    return [row.id for row in await tx.all(select(people.c.id).where(people.c.roles.contains(["administrator"])))]


async def role_request_waiting(tx: Transaction, person_id: UUID) -> UUID | None:
    return await tx.scalar(
        select(role_requests.c.id).where(role_requests.c.person_id == person_id, role_requests.c.answer.is_(None))
    )


async def role_requests_now(tx: Transaction) -> tuple[Sequence[Row[Any]], Sequence[Row[Any]]]:
    """All changes of roles that wait, oldest first; and those answered in the last 30 days, newest first."""
    waiting = await tx.all(_role_requests().where(role_requests.c.answer.is_(None)).order_by(role_requests.c.id))
    lately = role_requests.c.answered_at > tx.now - timedelta(days=30)
    return waiting, await tx.all(_role_requests().where(lately).order_by(role_requests.c.answered_at.desc()))


async def roles_asked_by(tx: Transaction, command_id: UUID) -> int:
    """How many changes of roles this command asked for."""
    return await tx.scalar(_ROLES_ASKED, {"command": command_id})


async def forget_keys(tx: Transaction, person_ids: Collection[UUID]) -> None:
    """PEO-04: the keys are made again when somebody is next looked for."""
    await tx.execute(update(matching_keys).where(one_of(matching_keys.c.person_id, person_ids)).values(version=0))


async def joining_answers(tx: Transaction, joining_id: bytes, minutes_left: int = 0) -> dict[str, Any] | None:
    """A visitor's answers so far. None if they have not begun, or the answers were forgotten, or fewer minutes are
    left."""
    lasts = joinings.c.expires_at > func.clock_timestamp() + timedelta(minutes=minutes_left)
    return await tx.scalar(select(joinings.c.answers).where(joinings.c.id == joining_id, lasts))


async def cards(tx: Transaction, reader: CardReader, person_ids: Collection[UUID]) -> dict[str, dict[str, Any]]:
    """What the reading service may know of each of these people. Unknown ones are left out."""
    rows = await tx.all(ALL_OF_A_PERSON.where(one_of(people.c.id, person_ids)))
    contacts = await _contacts(tx, rows) if reader == "payments" else {}
    return {str(row.id): card(reader, person_of(row, contacts.get(row.id, Contacts()))) for row in rows}


async def _contacts(tx: Transaction, rows: Sequence[Row[Any]]) -> dict[UUID, Contacts]:
    """How each of these people could be reached, and since when. Contact details from the first day are not changes."""
    changes = contact_changes
    nth = func.row_number().over(
        partition_by=(changes.c.person_id, changes.c.kind), order_by=(changes.c.changed_at.desc(), changes.c.id.desc())
    )
    oldest = func.row_number().over(
        partition_by=(changes.c.person_id, changes.c.kind), order_by=(changes.c.changed_at, changes.c.id)
    )
    numbered = (
        select(changes, nth.label("newest"), oldest.label("oldest"))
        .where(one_of(changes.c.person_id, [row.id for row in rows]))
        .subquery()
    )
    wanted = (numbered.c.oldest == 1) | (numbered.c.newest <= MOST_PHONE_CHANGES)
    by_person: dict[UUID, list[Row[Any]]] = {row.id: [] for row in rows}
    for change in await tx.all(select(numbered).where(wanted).order_by(numbered.c.newest)):
        by_person[change.person_id].append(change)
    introduced = await _introductions(tx, rows)
    return {row.id: _contacts_of(row, by_person[row.id], introduced[row.id]) for row in rows}


async def _introductions(tx: Transaction, rows: Sequence[Row[Any]]) -> dict[UUID, dict[UUID, datetime]]:
    """PAY-10, PAY-13: for each person, who else has entered or changed how they are reached, and when last.

    Lists imported at the machine do not count: nobody can sign in as the operator's tool."""
    changes = contact_changes
    by_another = changes.c.changed_by.is_not(None) & changes.c.changed_by.not_in([changes.c.person_id, OPERATOR_TOOL])
    last = select(changes.c.person_id, changes.c.changed_by, func.max(changes.c.changed_at).label("at"))
    mine = last.where(one_of(changes.c.person_id, [row.id for row in rows]), by_another).group_by(
        changes.c.person_id, changes.c.changed_by
    )
    found: dict[UUID, dict[UUID, datetime]] = {
        row.id: {row.added_by: row.joined_at} if row.added_by not in (None, row.id, OPERATOR_TOOL) else {}
        for row in rows
    }
    for change in await tx.all(mine):
        found[change.person_id][change.changed_by] = max(
            change.at, found[change.person_id].get(change.changed_by, change.at)
        )
    return found


def _contacts_of(row: Row[Any], changes: Sequence[Row[Any]], introduced: Mapping[UUID, datetime]) -> Contacts:
    """changes: newest first."""
    emails = [change for change in changes if change.kind == "email"]
    first = emails[-1].changed_by if emails else None
    later = [change for change in changes if change.oldest > 1 or change.changed_at > row.joined_at]
    return Contacts(
        phone=row.phone,
        phone_changes=tuple((change.changed_at, change.old_value) for change in later if change.kind == "phone"),
        email_changed_at=next((change.changed_at for change in later if change.kind == "email"), None),
        added_by=row.added_by,
        email_entered_by=first if first != row.id else None,
        introductions=tuple(sorted(introduced.items(), key=lambda each: (each[1], each[0]))),
    )


async def usual_needs(tx: Transaction, person_ids: Collection[UUID]) -> dict[str, list[str]]:
    """PEO-01: what these people usually need to take part. People without needs are left out."""
    rows = await tx.all(select(access_needs).where(one_of(access_needs.c.person_id, person_ids)))
    return {str(row.person_id): list(row.needs) for row in rows if row.needs}


async def reached_before(tx: Transaction, person_id: UUID, since: datetime) -> Sequence[Row[Any]]:
    """How somebody was reached before each change since then, newest first: kind (phone, email), old_value ("" for
    none) and changed_at. What they joined with is not a change."""
    changes = contact_changes
    joined = select(people.c.joined_at).where(people.c.id == person_id).scalar_subquery()
    by = changes.c.kind.in_(("email", "phone"))
    ours = changes.c.person_id == person_id, by, changes.c.changed_at > since, changes.c.changed_at > joined
    return await tx.all(
        select(changes.c.kind, changes.c.old_value, changes.c.changed_at)
        .where(*ours)
        .order_by(changes.c.changed_at.desc(), changes.c.id)
    )


def person_of(row: Row[Any], contacts: Contacts = Contacts()) -> Person:
    return Person(
        id=row.id,
        version=row.version,
        name=row.name,
        known_as=row.known_as,
        email=row.email,
        area=row.area,
        roles=tuple(row.roles),
        channels=tuple(row.channels),
        discreet=row.discreet,
        format=row.format,
        paused=row.paused,
        opted_out=tuple(row.opted_out),
        ruled_out_kinds=tuple(row.ruled_out_kinds),
        ruled_out_areas=tuple(row.ruled_out_areas),
        ruled_out_times=tuple(row.ruled_out_times),
        contacts=contacts,
        joined_at=row.since,
        age_known=row.over_18 is not None,
        post_changes=row.post_changes,
    )
