"""The staff's list of people: finding someone, adding someone without email, and helping someone."""

from typing import Annotated, ClassVar
from uuid import UUID

from fastapi import APIRouter, Depends, Request
from fastapi.responses import Response
from pydantic import Field

from services.people import queries
from services.people.domain.choices import FORMATS, how_they_hear
from services.people.domain.helping import reasons_not_to_help
from services.people.domain.people import display_name
from services.people.domain.roles import ROLES
from services.people.pages.questions import AgeForm, PostalForm, areas_of
from services.people.pages.sign_in import with_renewed
from services.people.use_cases import details, signing_in, staff
from shared.db import Command, Transaction
from shared.identity import Coordinator, Role, SignIn, only
from shared.service import of
from shared.web import (
    Form,
    Refusal,
    again,
    carries_on,
    hold_search,
    local_path,
    page,
    read_form,
    redirect,
    search_of,
)

routes = APIRouter(prefix="/people/staff/people")
Staff = Annotated[SignIn, Depends(only(Role.COORDINATOR, Role.OPERATOR, Role.ADMINISTRATOR))]


class NewPersonForm(PostalForm):
    name: str
    known_as: str = ""
    phone: str = ""
    area: str = ""
    over_18: bool
    agreements_held: bool = False
    agreed: bool = False
    which: str = Field(default="", max_length=40)
    shown: list[UUID] = Field(default=[], max_length=200)
    messages: ClassVar[dict[str, str]] = {"name": "Write their name", "over_18": "Say if they are 18 or over"}


class HelpForm(Form):
    next: str = Field(default="", max_length=200)
    back: str = Field(default="", max_length=200)


@routes.get("")
async def show_everyone(request: Request, who: Staff) -> Response:
    """A page of the list; the next page begins after the last person on it."""
    search = search_of(request, who)
    try:
        after = UUID(request.query_params.get("after", ""))
    except ValueError:
        after = None
    found = await of(request).database.read(lambda tx: queries.everyone(tx, search.text, after))
    everyone = found[: queries.MOST_PEOPLE]
    next_after = everyone[-1].id if len(found) > queries.MOST_PEOPLE else None
    shown = {"everyone": everyone, "search": search, "next_after": next_after, "role_names": ROLES}
    return page(request, "staff/people.html", who=who, title="People", **shown)


@routes.post("/search")
@carries_on
async def search_everyone(request: Request, who: Staff) -> Response:
    return await hold_search(request, who, "/people/staff/people")


@routes.get("/new")
async def show_new(request: Request, who: Coordinator) -> Response:
    return _new_page(request, who)


def _new_page(request: Request, who: SignIn, problem: Refusal = None) -> Response:
    return page(request, "staff/new.html", who=who, title="Add someone", areas=areas_of(request), problem=problem)


@routes.post("/new")
@again(_new_page)
async def add(request: Request, who: Coordinator) -> Response:
    form, areas = await read_form(request, NewPersonForm), areas_of(request)
    answers = form.model_dump(include={"name", "known_as", "phone", "area", "over_18"})
    answers["postal_address"] = form.written(form.name)
    if chosen := _chosen(form.which):
        return redirect(f"/people/staff/people/{chosen}", "They are here already, so nobody was added.", done=False)
    not_these = form.shown if form.which == "none" else ()

    async def work(tx: Transaction) -> UUID:
        kept = {"agreements_held": form.agreements_held, "agreed": form.agreed}
        return await staff.add_person(tx, answers, **kept, areas=areas, said_not_to_be=not_these)

    try:
        person_id = await of(request).database.run(Command("add-person", who.actor), work)
    except staff.LooksLike as like:
        return await _ask_which(request, who, like)
    return redirect(f"/people/staff/people/{person_id}", "They are added.")


def _chosen(which: str) -> UUID | None:
    try:
        return UUID(which)
    except ValueError:
        return None


async def _ask_which(request: Request, who: SignIn, like: staff.LooksLike) -> Response:
    """PEO-04: asks before the same person is added twice. Only staff see this: people who join by themselves are never
    told who else is here."""
    near = await of(request).database.run(
        Command("read-near-matches", who.actor), lambda tx: staff.read_near_ones(tx, like.near)
    )
    typed = {name: value for name, value in request.state.typed.items() if name not in ("which", "shown")}
    return page(request, "staff/which.html", who=who, title="Is it one of these?", problem=like, near=near, typed=typed)


@routes.get("/{person_id}")
async def show_person(request: Request, who: Staff, person_id: UUID) -> Response:
    """Shows contact details. Reading them is written down (PRI-03), so this writes."""
    person = await of(request).database.run(
        Command("read-contact-details", who.actor), lambda tx: staff.read_contact_details(tx, person_id)
    )
    shown = display_name(person["name"], person["known_as"])
    words = {
        "roles": ", ".join(ROLES[role] for role in person["roles"]) or "None yet",
        "channels": how_they_hear(person["channels"], has_email=person["email"] is not None, phone=person["phone"]),
        "now": "Left" if person["has_left"] else "Taking a break" if person["paused"] else "Active",
        "written_in": FORMATS[person["format"]],
        "age": {None: "Not asked yet", True: "Yes", False: "No"}[person["over_18"]],
    }
    may_help = Role.COORDINATOR in who.roles and not reasons_not_to_help(who.person_id, person_id, person["roles"])
    return page(request, "staff/person.html", who=who, title=shown, person=person, may_help=may_help, words=words)


@routes.get("/{person_id}/age")
async def show_age(request: Request, who: Coordinator, person_id: UUID, problem: Refusal = None) -> Response:
    """PEO-03: linked from the task about somebody who walked in. Staff ask in the room or on the phone, and the step
    says so."""
    person = await of(request).database.read(lambda tx: queries.person(tx, person_id))
    if person.over_18 is not None and problem is None:
        return redirect(f"/people/staff/people/{person_id}", "We know already if they are 18 or over.")
    title = f"Is {display_name(person.name, person.known_as)} 18 or over?"
    context = {"of_another": True, "back": f"/people/staff/people/{person.id}"}
    return page(request, "age.html", who=who, title=title, problem=problem, **context)


@routes.post("/{person_id}/age")
@again(show_age)
async def answer_age(request: Request, who: Coordinator, person_id: UUID) -> Response:
    form = await read_form(request, AgeForm)
    work = lambda tx: details.answer_age(tx, person_id, form.over_18, agreements_held=form.agreements_held)  # noqa: E731
    await of(request).database.run(Command("answer-age", who.actor), work)
    return redirect(f"/people/staff/people/{person_id}", "We have kept the answer.")


@routes.post("/{person_id}/help")
async def help_someone(request: Request, who: Coordinator, person_id: UUID) -> Response:
    """PEO-02: from now on the coordinator acts for this person, and steps say so. next: which of the person's pages to
    open. back: where to return to when helping ends."""
    form = await read_form(request, HelpForm)
    onward = local_path(form.next) or "/people/me"
    begun_at = local_path(form.back) or f"/people/staff/people/{person_id}"
    await of(request).database.run(
        Command("help-someone", who.actor),
        lambda tx: signing_in.act_for(tx, who.sign_in_id, person_id, begun_at=begun_at),
    )
    return await with_renewed(
        request,
        redirect(onward, "From now on, all that is done here is recorded as done for them."),
        who.sign_in_id,
    )
