"""What a hostile hub can do: drop, delay, reorder, remove. These tests play it: they put messages where the carrier
puts the hub's.

Nothing that it changes, invents, repeats or moves is heard as an organisation's own word, and no key of its own is ever
sealed to.
"""

import base64
import json
from typing import Any
from uuid import UUID

import pytest

from services.gateway import announcing, organisations, sealing
from services.gateway.announcing import announcement
from services.gateway.domain import NOT_ITS_OWN
from services.gateway.keys import KeyPairs, OwnKeys, new_network_keys, parse_keys
from shared.db import SYSTEM, Command, new_id
from shared.events import network
from shared.messaging.publishing import Outgoing, publish
from tests.gateway.support import TRACEPARENT, Organisation, Organisations, left_place, shared, soon
from tests.gateway.test_keys import chorus

SHARED, ANNOUNCED, REMOVED = "public.opportunity-shared", "public.organisation-announced", "public.organisation-removed"


async def as_hub(
    organisation: Organisation, origin: str, kind: str, body: bytes | str, headers: dict[str, str] | None = None
) -> None:
    """Into the stream that this organisation reads, under whatever origin the hub says."""
    content = body.encode() if isinstance(body, str) else body
    values = headers or {"ce-id": str(new_id()), "ce-time": "2026-11-22T10:00:00+00:00", "traceparent": TRACEPARENT}
    assert await publish(
        organisation.border, Outgoing(f"network.{origin}.{kind}.v1", content, values | {"Nats-Msg-Id": str(new_id())})
    )


async def came(sun: Organisation, viewpoint: Organisation, event: Any = None) -> Any:
    """A genuine public event of sun's, as it came to viewpoint."""
    await sun.say(event or shared())
    (message,) = (await viewpoint.came())[-1:]
    return message


async def ids_heard(organisation: Organisation) -> list[UUID]:
    return [
        UUID(json.loads(message.data)["opportunity_id"])
        for message in await organisation.heard(network.OpportunityShared)
    ]


def carried(message: Any) -> dict[str, str]:
    return {
        name: value for name, value in message.headers.items() if name.startswith(("ce-", "chorus-", "traceparent"))
    }


def strangers() -> OwnKeys:
    return parse_keys(new_network_keys())


def signed_by(pair: KeyPairs, origin: str, kind: str, body: bytes) -> dict[str, str]:
    headers = {"ce-id": str(new_id()), "ce-time": "2026-11-22T10:00:00+00:00"}
    said = sealing.Said(origin, kind.removeprefix("public."), headers["ce-id"], headers["ce-time"], body)
    return headers | {sealing.SIGNATURE: sealing.sign_public(said, pair.signing)}


async def remove(viewpoint: Organisation, organisation: str = "sun") -> None:
    """The hub's own word, which is believed."""
    event = network.OrganisationRemoved(version=5, organisation_id=new_id(), removed=organisation)
    await as_hub(viewpoint, "hub", REMOVED, event.model_dump_json())
    await soon(lambda: viewpoint.gateway.ring.of(organisation) is None)


async def announce(viewpoint: Organisation, said: announcing.Announcement) -> None:
    message = announcing.outgoing(said)
    await as_hub(viewpoint, said.organisation, ANNOUNCED, message.body, dict(message.headers))


def of_sun(viewpoint: Organisation, own: OwnKeys, later: int = 100, **more: Any) -> announcing.Announcement:
    values: dict[str, Any] = {"display_name": "Sun", "url": "https://sun.example"} | more
    return announcement("sun", version=viewpoint.gateway.ring.organisations["sun"].version + later, own=own, **values)


# Keys


async def test_net_04_a_removal_does_not_let_the_hub_replace_a_pinned_key(own_organisations: Organisations):
    sun, viewpoint = own_organisations
    pinned = viewpoint.gateway.ring.organisations["sun"].keys
    false = strangers()
    await remove(viewpoint)
    await announce(viewpoint, of_sun(viewpoint, false))
    (dead_letter,) = await viewpoint.parked()
    assert dead_letter["reason"].startswith("announces keys that the ones we know of sun have not signed")
    held = viewpoint.gateway.ring.organisations["sun"]
    assert held.keys == pinned
    assert held.is_removed
    await viewpoint.say(left_place("sun"))  # nothing is sealed to anybody's key meanwhile
    assert "sun has left the network" in [parked["reason"] for parked in await viewpoint.parked(2)]

    await announce(viewpoint, of_sun(viewpoint, sun.gateway.ring.own, 200))  # the genuine one is heard, and sealed to
    await soon(lambda: viewpoint.gateway.ring.of("sun") == pinned)
    await viewpoint.say(left_place("sun"))
    await sun.heard(network.GuestLeft)


async def test_net_04_after_a_removal_staff_who_compare_the_digits_may_believe_new_keys(
    own_organisations: Organisations,
):
    _, viewpoint = own_organisations
    theirs = strangers()
    await remove(viewpoint)
    await announce(viewpoint, of_sun(viewpoint, theirs, display_name="Sunrise"))
    await viewpoint.parked()
    fingerprint = theirs.current.public.fingerprint
    done = await chorus(viewpoint, "keys", "--trust", "sun", "--fingerprint", fingerprint)
    assert done.exit_code == 0, done.output
    assert viewpoint.gateway.ring.of("sun") == theirs.current.public
    (message,) = (await viewpoint.heard(network.OrganisationAnnounced))[-1:]  # the services hear that it is back
    said = json.loads(message.data)  # with what tells it apart from an impostor of the same name (NET-01)
    assert (said["display_name"], said["fingerprint"], said["signs"]) == ("Sunrise", fingerprint, True)
    steps = (await viewpoint.operator("GET", f"/gateway/operator/steps?about={network.organisation_id('sun')}")).json()[
        "steps"
    ]
    assert [step["facts"]["fingerprint"] for step in steps if step["what"] == "keys-trusted"] == [fingerprint]


async def test_net_04_an_announcement_from_before_the_removal_does_not_bring_an_organisation_back(
    own_organisations: Organisations,
):
    sun, viewpoint = own_organisations
    await remove(viewpoint)
    await announce(viewpoint, of_sun(viewpoint, sun.gateway.ring.own, 0))
    await announce(viewpoint, of_sun(viewpoint, sun.gateway.ring.own, -50))
    await as_hub(viewpoint, "suffolk", SHARED, "{}")  # a marker: what came before it is dealt with
    assert (await viewpoint.parked())[0]["consumer"] == "network-suffolk"
    assert viewpoint.gateway.ring.of("sun") is None


async def test_net_04_keys_are_trusted_only_as_they_were_shown(own_organisations: Organisations):
    """Between the look at the digits and the word of staff, the hub brings another announcement."""
    _, viewpoint = own_organisations
    shown, later = strangers(), strangers()
    await announce(viewpoint, of_sun(viewpoint, shown))
    await viewpoint.parked()
    pinned = viewpoint.gateway.ring.organisations["sun"]
    await viewpoint.gateway.database.run(
        Command("refuse-keys", SYSTEM),
        lambda tx: organisations.refuse(tx, "sun", later.current.public, pinned.version + 200),
    )  # in the database, and not yet in the memory that shows them
    fingerprint = shown.current.public.fingerprint
    answer = await viewpoint.operator("POST", "/gateway/operator/keys/sun/trust", json={"fingerprint": fingerprint})
    assert answer.status_code == 422, answer.text
    await viewpoint.gateway.ring.load()
    held = viewpoint.gateway.ring.organisations["sun"]
    assert (held.keys, held.refused) == (pinned.keys, later.current.public)


# Public events


@pytest.mark.parametrize(
    "how",
    [
        "changed",
        "another's signature",
        "not signed",
        "another id",
        "another time",
        "another kind",
        "another origin",
        "nonsense",
    ],
)
async def test_net_04_a_public_event_that_its_origin_did_not_say_is_parked_with_an_alarm(
    own_organisations: Organisations, how: str
):
    sun, viewpoint = own_organisations
    message = await came(sun, viewpoint)
    (genuine,) = await ids_heard(viewpoint)
    headers, body, kind, origin = carried(message), message.data, SHARED, "sun"
    invented = shared(title="Confirm your bank details").model_dump_json().encode()
    if how == "changed":
        body = message.data.replace(b"Tea and biscuits", b"Bring your card")
    elif how == "another's signature":
        headers, body = signed_by(strangers().current, "sun", SHARED, invented), invented
    elif how == "not signed":
        headers, body = {"ce-id": str(new_id()), "ce-time": headers["ce-time"]}, invented
    elif how == "another id":
        headers["ce-id"] = str(new_id())
    elif how == "another time":
        headers["ce-time"] = "2026-11-22T11:11:11+00:00"
    elif how == "another kind":
        kind = "public.opportunity-withdrawn"
    elif how == "another origin":
        await viewpoint.gateway.ring.load()
        headers, body = signed_by(viewpoint.gateway.ring.own.current, "viewpoint", SHARED, invented), invented
    else:
        headers |= {sealing.SIGNATURE: "not base64 !"}
        body = invented
    await as_hub(viewpoint, origin, kind, body, headers)
    (dead_letter,) = await viewpoint.parked()
    assert dead_letter["reason"].startswith(NOT_ITS_OWN)
    assert await ids_heard(viewpoint) == [genuine]
    state = (await viewpoint.operator("GET", "/gateway/operator/state")).json()
    assert state["checks"]["signatures"].startswith("1 message came in another organisation’s name")
    replayed = await viewpoint.operator("POST", f"/gateway/operator/dead-letters/{dead_letter['id']}/replay")
    assert replayed.status_code == 422  # looking away does not make it genuine


async def test_net_04_a_genuine_event_that_is_repeated_has_one_id_and_an_old_one_its_old_version(
    own_organisations: Organisations,
):
    sun, viewpoint = own_organisations
    first = await came(sun, viewpoint, event := shared(version=1))
    await sun.say(event.model_copy(update={"version": 2, "title": "A quieter ward"}))
    await viewpoint.heard(network.OpportunityShared, 2)
    await as_hub(viewpoint, "sun", SHARED, first.data, carried(first))
    await as_hub(viewpoint, "suffolk", SHARED, "{}")
    await viewpoint.parked()
    messages = await viewpoint.heard(network.OpportunityShared, 2)
    assert {(message.headers or {})["ce-id"]: json.loads(message.data)["version"] for message in messages} == {
        str(network.local_id("sun", UUID(first.headers["ce-id"]))): 1,
        (messages[1].headers or {})["ce-id"]: 2,
    }


async def test_net_04_an_organisation_one_version_behind_is_heard_and_shown_as_unsigned_until_it_signs(
    own_organisations: Organisations,
):
    _, viewpoint = own_organisations
    behind = strangers()
    said = announcement("suffolk", "Suffolk", "https://suffolk.example", 5, behind)
    older = said.model_copy(update={"public_signature": None, "signing_key_before": None})
    await announce(viewpoint, older)
    await soon(lambda: viewpoint.gateway.ring.of("suffolk") is not None)
    await as_hub(viewpoint, "suffolk", SHARED, shared().model_dump_json())
    (message,) = await viewpoint.heard(network.OpportunityShared)
    assert json.loads(message.data)["signed"] is False

    body = shared().model_dump_json().encode()
    await as_hub(viewpoint, "suffolk", SHARED, body, signed_by(behind.current, "suffolk", SHARED, body))
    (_, message) = await viewpoint.heard(network.OpportunityShared, 2)
    assert json.loads(message.data)["signed"] is True
    await as_hub(viewpoint, "suffolk", SHARED, shared().model_dump_json())
    assert (await viewpoint.parked())[0]["reason"].startswith(NOT_ITS_OWN)
    assert viewpoint.gateway.ring.organisations["suffolk"].signs

    await remove(viewpoint, "suffolk")  # which does not make it forget
    await announce(
        viewpoint,
        announcement("suffolk", "Suffolk", "https://suffolk.example", 50, behind).model_copy(
            update={"public_signature": None}
        ),
    )
    await soon(lambda: viewpoint.gateway.ring.of("suffolk") is not None)
    await as_hub(viewpoint, "suffolk", SHARED, shared().model_dump_json())
    assert all(dead_letter["reason"].startswith(NOT_ITS_OWN) for dead_letter in await viewpoint.parked(2))
    assert len(await viewpoint.heard(network.OpportunityShared, 2)) == 2


async def test_net_04_an_older_program_still_believes_our_announcement(own_organisations: Organisations):
    """It computes the signed text from the fields that it knows."""
    sun, _ = own_organisations
    said = announcing.outgoing(of_sun(own_organisations[1], sun.gateway.ring.own))
    fields = json.loads(said.body)
    for newer in ("public_signature", "signing_key_before"):
        del fields[newer]
    older = announcing.Announcement(**fields)
    assert older.is_signed_by(base64.b64decode(older.signing_key))
    assert not older.signs_public_events


async def test_net_04_what_was_signed_before_the_keys_were_turned_is_still_heard(own_organisations: Organisations):
    sun, viewpoint = own_organisations
    before = sun.gateway.ring.own.current
    assert (await chorus(sun, "keys", "--turn")).exit_code == 0
    await soon(lambda: viewpoint.gateway.ring.organisations["sun"].keys != before.public)
    body = shared().model_dump_json().encode()
    await as_hub(viewpoint, "sun", SHARED, body, signed_by(before, "sun", SHARED, body))
    await viewpoint.heard(network.OpportunityShared)
    await sun.say(shared())
    await viewpoint.heard(network.OpportunityShared, 2)
    assert await viewpoint.dead_letters() == []


async def test_net_04_keys_from_a_false_announcement_before_the_key_count_for_nothing(own_organisations: Organisations):
    """The hub can't slip in a key of its own as the one before: the statement is signed with the pinned key."""
    sun, viewpoint = own_organisations
    false = strangers()
    genuine = of_sun(viewpoint, sun.gateway.ring.own)
    await announce(
        viewpoint, genuine.model_copy(update={"signing_key_before": announcing._text(false.current.public.signing)})
    )
    await soon(lambda: viewpoint.gateway.ring.organisations["sun"].version == genuine.version)
    body = shared().model_dump_json().encode()
    await as_hub(viewpoint, "sun", SHARED, body, signed_by(false.current, "sun", SHARED, body))
    assert (await viewpoint.parked())[0]["reason"].startswith(NOT_ITS_OWN)
