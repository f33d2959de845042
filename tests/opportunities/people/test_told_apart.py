"""Two people with one name are told apart wherever staff choose: the wrong one would be put on the register, and paid
(PEO-04, OPP-11)."""

from typing import Any

import pytest

from services.opportunities.people.queries import participants_called
from services.opportunities.people.use_cases import copies
from services.opportunities.register.use_cases import walking_in
from shared.db import new_id
from shared.identity import Role
from shared.text import told_apart
from tests.opportunities.support import World, someone
from tests.support.apps import client_of, signed_in


def card(by: str | None, version: int = 1) -> dict[str, Any]:
    return {
        "version": version,
        "name": "Maya",
        "roles": ["participant"],
        "age_known": True,
        "reached_by_message": True,
        "told_apart_by": by,
    }


def test_only_names_that_stand_twice_say_more() -> None:
    named = [
        ("Maya Webb", "Ely"),
        ("maya  webb", "March"),
        ("Noor", "Ely"),
        ("A guest, G-7F3K", ""),
        ("A guest, G-7F3K", ""),
    ]
    assert told_apart(named) == ["Maya Webb (Ely)", "maya  webb (March)", "Noor", "A guest, G-7F3K", "A guest, G-7F3K"]


async def test_opp_11_two_of_one_name_are_told_apart_when_they_walk_in_and_on_the_register(here: World) -> None:
    opportunity_id, one, other, unsaid = await here.published(), new_id(), new_id(), new_id()
    for person_id, by in ((one, "Maya Webb, Ely"), (other, "Maya Wood, March"), (unsaid, None)):
        await here.do(copies.keep_card, person_id, card(by))
    here.move(days=35, minutes=5)
    [session_id] = await here.session_ids(opportunity_id)
    base = f"/opportunities/staff/{opportunity_id}/sessions/{session_id}"
    async with client_of(here.app) as staff:
        signed_in(staff, Role.COORDINATOR)
        choose = (await staff.get(f"{base}/walk-in")).text
        assert (
            "Maya Webb, Ely" in choose
            and "Maya Wood, March" in choose
            and f"our number {unsaid.hex[-4:].upper()}" in choose
        )
        for person_id in (one, other):
            await here.do(walking_in.add_walk_in, opportunity_id, session_id, someone(person_id))
        for path in (f"{base}/register", f"{base}/register/print"):
            register = (await staff.get(path)).text
            assert "Maya (Maya Webb, Ely)" in register and "Maya (Maya Wood, March)" in register


async def test_what_cards_lack_is_asked_for_until_it_is_told_and_once_of_whom_people_knows_nothing(
    here: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    known, gone, asked = new_id(), new_id(), []
    for person_id in (known, gone):
        await here.do(copies.keep_card, person_id, {"version": 1, "name": "Maya", "roles": ["participant"]})

    async def requests(subject: str, payload: dict[str, Any]) -> dict[str, Any]:
        asked.extend(payload["person_ids"])
        return {"cards": {str(known): card("Ely")}}

    monkeypatch.setattr(here.service, "requests", requests)
    for _ in range(2):
        await copies.ask_who_is_reached(here.service)
    assert sorted(asked) == sorted([str(known), str(gone)])
    rows = await here.dicts("SELECT person_id, told_apart_by, age_known, reached_by_message FROM people")
    assert {tuple(row.values()) for row in rows} == {(known, "Ely", True, True), (gone, "", None, None)}
    shown = await here.service.database.read(lambda tx: tx.all(participants_called("Maya", None)))
    assert {row.apart for row in shown} == {"Ely", f"our number {gone.hex[-4:].upper()}"}
