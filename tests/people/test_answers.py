"""What other services may ask of us, over a real NATS; and what we tell them by events."""

import json
from collections.abc import AsyncIterator, Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import nats
import nats.errors
import pytest

from deploy.local.servers import NatsServer
from services.people.use_cases import details, keeping
from shared.db import Actor, new_id
from tests.people.support import World, a_person, running_people
from tests.support.apps import eventually
from tests.support.servers import PASSWORD


@pytest.fixture
async def connected(
    folder: Path, service_database: Callable[[str], str], nats_server: NatsServer
) -> AsyncIterator[World]:
    async with running_people(folder, service_database("people"), nats_server) as people:

        async def is_connected() -> bool:
            client = people.service.nats()
            return client is not None and client.is_connected

        await eventually(is_connected)
        yield people


class Asker:
    """Another service's own NATS user."""

    def __init__(self, server: NatsServer, service: str) -> None:
        self.server = server
        self.service = service

    async def ask(self, subject: str, *person_ids: Any, **more: Any) -> dict[str, Any]:
        connection = await nats.connect(
            self.server.client_url(self.service, PASSWORD), inbox_prefix=f"_INBOX.{self.service}".encode()
        )
        question = json.dumps({"person_ids": [str(each) for each in person_ids]} | more).encode()
        try:

            async def answered() -> dict[str, Any]:
                return json.loads((await connection.request(subject, question, timeout=2)).data)

            return await answered()
        finally:
            await connection.close()


async def ready(asker: Asker, subject: str) -> None:
    async def answers() -> bool:
        try:
            return "error" not in await asker.ask(subject)
        except nats.errors.NoRespondersError:
            return False

    await eventually(answers)


@pytest.mark.parametrize("service", ["opportunities", "payments", "feedback", "notifications"])
async def test_pri_03_each_service_learns_its_own_part_of_a_card(
    connected: World, nats_server: NatsServer, service: str
) -> None:
    ada = await a_person(
        connected,
        known_as="Addy",
        phone="07700 900123",
        ruled_out_kinds=["board"],
        access_needs=["breaks"],
        channels=["email"],
        area="Ely",
    )
    bo = await a_person(connected, "Bo", None)
    subject = f"people.cards.{service}"
    asker = Asker(nats_server, service)
    await ready(asker, subject)
    cards = (await asker.ask(subject, ada, bo, new_id()))["cards"]
    assert cards.keys() == {str(ada), str(bo)}
    named = {"version": 1, "name": "Addy", "roles": ["participant"], "told_apart_by": cards[str(ada)]["told_apart_by"]}
    assert cards[str(ada)]["told_apart_by"].startswith("Ada Byron, Ely, with us since ")
    if service == "notifications":
        assert cards[str(ada)] == named | {
            "ruled_out": {"kinds": ["board"], "areas": [], "times": []},
            "area": "Ely",
            "channels": ["email"],
            "discreet": False,
            "format": "plain",
            "opted_out": [],
            "paused": False,
            "reached_by_message": True,
            "post_changes": 0,
        }
        assert cards[str(bo)]["reached_by_message"] is False
        assert cards[str(bo)]["ruled_out"] == {"kinds": [], "areas": [], "times": []}
    elif service == "payments":
        nothing = {
            "phone_changed_at": None,
            "phone_before": "",
            "phone_changes": [],
            "email_changed_at": None,
            "added_by": None,
            "email_entered_by": None,
        }
        nothing |= {"introductions": []}
        assert cards[str(ada)] == named | nothing | {"phone": "07700 900123"}
    elif service == "feedback":
        assert cards[str(ada)] == named | {"paused": False}
    else:
        assert cards[str(ada)] == named | {"age_known": False, "reached_by_message": True, "by_letter": False}
        assert cards[str(bo)]["reached_by_message"] is False
    hidden = ("example.org", "breaks") if service == "payments" else ("example.org", "07700", "breaks")
    assert not any(word in json.dumps(cards) for word in hidden)


async def test_peo_01_usual_needs_are_told_when_a_form_asks_for_them_and_at_no_other_time(
    connected: World, nats_server: NatsServer
) -> None:
    ada, bo = await a_person(connected, access_needs=["breaks"]), await a_person(connected, "Bo", None)
    asker = Asker(nats_server, "opportunities")
    await ready(asker, "people.cards.opportunities")
    assert (await asker.ask("people.cards.opportunities", ada, bo)).keys() == {"cards"}
    assert (await asker.ask("people.cards.opportunities", ada, bo, usual_needs=True))["usual_needs"] == {
        str(ada): ["breaks"]
    }


async def test_pay_13_payments_learns_which_number_was_held_before_and_who_entered_what(
    connected: World, nats_server: NatsServer
) -> None:
    """PAY-10, PAY-13: the number to ring is the older one; who took somebody in, or entered their address, does not
    decide about their money."""
    helper, ada = await a_person(connected, "Hal", "hal@example.org"), await a_person(connected)
    staff_member = Actor("person", helper)
    bo = await connected.do(keeping.add, {"name": "Bo", "phone": "07700 900001"}, how="person-added", by=staff_member)
    await connected.do(keeping.change, bo, {"phone": "07700 900002"}, by=bo)
    await connected.do(keeping.change, bo, {"phone": "07700 900002", "discreet": True}, by=bo)
    await connected.do(keeping.change, bo, {"email": "bo@example.org"}, by=Actor("person", helper, acting_for=bo))
    await connected.do(keeping.change, bo, {"email": "bo.too@example.org"}, by=bo)
    asker = Asker(nats_server, "payments")
    await ready(asker, "people.cards.payments")
    cards = (await asker.ask("people.cards.payments", ada, bo))["cards"]
    assert cards[str(ada)]["added_by"] is None
    card = cards[str(bo)]
    assert (card["phone"], card["phone_before"], card["added_by"], card["email_entered_by"]) == (
        "07700 900002",
        "07700 900001",
        str(helper),
        str(helper),
    )
    assert [change["before"] for change in card["phone_changes"]] == ["07700 900001"]
    assert (
        card["phone_changed_at"] == card["phone_changes"][0]["at"]
        and card["email_changed_at"] > card["phone_changed_at"]
    )
    assert cards[str(ada)]["introductions"] == []
    entered = (await connected.rows("SELECT changed_at FROM contact_changes WHERE new_value = 'bo@example.org'"))[
        0
    ].changed_at
    assert card["introductions"] == [{"by": str(helper), "at": entered.isoformat()}], (
        "the last that they entered, and nothing that Bo did"
    )
    kept = await connected.rows(
        "SELECT kind, old_value, new_value, changed_by, acting_for FROM contact_changes ORDER BY changed_at, id"
    )
    assert [(row.kind, row.new_value) for row in kept if row.changed_by == helper] == [
        ("phone", "07700 900001"),
        ("email", "bo@example.org"),
    ]
    assert [row.acting_for for row in kept if row.new_value == "bo@example.org"] == [bo]


async def test_addresses_are_for_notifications_alone(connected: World, nats_server: NatsServer) -> None:
    ada, bo = await a_person(connected), await a_person(connected, "Bo", None)
    asker = Asker(nats_server, "notifications")
    await ready(asker, "people.addresses.notifications")
    assert await asker.ask("people.addresses.notifications", ada, bo) == {
        "addresses": {str(ada): {"email": "ada@example.org"}}
    }
    for other in ("opportunities", "payments", "feedback"):
        with pytest.raises(nats.errors.Error):
            await Asker(nats_server, other).ask("people.addresses.notifications", ada)


async def test_pay_12_payments_is_told_how_to_hand_over_what_it_sends(
    connected: World, nats_server: NatsServer
) -> None:
    ada, bo = await a_person(connected, phone="07700 900123"), await a_person(connected, "Bo", None)
    asker = Asker(nats_server, "payments")
    await ready(asker, "people.addresses.payments")
    found = (await asker.ask("people.addresses.payments", ada, bo))["people"]
    assert (found[str(ada)]["email"], found[str(ada)]["phone"]) == ("ada@example.org", "07700 900123")
    assert found[str(bo)]["email"] == "" and found[str(bo)]["name"] == "Bo"
    for other in ("opportunities", "notifications", "feedback"):
        with pytest.raises(nats.errors.Error):
            await Asker(nats_server, other).ask("people.addresses.payments", ada)


async def test_fb_09_feedback_is_told_the_numbers_of_people_who_work_here_and_of_nobody_else(
    connected: World, nats_server: NatsServer
) -> None:
    ada, bo = (
        await a_person(connected, phone="07700 900123"),
        await a_person(connected, "Bo", None, phone="07700 900124"),
    )
    await connected.write("UPDATE people SET roles = '{participant,finance}' WHERE id = :ada", ada=ada)
    asker = Asker(nats_server, "feedback")
    await ready(asker, "people.addresses.feedback")
    assert await asker.ask("people.addresses.feedback", ada, bo) == {"addresses": {str(ada): {"phone": "07700 900123"}}}
    for_concern = (await asker.ask("people.addresses.feedback", ada, bo, concern=True))["addresses"]
    assert for_concern[str(bo)] == {"phone": "07700 900124"} and for_concern[str(ada)]["email"] == "ada@example.org"
    with pytest.raises(nats.errors.Error):
        await Asker(nats_server, "opportunities").ask("people.addresses.feedback", ada)


async def test_not_08_the_number_is_told_when_somebody_is_to_be_rung(connected: World, nats_server: NatsServer) -> None:
    ada, bo = await a_person(connected, phone="07700 900123"), await a_person(connected, "Bo", None)
    asker = Asker(nats_server, "notifications")
    await ready(asker, "people.addresses.notifications")
    answer = await asker.ask("people.addresses.notifications", ada, bo, channel="phone")
    assert answer == {"addresses": {str(ada): {"phone": "07700 900123"}}}
    await connected.do(keeping.change, ada, {"postal_address": "Ada\n5 Mill Lane\nPE13 1AB"}, by=ada)
    answer = await asker.ask("people.addresses.notifications", ada, bo, channel="letter")
    assert answer == {"addresses": {str(ada): {"postal_address": "Ada\n5 Mill Lane\nPE13 1AB", "post_changes": 1}}}


async def test_a_broken_or_endless_question_gets_an_answer_and_does_no_harm(
    connected: World, nats_server: NatsServer
) -> None:
    asker = Asker(nats_server, "payments")
    await ready(asker, "people.cards.payments")
    assert "error" in await asker.ask("people.cards.payments", "not an id")
    assert await asker.ask("people.cards.payments", *[new_id() for _ in range(1001)]) == {"error": "ValueError"}
    assert await asker.ask("people.cards.payments", *[new_id() for _ in range(1000)]) == {"cards": {}}


async def test_who_joined_while_the_broker_was_away_is_told_when_it_is_back(
    folder: Path, service_database: Callable[[str], str], nats_server: NatsServer
) -> None:
    nats_server.stop()
    async with running_people(folder, service_database("people"), nats_server) as people:
        person_id = await a_person(people)
        await people.sign_in("ada@example.org")
        assert (await people.client.post("/people/me/area", data={"area": "March"})).status_code == 303
        assert [row.published_at for row in await people.rows("SELECT published_at FROM outbox")] == [None, None]
        nats_server.start()

        async def all_told() -> bool:
            return all(row.published_at for row in await people.rows("SELECT published_at FROM outbox"))

        await eventually(all_told, within=60)
        connection = await nats.connect(
            nats_server.client_url("notifications", PASSWORD), inbox_prefix=b"_INBOX.notifications"
        )
        assert person_id is not None
        await connection.close()


async def test_pay_13_the_number_to_ring_about_what_another_entered_is_the_one_held_before_it(
    connected: World, nats_server: NatsServer
) -> None:
    helper = await a_person(connected, "Hal", "hal@example.org")
    bo = await connected.do(keeping.add, {"name": "Bo", "phone": "07700 900001"}, how="person-joined")
    helping = Actor("person", helper, acting_for=bo)
    await connected.do(details.answer, bo, "phone", "07700 900002", (), by=helping)
    [said] = await connected.events("contact-entered")
    assert (said["person_id"], said["entered_by"], said["what"]) == (str(bo), str(helper), ["phone"])
    asker = Asker(nats_server, "notifications")
    await ready(asker, "people.addresses.notifications")
    ask = {"channel": "phone"}
    assert (await asker.ask("people.addresses.notifications", bo, **ask))["addresses"] == {
        str(bo): {"phone": "07700 900002"}
    }
    before = datetime.now(UTC).isoformat()
    held = await asker.ask("people.addresses.notifications", bo, **ask, held_before=before)
    assert held["addresses"] == {str(bo): {"phone": "07700 900001"}}
