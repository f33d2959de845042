"""Whose keys count: pinned at first sight, changed only with the pinned key's word, compared by telephone where that
fails."""

import asyncio
import contextlib
from datetime import datetime
from typing import Any

import pytest
import typer
from typer.testing import CliRunner, Result

from deploy.cli import network as network_command
from services.gateway import announcing
from services.gateway.announcing import announcement
from services.gateway.keys import new_network_keys, parse_keys
from shared.db import SYSTEM, Command, new_id
from shared.events import network
from shared.identity import Role, SignIn, issue_token
from shared.messaging.publishing import Outgoing, publish
from tests.gateway.support import Organisation, Organisations, left_place, request_content, requested, shared, soon
from tests.support.apps import SIGNING_KEY
from tests.support.browser import serving


async def test_net_04_each_organisation_hears_the_others_names_and_addresses_but_no_keys(
    own_organisations: Organisations,
):
    sun, viewpoint = own_organisations
    (message,) = await viewpoint.heard(network.OrganisationAnnounced)
    event = network.OrganisationAnnounced.model_validate_json(message.data, extra="forbid")
    assert (event.origin, event.display_name, event.url) == ("sun", "Sun", "https://sun.example")
    assert event.organisation_id == network.organisation_id("sun")
    steps = (await viewpoint.operator("GET", f"/gateway/operator/steps?about={event.organisation_id}")).json()["steps"]
    assert [step["what"] for step in steps] == ["keys-pinned"]
    assert steps[0]["facts"]["fingerprint"] == sun.gateway.ring.own.current.public.fingerprint


async def test_net_04_turned_keys_are_announced_and_sealed_messages_go_on_both_ways(own_organisations: Organisations):
    sun, viewpoint = own_organisations
    event = requested("sun")
    viewpoint.contents[str(event.guest_id)] = request_content()
    await viewpoint.say(event)
    await sun.heard(network.GuestRequested)
    before = sun.gateway.ring.own.current.public
    turned = await chorus(sun, "keys", "--turn")
    assert turned.exit_code == 0, turned.output
    await soon(lambda: viewpoint.gateway.ring.organisations["sun"].keys != before)
    after = sun.gateway.ring.own.current.public
    assert viewpoint.gateway.ring.organisations["sun"].keys == after
    assert after.fingerprint in turned.output
    await sun.say(left_place("viewpoint"))
    await viewpoint.heard(network.GuestLeft)
    await viewpoint.say(left_place("sun"))
    await sun.heard(network.GuestLeft)
    assert await sun.dead_letters() == await viewpoint.dead_letters() == []
    kept = await sun.ask_contents(
        "opportunities", network.GuestRequested, ("viewpoint", event.guest_id)
    )  # sealed to the old key
    assert kept[f"viewpoint/{event.guest_id}"]["content"]["code"] == "G-7F3K"


async def test_net_04_keys_that_the_pinned_one_has_not_signed_are_refused_and_shown_until_somebody_compares_them(
    own_organisations: Organisations,
):
    sun, viewpoint = own_organisations
    stranger = parse_keys(new_network_keys())
    pinned = viewpoint.gateway.ring.organisations["sun"].keys
    await announce(
        sun,
        announcement(
            "sun", "Sun", "https://sun.example", viewpoint.gateway.ring.organisations["sun"].version + 100, stranger
        ),
    )
    (dead_letter,) = await viewpoint.parked()
    assert dead_letter["reason"].startswith("announces keys that the ones we know of sun have not signed")
    assert viewpoint.gateway.ring.organisations["sun"].keys == pinned

    shown = await chorus(viewpoint, "keys")
    fingerprint = stranger.current.public.fingerprint
    assert shown.exit_code == 1
    assert fingerprint in " ".join(shown.output.split())
    await sun.say(left_place("viewpoint"))  # meanwhile the pinned ones still count
    await viewpoint.heard(network.GuestLeft)

    wrong = await chorus(viewpoint, "keys", "--trust", "sun", "--fingerprint", pinned.fingerprint)
    assert wrong.exit_code == 1
    assert viewpoint.gateway.ring.organisations["sun"].keys == pinned
    right = await chorus(viewpoint, "keys", "--trust", "sun", "--fingerprint", fingerprint)
    assert right.exit_code == 0, right.output
    assert viewpoint.gateway.ring.organisations["sun"].keys == stranger.current.public


@pytest.mark.parametrize("how", ["for another", "not signed", "an older one", "changed on its way"])
async def test_net_04_an_announcement_that_is_not_its_own_changes_nothing(own_organisations: Organisations, how: str):
    sun, viewpoint = own_organisations
    held = viewpoint.gateway.ring.organisations["sun"]
    own = sun.gateway.ring.own
    said = announcement("sun", "Sun", "https://sun.example", held.version + 100, own)
    if how == "for another":
        said = announcement(
            "suffolk", "Suffolk", "https://suffolk.example", held.version + 100, parse_keys(new_network_keys())
        )
    elif how == "not signed":
        said = said.model_copy(
            update={"signature": announcement("sun", "Sun", "https://else.example", held.version + 100, own).signature}
        )
    elif how == "an older one":
        said = announcement("sun", "Old Sun", "https://old.example", held.version - 100, own)
    else:
        said = said.model_copy(update={"url": "https://phishing.example"})
    await announce(sun, said)
    await sun.say(shared())
    await viewpoint.heard(network.OpportunityShared)
    found = viewpoint.gateway.ring.organisations
    assert set(found) == {"sun", "viewpoint"}
    assert (found["sun"].keys, found["sun"].url, found["sun"].version) == (held.keys, held.url, held.version)
    assert len(await viewpoint.heard(network.OrganisationAnnounced)) == 1


async def test_net_04_an_organisation_that_the_hub_removed_is_not_heard_until_it_announces_itself_anew(
    own_organisations: Organisations,
):
    sun, viewpoint = own_organisations
    event = requested("viewpoint")
    sun.contents[str(event.guest_id)] = request_content()
    await sun.say(event)
    await viewpoint.heard(network.GuestRequested)
    removal = network.OrganisationRemoved(version=5, organisation_id=new_id(), removed="sun")
    await viewpoint.gateway.database.run(
        Command("organisation-removed", SYSTEM), lambda tx: announcing.remove(tx, removal)
    )
    await viewpoint.gateway.ring.load()
    assert viewpoint.gateway.ring.of("sun") is None
    assert await viewpoint.ask_contents("opportunities", network.GuestRequested, ("sun", event.guest_id)) == {}
    await viewpoint.say(left_place("sun"))
    assert (await viewpoint.parked())[0]["reason"] == "sun has left the network"
    refused = viewpoint.gateway.refused.labels("sun")._value
    before = refused.get()
    await sun.say(shared())  # what was on its way is heard by nobody
    await soon(lambda: refused.get() > before)
    held = viewpoint.gateway.ring.organisations["sun"]
    await announce(sun, announcement("sun", "Sun", "https://sun.example", held.version + 100, sun.gateway.ring.own))
    await soon(lambda: viewpoint.gateway.ring.of("sun") == held.keys)
    assert all(message.subject != network.OpportunityShared.subject() for message in await viewpoint.everything_heard())


async def test_net_04_ours_goes_out_when_we_start_and_when_something_of_it_is_new(own_organisations: Organisations):
    sun, _ = own_organisations
    held = sun.gateway.ring.organisations["sun"]
    assert held.announced_at is not None
    now = held.announced_at

    def is_due(when: datetime, **other: Any) -> bool:
        said: dict[str, Any] = {"display_name": held.display_name, "url": held.url, "public": held.keys}
        return announcing.is_due(held, now=when, **(said | other))

    assert not is_due(now + announcing.AGAIN / 2)
    assert is_due(now + announcing.AGAIN)
    assert is_due(now, url="https://new.example")
    assert is_due(now, display_name="Sunrise")
    assert is_due(now, public=parse_keys(new_network_keys()).current.public)
    assert announcing.next_version(held, now) > held.version


async def announce(organisation: Organisation, said: announcing.Announcement) -> None:
    message = announcing.outgoing(said)
    assert await publish(
        organisation.border, Outgoing(message.subject, message.body, {**message.headers, "Nats-Msg-Id": str(new_id())})
    )


class Instance:
    """Stands for the instance's folder."""

    def __init__(self, organisation: Organisation, url: str) -> None:
        self.directory = organisation.gateway.settings.network_keys.parent
        self.url = url
        self.organisation = organisation.name

    def url_of(self, _: str) -> str:
        return self.url

    def operator_token(self) -> str:
        return issue_token(
            SIGNING_KEY, self.organisation, SignIn(new_id(), new_id(), frozenset({Role.OPERATOR}), tool=True)
        )


async def chorus(organisation: Organisation, *words: str) -> Result:
    """`chorus network ...` against the running gateway."""
    app = typer.Typer()
    app.add_typer(network_command.app, name="network")
    async with serving_beside(organisation) as url:
        with pytest.MonkeyPatch.context() as patch:
            patch.setattr(network_command, "reached", lambda *_, **__: Instance(organisation, url))
            return await asyncio.to_thread(CliRunner().invoke, app, ["network", *words], env={"COLUMNS": "300"})


@contextlib.asynccontextmanager
async def serving_beside(organisation: Organisation):
    """The app that already runs, on a port: its lifespan is not driven twice."""
    app = organisation.app

    async def without_lifespan(scope, receive, send):
        if scope["type"] == "lifespan":
            while True:
                kind = (await receive())["type"]
                await send({"type": f"{kind}.complete"})
                if kind == "lifespan.shutdown":
                    return
        await app(scope, receive, send)

    async with serving(without_lifespan) as url:  # pyrefly: ignore
        yield url
