"""Two administrators: one asks for a role that moves money, keeps the system or gives roles; another confirms it."""

import asyncio
import re
from collections import Counter
from typing import Any
from uuid import UUID

import pytest
from sqlalchemy.exc import IntegrityError

from deploy.client.administrators import make_administrator
from services.people.domain.roles import (
    RoleRequest,
    reasons_not_to_ask_for_roles,
    reasons_not_to_confirm_roles,
)
from services.people.use_cases import roles
from shared.db import new_id
from shared.identity import Role
from shared.reasons import Refused
from tests.people.support import World, a_person
from tests.support.apps import signed_in
from tests.support.marks import CHANGED, mark_of, press

ONE, OTHER, SOMEONE = new_id(), new_id(), new_id()


async def two_administrators(people: World) -> tuple[UUID, UUID]:
    return (
        await a_person(people, "Ada Byron", "ada@example.org", roles=["coordinator", "administrator"]),
        await a_person(people, "Bo Quill", "bo@example.org", roles=["administrator"]),
    )


async def roles_of(people: World, person_id: UUID) -> list[str]:
    return (await people.rows("SELECT roles FROM people WHERE id = :id", id=person_id))[0].roles


async def ask(people: World, administrator: UUID, person_id: UUID, *wanted: str) -> str:
    """The page of the request."""
    signed_in(people.client, Role.ADMINISTRATOR, person_id=administrator)
    answer = await people.client.post(f"/people/staff/people/{person_id}/roles", data={"roles": list(wanted)})
    assert answer.status_code == 303, answer.text
    return answer.headers["location"]


async def answer(people: World, administrator: UUID, page: str, what: str) -> int:
    signed_in(people.client, Role.ADMINISTRATOR, person_id=administrator)
    return (await press(people.client, page, f"{page}/{what}")).status_code


async def test_a_role_of_two_is_asked_by_one_administrator_and_confirmed_by_another(people: World) -> None:
    ada, bo = await two_administrators(people)
    nadia = await a_person(people, "Nadia", "nadia@example.org", roles=["participant"])
    theirs = people.visitor()
    await people.sign_in("nadia@example.org", theirs)
    page = await ask(people, ada, nadia, "participant", "coordinator", "finance")
    assert await roles_of(people, nadia) == ["participant"]
    assert await answer(people, ada, page, "confirm") == 422
    assert await roles_of(people, nadia) == ["participant"]
    assert await answer(people, bo, page, "confirm") == 303
    assert await roles_of(people, nadia) == ["participant", "coordinator", "finance"]
    assert (await theirs.get("/people/me")).headers["location"].startswith("/people/sign-in")
    [asked], [answered] = await people.events("roles-asked"), await people.events("roles-answered")
    assert (asked["asked_by"], asked["give"], answered["answered_by"], answered["answer"]) == (
        str(ada),
        ["coordinator", "finance"],
        str(bo),
        "confirmed",
    )
    assert [step.actor_id for step in await people.steps("roles-asked") + await people.steps("roles-confirmed")] == [
        ada,
        bo,
    ]
    assert await answer(people, bo, page, "confirm") == 422, "it holds once"
    assert await people.broken() == {}


async def test_taking_such_a_role_away_needs_two_as_well(people: World) -> None:
    ada, bo = await two_administrators(people)
    nadia = await a_person(people, "Nadia", "nadia@example.org", roles=["coordinator", "finance"])
    page = await ask(people, ada, nadia, "participant")
    assert await roles_of(people, nadia) == ["participant", "coordinator", "finance"]
    assert await answer(people, bo, page, "turn-down") == 303
    assert await roles_of(people, nadia) == ["participant", "coordinator", "finance"]
    refused = (await people.client.get("/people/staff/roles")).text
    assert "The roles named in it stay as they were" in refused and "Nothing has changed" not in refused, (
        "participant was given at once"
    )
    assert re.search(r"Nadia \(our number [0-9A-F]{4}\): take away Coordinator, Finance", refused, re.IGNORECASE)
    page = await ask(people, bo, nadia, "participant")
    assert (
        "until then these do not change. All other roles are as you ticked them" in (await people.client.get(page)).text
    )
    assert await answer(people, ada, page, "confirm") == 303
    assert await roles_of(people, nadia) == ["participant"]


async def test_nobody_gives_themselves_a_role_alone(people: World) -> None:
    ada, bo = await two_administrators(people)
    page = await ask(people, ada, ada, "coordinator", "finance", "approver", "administrator")
    assert await answer(people, ada, page, "confirm") == 422
    assert await roles_of(people, ada) == ["coordinator", "administrator"]
    with pytest.raises(IntegrityError):
        await people.write("UPDATE role_requests SET answer = 'confirmed', answered_by = asked_by, answered_at = now()")
    assert await answer(people, bo, page, "confirm") == 303
    assert await roles_of(people, ada) == ["coordinator", "approver", "finance", "administrator"]


async def test_what_a_list_asks_for_needs_two_administrators_as_well(people: World) -> None:
    ada, bo = await two_administrators(people)
    nadia = await a_person(people, "Nadia", "nadia@example.org", roles=[])
    [request_id] = await people.do(roles.file, [(nadia, ["finance"], [])], asked_by=None)
    page = f"/people/staff/roles/{request_id}"
    assert await answer(people, ada, page, "confirm") == 422
    assert await answer(people, ada, page, "ask") == 303
    assert await answer(people, ada, page, "confirm") == 422
    assert await answer(people, bo, page, "confirm") == 303
    assert await roles_of(people, nadia) == ["finance"]


async def test_a_second_administrator_confirms_the_roles_that_they_saw_and_no_others(people: World) -> None:
    ada, bo = await two_administrators(people)
    nadia = await a_person(people, "Nadia", "nadia@example.org", roles=["participant"])
    page = await ask(people, ada, nadia, "participant", "approver")
    signed_in(people.client, Role.ADMINISTRATOR, person_id=bo)
    open_page = await people.client.get(page)
    assert await people.do(
        lambda tx: roles.file(tx, [(nadia, ["finance", "operator", "administrator"], [])], asked_by=None)
    ) == [UUID(page[-36:])]
    assert await answer(people, ada, page, "ask") == 303
    for what in ("confirm", "turn-down"):
        signed_in(people.client, Role.ADMINISTRATOR, person_id=bo)
        late = await people.client.post(f"{page}/{what}", data=mark_of(open_page, f"{page}/{what}"))
        assert (late.status_code, CHANGED in late.text, "Finance, Operator, Administrator" in late.text) == (
            422,
            True,
            True,
        )
        assert (await people.client.post(f"{page}/{what}")).status_code == 422, "and nobody who did not look"
    assert await roles_of(people, nadia) == ["participant"]
    assert await answer(people, bo, page, "confirm") == 303
    assert await roles_of(people, nadia) == ["participant", "finance", "operator", "administrator"]


async def test_who_asks_for_what_a_list_asked_for_has_seen_it(people: World) -> None:
    ada, _ = await two_administrators(people)
    nadia = await a_person(people, "Nadia", "nadia@example.org", roles=["participant"])
    [request_id] = await people.do(lambda tx: roles.file(tx, [(nadia, ["approver"], [])], asked_by=None))
    page = f"/people/staff/roles/{request_id}"
    signed_in(people.client, Role.ADMINISTRATOR, person_id=ada)
    open_page = await people.client.get(page)
    await people.do(lambda tx: roles.file(tx, [(nadia, ["finance"], [])], asked_by=None))
    late = await people.client.post(f"{page}/ask", data=mark_of(open_page, f"{page}/ask"))
    assert (late.status_code, CHANGED in late.text) == (422, True)
    assert (await people.rows("SELECT asked_by FROM role_requests"))[0].asked_by is None
    assert await answer(people, ada, page, "ask") == 303


async def test_who_asked_takes_it_back_and_one_change_waits_at_a_time(people: World) -> None:
    ada, bo = await two_administrators(people)
    nadia = await a_person(people, "Nadia", "nadia@example.org")
    page = await ask(people, ada, nadia, "participant", "finance")
    signed_in(people.client, Role.ADMINISTRATOR, person_id=bo)
    second = await people.client.post(
        f"/people/staff/people/{nadia}/roles", data={"roles": ["participant", "operator"]}
    )
    assert (second.status_code, "waits for an administrator already" in second.text) == (422, True)
    assert await answer(people, ada, page, "turn-down") == 303
    assert (await people.events("roles-answered"))[0]["answer"] == "taken-back"


@pytest.mark.parametrize("role", [role for role in Role if role is not Role.ADMINISTRATOR])
async def test_roles_are_for_administrators_alone_to_give(people: World, role: Role) -> None:
    person_id = await a_person(people)
    signed_in(people.client, role)
    assert (
        await people.client.post(f"/people/staff/people/{person_id}/roles", data={"roles": ["participant"]})
    ).status_code == 403
    for path in (f"/people/staff/people/{person_id}/roles", "/people/staff/roles"):
        assert (await people.client.get(path)).status_code == 403


async def test_the_pages_say_what_waits_and_why_one_cannot_confirm_it(people: World) -> None:
    ada, bo = await two_administrators(people)
    nadia = await a_person(people, "Nadia Farrow", "nadia@example.org")
    page = await ask(people, ada, nadia, "participant", "finance")
    shown = (await people.client.get(page)).text
    assert (
        "Another administrator has to confirm it" in shown
        and "Take it back" in shown
        and ">Confirm<" not in shown.replace("\n", "").replace(" ", "")
    )
    signed_in(people.client, Role.ADMINISTRATOR, person_id=bo)
    listed = (await people.client.get("/people/staff/roles")).text
    assert "Nadia Farrow" in listed and "Asked by Ada Byron" in listed and "Give: Finance" in listed
    assert "/confirm" in (await people.client.get(page)).text
    form = (await people.client.get(f"/people/staff/people/{nadia}/roles")).text
    assert "waits for an administrator" in form and "Another administrator has to confirm a change of this" in form


async def test_two_operators_who_are_taken_from_their_post_at_once_leave_one(people: World) -> None:
    ada, bo = await two_administrators(people)
    both = [await a_person(people, name, f"{name}@example.org", roles=["operator"]) for name in ("sam", "kit")]
    pages = [await ask(people, ada, person_id, "participant") for person_id in both]

    signed_in(people.client, Role.ADMINISTRATOR, person_id=bo)
    marks = {page: mark_of(await people.client.get(page))["mark"] for page in pages}

    async def confirm(page: str) -> str:
        try:
            await people.do(roles.confirm, UUID(page.rpartition("/")[2]), marks[page], by=bo)
        except Refused:
            return "refused"
        return "done"

    assert Counter(await asyncio.gather(*map(confirm, pages))) == {"done": 1, "refused": 1}


# The first two


async def test_the_first_two_administrators_are_made_by_the_command_line_and_no_third(people: World) -> None:
    url = people.database.url
    known = await a_person(people, "Ada Byron", "ada@example.org", roles=["coordinator"])
    assert UUID(await make_administrator(url, "ADA@example.org", "")) == known
    with pytest.raises(Refused, match="ROLES"):
        await make_administrator(url, "ada@example.org", "")
    bo = UUID(await make_administrator(url, "bo@example.org", "Bo Quill"))
    assert (await roles_of(people, known), await roles_of(people, bo)) == (
        ["coordinator", "administrator"],
        ["administrator"],
    )
    with pytest.raises(Refused, match="ROLES"):
        await make_administrator(url, "cy@example.org", "Cy")
    steps = await people.steps("first-administrator-made")
    assert [(step.about, step.actor_kind) for step in steps] == [(known, "operator"), (bo, "operator")]
    assert await people.broken() == {}


async def test_there_stay_two_administrators(people: World) -> None:
    ada, bo = await two_administrators(people)
    signed_in(people.client, Role.ADMINISTRATOR, person_id=ada)
    answer = await people.client.post(f"/people/staff/people/{bo}/roles", data={"roles": ["coordinator"]})
    assert (answer.status_code, "There must be two administrators" in answer.text) == (422, True)


# The rules


@pytest.mark.parametrize(
    ("request_", "who", "words"),
    [
        (RoleRequest(SOMEONE, ONE), OTHER, None),
        (RoleRequest(SOMEONE, ONE), ONE, "You asked for this"),
        (RoleRequest(OTHER, ONE), OTHER, "This is about you"),
        (RoleRequest(ONE, ONE), OTHER, None),
        (RoleRequest(SOMEONE, None), OTHER, "A list asked for this"),
        (RoleRequest(SOMEONE, ONE, "refused"), OTHER, "answered in the meantime"),
    ],
)
def test_who_may_confirm_a_change_of_roles(request_: RoleRequest, who: UUID, words: str | None) -> None:
    reasons = reasons_not_to_confirm_roles(request_, who)
    assert [words in reason.text for reason in reasons] == [True] * len(reasons) if words else reasons == []
    assert bool(reasons) is bool(words)


@pytest.mark.parametrize(
    ("asker", "about", "administrators", "words"),
    [
        (ONE, SOMEONE, [ONE, OTHER], None),
        (ONE, ONE, [ONE, OTHER], None),
        (ONE, OTHER, [ONE, OTHER], "Ask them to ask for it"),
        (ONE, OTHER, [ONE, OTHER, SOMEONE], None),
        (ONE, SOMEONE, [ONE], "a second administrator"),
        (None, SOMEONE, [], None),
    ],
)
def test_what_nobody_could_confirm_is_not_asked_for(
    asker: UUID | None, about: UUID, administrators: list[UUID], words: str | None
) -> None:
    reasons: list[Any] = reasons_not_to_ask_for_roles(asker, about, administrators, waiting=False)
    assert (words.lower() in reasons[0].text.lower()) if words else reasons == []
