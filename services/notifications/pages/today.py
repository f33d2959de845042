"""The first page ("what needs me today"), my messages, and for staff the messages that did not arrive."""

from typing import Annotated, Any
from uuid import UUID

from fastapi import APIRouter, Depends, Request, Response

from services.notifications.domain.rights import answer_rights_by
from services.notifications.domain.tasks import without_names
from services.notifications.gateways import letters, rendering, task_lines
from services.notifications.queries import what_comes
from services.notifications.queries.needs import needs_today
from services.notifications.queries.people import looks_after_safety, name_of, names_apart, whose
from services.notifications.queries.told import (
    dates_have_changed,
    message_of,
    messages_in_trouble,
    messages_of,
    unread_count,
)
from services.notifications.queries.what_comes import what_came_of_it, what_is_next, what_they_asked, what_they_wait_for
from services.notifications.use_cases import handover, messages
from shared.db import Command, Transaction
from shared.identity import WITH_FACTOR, Role, SignedIn, SignIn, Visitor, only
from shared.messaging import steps
from shared.reasons import Missing
from shared.service import of
from shared.web import page, redirect

router = APIRouter()
Staff = Annotated[SignIn, Depends(only(Role.COORDINATOR, Role.OPERATOR))]


@router.get("/")
async def what_needs_me_today(request: Request, who: Visitor) -> Response:
    if who is None:
        return redirect("/opportunities")
    me, roles = whose(who)
    veiled = WITH_FACTOR if who.factor_at is None else ()

    async def read(tx: Transaction) -> dict[str, Any]:
        coming = await what_is_next(tx, me)
        needs = await needs_today(tx, me, roles, helped=who.acting_for is not None)
        return {
            "name": await name_of(tx, me),
            "lines": [
                *task_lines.without_anybody(needs.left_over, tx.now),
                *task_lines.lines(without_names(needs.tasks, veiled), tx.now),
            ],
            "next": coming[: what_comes.MOST_NEXT],
            "more_to_come": len(coming) > what_comes.MOST_NEXT,
            "waits_for": await what_they_wait_for(tx, me),
            "asked": await what_they_asked(tx, me),
            "now": tx.now,
            "outcomes": await what_came_of_it(tx, me),
            "unread": await unread_count(tx, me, helped=who.acting_for is not None),
            "looks_after_safety": who.acting_for is None and await looks_after_safety(tx, me),
            "today": tx.today,
        }

    found = await of(request).database.read(read)
    return page(
        request, "home.html", who=who, title="What needs me today", participant=Role.PARTICIPANT in roles, **found
    )


@router.get("/notifications/messages")
async def my_messages(request: Request, who: SignedIn, after: str = "") -> Response:
    service = of(request)
    me = whose(who)[0]
    found, next_after = await service.database.read(
        lambda tx: messages_of(tx, me, after, helped=who.acting_for is not None)
    )
    asked = await service.database.read(lambda tx: what_they_asked(tx, me)) if not after else []
    listed = [
        (draft, letters.letter(draft, service.settings, by_mail=False).subject, read_at is None)
        for draft, read_at in found
    ]
    lists = {"messages": listed, "next_after": next_after, "asked": asked, "now": service.clock.now()}
    return page(request, "messages.html", who=who, title="Messages", **lists)


@router.get("/notifications/messages/{message_id}")
async def my_message(request: Request, who: SignedIn, message_id: UUID) -> Response:
    """Discreet mails link here too: behind the sign-in, in full words."""
    service = of(request)

    async def read(tx: Transaction) -> tuple[letters.Draft, bool]:
        draft = await message_of(tx, message_id, whose(who)[0], helped=who.acting_for is not None)
        if who.acting_for is None:
            await messages.mark_read(tx, message_id, who.person_id)
        else:
            await steps.add(tx, "message-read-while-helping", about=message_id)
        return draft, await dates_have_changed(tx, draft)

    draft, has_changed = await service.database.run(Command("read-message", who.actor), read)
    letter, file = letters.full_letter(draft, service.settings), letters.calendar_of(draft, service.settings)
    is_late = file is not None and letters.is_late(file, has_changed)
    return page(
        request,
        "message.html",
        who=who,
        title=letter.subject,
        sent_at=draft.created_at,
        body=rendering.grouped(letter.body),
        foot=rendering.grouped(letter.foot),
        get_in_touch=letters.GET_IN_TOUCH,
        calendar=f"{letters.page(message_id)}/date.ics" if file and not is_late else None,
        is_late=is_late,
        opportunity_id=draft.opportunity_id,
        calendar_words=letters.calendar_words(file) if file else "",
    )


@router.get("/notifications/messages/{message_id}/date.ics")
async def calendar_file(request: Request, who: SignedIn, message_id: UUID) -> Response:
    """The dates of a message, for a calendar; the same entries as in its mail (NOT-05)."""
    service = of(request)

    async def read(tx: Transaction) -> tuple[letters.Draft, bool]:
        draft = await message_of(tx, message_id, whose(who)[0], helped=who.acting_for is not None)
        return draft, await dates_have_changed(tx, draft)

    draft, has_changed = await service.database.read(read)
    file = letters.calendar_of(draft, service.settings)
    if file is None:
        raise Missing
    if letters.is_late(file, has_changed):
        return redirect(letters.page(message_id))
    headers = {"Content-Disposition": 'attachment; filename="date.ics"'}
    return Response(file.content, media_type=f"text/calendar; charset=utf-8; method={file.method}", headers=headers)


@router.get("/notifications/staff")
async def in_trouble(request: Request, who: Staff, after: str = "") -> Response:
    found, next_after = await of(request).database.read(lambda tx: messages_in_trouble(tx, after))
    return page(
        request,
        "staff.html",
        who=who,
        title="Messages that did not arrive",
        messages=found,
        names=names_apart(found),
        next_after=next_after,
    )


@router.post("/notifications/staff/{message_id}/send-again")
async def send_again(request: Request, who: Staff, message_id: UUID) -> Response:
    await of(request).database.run(
        Command("send-message-again", who.actor), lambda tx: handover.send_again(tx, message_id)
    )
    return redirect("/notifications/staff", "The message will be sent again.")


@router.get("/contact")
async def contact(request: Request, who: Visitor) -> Response:
    """How to reach us: every page that says to ring or ask us links here."""
    settings = of(request).settings
    shown = {"email": settings.mail_reply_to or settings.mail_from, "contact_hours": settings.contact_hours}
    shown |= {"postal_address": settings.postal_address}
    return page(request, "contact.html", who=who, title="Contact us", **shown)


@router.get("/privacy")
async def privacy(request: Request, who: Visitor) -> Response:
    """PRI-04: says when we delete what we hold."""
    service = of(request)
    answer_by = answer_rights_by(service.clock.today())
    return page(
        request,
        "shared/privacy.html",
        who=who,
        title="Privacy",
        calls_kept_days=service.settings.calls_kept_days,
        answer_by=answer_by,
    )
