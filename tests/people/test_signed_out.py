"""Whom the system signed out is told why, and where they come back to."""

from datetime import timedelta
from typing import Any

import pytest

from services.people.use_cases import keeping, telling
from shared.identity import Role, SignIn, cookie_name, issue_token
from tests.people.support import World, a_person
from tests.support.apps import SIGNING_KEY
from tests.support.servers import ORGANISATION

COOKIE = cookie_name(ORGANISATION)


async def out_by_roles(people: World, sign_in: Any) -> None:
    await a_person(people, "Bo Berg", "bo@example.org", roles=["administrator"])
    await people.do(keeping.end_sign_ins_of, sign_in.person_id, because="roles")


async def out_elsewhere(people: World, sign_in: Any) -> None:
    phone = people.visitor()
    await people.sign_in("ada@example.org", phone)
    assert (await phone.post(f"/people/me/sign-ins/{sign_in.id}/end")).status_code == 303


async def out_by_contact(people: World, sign_in: Any) -> None:
    before = (await people.rows("SELECT * FROM people"))[0]
    await people.do(telling.of_changes, [(before._mapping, {"email": "ada@new.example"})], by_another=True)


OUT: dict[str, tuple[Any, str]] = {
    "idle": ("UPDATE sessions SET last_used_at = now() - interval '3 hours'", "nothing was done here for a while"),
    "12 hours": ("UPDATE sessions SET expires_at = now()", "it is 12 hours since you signed in"),
    "elsewhere": (out_elsewhere, "you, or someone signed in as you, chose it on another device"),
    "roles": (out_by_roles, "what you may do here has changed"),
    "contact": (out_by_contact, "your email address has changed"),
}


@pytest.mark.parametrize(
    ("how", "token_ran_out"),
    [
        ("idle", True),
        ("12 hours", True),
        ("elsewhere", True),
        ("elsewhere", False),
        ("roles", False),
        ("contact", True),
    ],
)
async def test_who_is_signed_out_by_the_system_reads_why_and_where_they_come_back_to(
    people: World, how: str, token_ran_out: bool
) -> None:
    await a_person(people, roles=["coordinator"])
    await people.sign_in("ada@example.org")
    [row] = await people.rows("SELECT person_id, id FROM sessions")
    if token_ran_out:
        [cookie] = [each for each in people.client.cookies.jar if each.name == COOKIE]
        sign_in = SignIn(row.person_id, row.id, frozenset({Role.COORDINATOR}))
        cookie.value = issue_token(SIGNING_KEY, ORGANISATION, sign_in, life=timedelta(seconds=-1))
    ends, why = OUT[how]
    if isinstance(ends, str):
        await people.write(ends)
    else:
        await ends(people, row)
    shown = await people.client.get("/people/me/sign-ins", follow_redirects=True)
    assert shown.url.path == "/people/sign-in"
    assert f"You were signed out because {why}" in shown.text
    assert "Sign in, and you come back to the page you were on." in shown.text
    wrong = await people.client.post(str(shown.url), data={"email": "no"})
    assert wrong.status_code == 422 and why in wrong.text
    await people.sign_in("ada@example.org")
    await people.client.post("/people/sign-out")
    assert "You were signed out because" not in (await people.client.get("/people/sign-in")).text
