"""Where to post letters to somebody: an answer of its own, kept by people alone (NOT-01, PRI-03)."""

from collections.abc import Callable
from typing import Any
from uuid import UUID

import pytest

from services.people import queries
from services.people.domain.contacts import ToSay, changes_to_say
from services.people.domain.postal import PostalAddress, as_postal_address, parts_of, reasons_against_postal_address
from services.people.domain.sign_in import why_signed_out
from services.people.use_cases import details, handing, keeping, telling
from shared.db import Actor
from tests.people.support import World, a_person, plain

HERS = {"name_on_door": "Ada Byron", "line_1": "Flat 2, 5 Mill Lane", "town": "Wisbech", "postcode": "pe131ab"}
KEPT = "Ada Byron\nFlat 2, 5 Mill Lane\nWisbech\nPE13 1AB"


@pytest.mark.parametrize(
    ("lines", "postcode", "kept"),
    [
        ("5 Mill Lane\nWisbech", "pe13 1ab", "Ada\n5 Mill Lane\nWisbech\nPE13 1AB"),
        ("5 Mill Lane, Wisbech, PE131AB", "", "Ada\n5 Mill Lane\nWisbech\nPE13 1AB"),
        ("5 Mill Lane\nWisbech PE13 1AB", "", "Ada\n5 Mill Lane\nWisbech\nPE13 1AB"),
        ("Flat 2, 5 Mill Lane\n  \nWisbech", "W1A 1HQ", "Ada\nFlat 2, 5 Mill Lane\nWisbech\nW1A 1HQ"),
        ("", "", ""),
    ],
)
def test_not_01_an_address_is_kept_as_lines_with_its_postcode_last(lines: str, postcode: str, kept: str):
    assert as_postal_address(" Ada ", lines, postcode) == kept
    assert reasons_against_postal_address(kept) == []


def test_not_01_an_address_is_taken_apart_again():
    assert parts_of(KEPT) == PostalAddress("Ada Byron", ("Flat 2, 5 Mill Lane", "Wisbech"), "PE13 1AB")
    assert parts_of("") == PostalAddress("", (), "")


@pytest.mark.parametrize(
    ("address", "field"),
    [
        ("Ada\n5 Mill Lane\nWisbech", "postcode"),
        ("Ada\n5 Mill Lane\nPE13 1A", "postcode"),
        ("Ada\n5 Mill Lane\nPE13 1CV", "postcode"),
        ("\n5 Mill Lane\nPE13 1AB", "name_on_door"),
        ("Ada\nPE13 1AB", "line_1"),
        ("Ada\n" + "x" * 41 + "\nPE13 1AB", "line_1"),
        ("Ada\n" + "a\n" * 7 + "PE13 1AB", "line_1"),
        ("Ada\n5 Mill\x00 Lane\nPE13 1AB", "line_1"),
    ],
)
def test_not_01_an_address_that_cannot_be_posted_to_is_refused(address: str, field: str):
    assert [(reason.rule, reason.field) for reason in reasons_against_postal_address(address)] == [("NOT-01", field)]


@pytest.fixture
async def ada(people: World) -> UUID:
    person_id = await a_person(people)
    await people.sign_in("ada@example.org")
    return person_id


async def test_not_01_someone_gives_changes_and_takes_back_where_we_post_letters(people: World, ada: UUID) -> None:
    assert "What is your postal address?" not in (shown := (await people.client.get("/people/me")).text)
    assert "Postal address" in shown
    asked = await people.client.get("/people/me/postal-address")
    assert 'autocomplete="postal-code"' in asked.text and "for nothing else" in asked.text
    refused = await people.client.post("/people/me/postal-address", data=HERS | {"postcode": "PE13"})
    assert refused.status_code == 422 and "Write a whole postcode" in refused.text and "5 Mill Lane" in refused.text
    assert (await people.client.post("/people/me/postal-address", data=HERS)).status_code == 303
    assert "Flat 2, 5 Mill Lane, Wisbech, PE13 1AB" in (await people.client.get("/people/me")).text
    held = (await people.client.get("/people/api/me")).json()
    assert held["postal_address"] == KEPT
    assert "PE13 1AB" in (await people.client.get("/people/me/postal-address")).text
    told = str(await people.rows("SELECT steps::text FROM steps UNION ALL SELECT body FROM outbox"))
    assert "Mill Lane" not in told and "PE13" not in told
    await people.client.post("/people/me/postal-address", data={})
    [row] = await people.rows("SELECT postal_address FROM people")
    assert row.postal_address == ""
    changes = await people.rows("SELECT old_value, new_value FROM contact_changes WHERE kind = 'postal_address'")
    assert {(each.old_value, each.new_value) for each in changes} == {("", KEPT), (KEPT, "")}
    assert "postal address" in plain(people.mails.to("ada@example.org")[-1])
    assert await people.broken() == {}


async def test_pri_03_staff_read_and_enter_it_while_helping_and_both_are_written_down(people: World) -> None:
    bo = await a_person(people, "Bo", None)
    await a_person(people, "Cai", "cai@example.org", roles=["coordinator"])
    await people.sign_in("cai@example.org")
    await people.client.post(f"/people/staff/people/{bo}/help")
    await people.client.get("/people/me/postal-address")
    assert bo in {step.about for step in await people.steps("contact-details-read")}
    await people.client.post("/people/me/postal-address", data=HERS | {"name_on_door": "Bo Small"})
    [change] = await people.rows("SELECT new_value, acting_for FROM contact_changes WHERE kind = 'postal_address'")
    assert change.new_value.startswith("Bo Small\n") and change.acting_for == bo


LIST = """name,email,phone,address,postcode
Dee Flint,dee@example.org,,"5 Mill Lane, Wisbech",pe131ab
Eve Moss,,07700 900001,"1 High Street, March, PE15 8AA",
"""


async def test_not_01_a_list_says_where_to_post_letters_and_wrong_ones_are_said_by_column(
    people: World, importer: Callable[..., Any]
) -> None:
    wrong = await importer(LIST.replace("pe131ab", "Fens"))
    assert wrong.status_code == 422 and "Write a whole postcode" in wrong.text
    assert (await importer(LIST)).status_code == 200
    held = {row.name: row.postal_address for row in await people.rows("SELECT name, postal_address FROM people")}
    assert held["Dee Flint"] == "Dee Flint\n5 Mill Lane\nWisbech\nPE13 1AB"
    assert held["Eve Moss"] == "Eve Moss\n1 High Street\nMarch\nPE15 8AA"


async def test_not_01_letters_are_chosen_where_an_address_is_there_and_it_is_not_cleared_while_they_are(
    people: World, ada: UUID
) -> None:
    send = people.client.post
    refused = await send("/people/me/channels", data={"channels": ["letter"]})
    assert refused.status_code == 422 and "We do not have a postal address for you" in refused.text
    await send("/people/me/postal-address", data=HERS)
    assert (await send("/people/me/channels", data={"channels": ["letter"]})).status_code == 303
    assert "A letter in the post" in (await people.client.get("/people/me")).text
    refused = await send("/people/me/postal-address", data={})
    assert refused.status_code == 422 and "First choose another way to hear" in refused.text
    cards = await people.read(queries.cards, "opportunities", [ada])
    assert (cards[str(ada)]["reached_by_message"], cards[str(ada)]["by_letter"]) == (False, True)
    assert await people.broken() == {}


async def test_not_01_who_is_added_with_an_address_hears_by_letter_and_still_does_with_a_first_email(
    people: World,
) -> None:
    await a_person(people, "Cai", "cai@example.org", roles=["coordinator"])
    await people.sign_in("cai@example.org")
    new = {"name": "Dee Flint", "over_18": "yes", "agreed": "yes", "area": ""}
    wrong = await people.client.post("/people/staff/people/new", data=new | {"line_1": "5 Mill Lane"})
    assert wrong.status_code == 422 and "Write a whole postcode" in wrong.text
    added = await people.client.post("/people/staff/people/new", data=new | HERS | {"name_on_door": ""})
    assert added.status_code == 303
    [dee] = await people.rows("SELECT id, channels, postal_address FROM people WHERE name = 'Dee Flint'")
    assert dee.channels == ["letter"] and dee.postal_address.startswith("Dee Flint\nFlat 2")
    assert "Flat 2, 5 Mill Lane, Wisbech" in (await people.client.get(f"/people/staff/people/{dee.id}")).text
    none = await people.client.post("/people/staff/people/new", data=new | {"name": "Eve Moss"})
    assert none.status_code == 303
    [eve] = await people.rows("SELECT channels FROM people WHERE name = 'Eve Moss'")
    assert eve.channels == ["in-app"]
    await people.client.post(f"/people/staff/people/{dee.id}/help")
    asked = await people.client.post("/people/me/email", data={"email": "dee@example.org"})
    code = people.mails.code_for("dee@example.org")
    assert (await people.client.post(asked.headers["location"], data={"code": code})).status_code == 303
    [dee] = await people.rows("SELECT email, channels FROM people WHERE name = 'Dee Flint'")
    assert (dee.email, dee.channels) == ("dee@example.org", ["letter"])


async def test_not_01_how_often_an_address_has_changed_goes_with_the_card_and_with_the_address(
    people: World, ada: UUID
) -> None:
    async def said() -> tuple[int, dict[str, Any]]:
        cards = await people.read(queries.cards, "notifications", [ada])
        return cards[str(ada)]["post_changes"], await people.read(handing.postal_addresses, [ada])

    assert await said() == (0, {})
    for nth, street in enumerate(("5 Mill Lane", "1 High Street"), start=1):
        await people.client.post("/people/me/postal-address", data=HERS | {"line_1": street})
        changes, held = await said()
        assert changes == held[str(ada)]["post_changes"] == nth and street in held[str(ada)]["postal_address"]
    assert "post_changes" not in (await people.read(queries.cards, "feedback", [ada]))[str(ada)]


BY_LETTER = {"postal_address": KEPT, "channels": ["letter"]}
BEFORE = {"email": None, "phone": "01632 960001", "postal_address": KEPT, "channels": ["letter"]}
MOVED = {"postal_address": "Ada Byron\n1 High Street\nPE15 8AA"}


@pytest.mark.parametrize(
    ("before", "after", "by_another", "said"),
    [
        ({}, MOVED, True, ToSay((), post_changed=True, by_phone=True, by_letter=True)),
        ({}, {"phone": "01632 960002"}, True, ToSay(("phone",), post_changed=False, by_phone=True, by_letter=True)),
        ({"postal_address": ""}, {"email": "a@example.org"}, True, ToSay(("email",), False, True, False)),
        ({"email": "a@example.org"}, MOVED, False, None),
        ({"email": "a@example.org"}, MOVED, True, ToSay((), post_changed=True, by_phone=False, by_letter=True)),
        ({"email": "a@example.org", "channels": ["email"]}, MOVED, False, None),
        ({"postal_address": ""}, MOVED, True, None),
        ({}, {"postal_address": KEPT.lower()}, True, None),
    ],
)
def test_pay_13_a_changed_postal_address_is_said_by_the_ways_that_remain(
    before: dict[str, Any], after: dict[str, Any], by_another: bool, said: ToSay | None
) -> None:
    assert changes_to_say(BEFORE | before, after, by_another=by_another) == said


async def test_pay_13_a_helper_s_change_of_where_somebody_hears_by_letter_is_said_there_and_by_telephone(
    people: World,
) -> None:
    helper = await a_person(people, "Hal", "hal@example.org", roles=["coordinator"])
    bo = await people.do(keeping.add, {"name": "Bo", "phone": "01632 960001", **BY_LETTER}, how="person-joined")
    helping = Actor("person", helper, acting_for=bo)
    await people.do(details.answer, bo, "postal_address", MOVED["postal_address"], (), by=helping)
    [said] = await people.events("contact-entered")
    assert (said["what"], said["post_changed"], said["by_letter"], said["by_phone"]) == ([], True, True, True)
    assert "High Street" not in str(said) and "Mill Lane" not in str(said)
    moment = people.now
    assert (await people.read(handing.postal_addresses, [bo]))[str(bo)]["postal_address"] == MOVED["postal_address"]
    earlier = await people.read(handing.postal_addresses, [bo], moment)
    assert earlier[str(bo)]["postal_address"] == KEPT


@pytest.mark.parametrize(
    ("changed", "said"),
    [
        ({"postal_address": MOVED["postal_address"]}, "your postal address has changed"),
        ({"phone": "01632 960002"}, "your phone number has changed"),
        ({"phone": "01632 960002", **MOVED}, "how we reach you has changed"),
    ],
)
async def test_sign_in_whoever_was_signed_out_reads_which_detail_has_changed(
    people: World, ada: UUID, changed: dict[str, str], said: str
) -> None:
    held = {"phone": "01632 960001", "postal_address": KEPT}
    await people.do(keeping.change, ada, held)
    before = {"id": ada, "email": "ada@example.org", "name": "Ada", "known_as": "", "channels": ["email"]} | held
    await people.do(telling.of_changes, [(before, changed)], by_another=True)
    [ended] = await people.rows("SELECT ended_because FROM sessions")
    assert said in str(why_signed_out(people.now, people.now, ended.ended_because, people.now))
