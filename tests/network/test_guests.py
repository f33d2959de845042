"""A guest's way over the real thing: two organisations with their gateways and a hub between them, each server on its
own address (NET-02, NET-04)."""

import contextlib
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from deploy.local.servers import temporary_directory
from services.gateway.app import create_app as create_gateway
from services.opportunities.listings.domain import NetworkPolicy
from services.opportunities.listings.use_cases import deciding
from services.opportunities.places.use_cases import home, needs, taking, words
from services.opportunities.register.use_cases import attendance
from services.opportunities.register.use_cases.attendance import Entry
from services.opportunities.sharing.use_cases import sharing
from services.opportunities.words.domain import Offer
from shared.events import network
from tests.gateway.support import settings_of
from tests.network.region import Member, Region
from tests.opportunities.support import World, someone, world_of
from tests.opportunities.two_organisations import NAMES, ask, guest_of, guest_place
from tests.support.apps import eventually, running
from tests.support.servers import TestPostgres

SLOW = 45


@contextlib.asynccontextmanager
async def organisation(member: Member, folder: Path, postgres: TestPostgres, duty_number: str) -> AsyncIterator[World]:
    """Its opportunities and its gateway, running on its own NATS server."""
    gateway = create_gateway(settings_of(member, folder, postgres.database("gateway")))
    more = {
        "organisation": member.name,
        "organisation_name": NAMES[member.name],
        "duty_number": duty_number,
        "network_agree": "always",
    }
    here = world_of(folder, postgres.database("opportunities"), member.server, **more)
    async with running(gateway), running(here.app):
        yield here


async def becomes(here: World, place_id: UUID, state: str) -> Any:
    """The guest place once it stands so."""

    async def stands_so() -> Any:
        place = await guest_place(here, place_id)
        assert place.state == state
        return place

    return await eventually(stands_so, within=SLOW)


async def listed(here: World, listing_id: UUID) -> None:
    async def is_listed() -> bool:
        return bool(await here.dicts("SELECT id FROM listings WHERE id = :id", id=listing_id))

    await eventually(is_listed, within=SLOW)
    [row] = await here.dicts("SELECT version FROM listings WHERE id = :id", id=listing_id)
    await here.do(
        deciding.show, listing_id, read=row["version"], policy=NetworkPolicy()
    )  # a coordinator has looked at it


@pytest.mark.slow
@pytest.mark.timeout(240)
async def test_net_04_the_last_place_during_a_cut_the_waiting_list_and_the_register_over_real_servers(
    postgres: TestPostgres,
):
    with temporary_directory() as directory, Region(directory, ("sun", "viewpoint")) as region:
        async with (
            organisation(region.members["sun"], directory / "sun-services", postgres, "07700 900100") as sun,
            organisation(
                region.members["viewpoint"], directory / "viewpoint-services", postgres, "07700 900101"
            ) as viewpoint,
        ):
            opportunity_id, own, whom = await sun.published(capacity=1), someone(), guest_of("viewpoint")
            await sun.do(sharing.share, opportunity_id, Offer(), sun.service.settings.host)
            listing_id = network.local_id("sun", opportunity_id)
            await listed(viewpoint, listing_id)

            region.hub.kill()
            place_id = await ask(viewpoint, listing_id, whom, "easy-read")
            held = await sun.do(taking.take_place, opportunity_id, own, [], "")
            region.hub.start()
            waiting = await becomes(viewpoint, place_id, "waiting")
            assert waiting.position == 1
            assert len(await viewpoint.events("place-queued")) == 1

            await sun.do(taking.leave_place, held, own, sun.service.settings.policy)
            await becomes(viewpoint, place_id, "offered")
            await viewpoint.do(home.accept_offer, place_id, whom)
            version = (await becomes(viewpoint, place_id, "taken")).version
            await viewpoint.do(
                words.decide_guest_words, place_id, shown=True, read=version
            )  # a coordinator has looked at it
            taken = await guest_place(viewpoint, place_id)
            assert (list(taken.joining.values()), taken.duty_number) == (["https://video.example/room"], "07700 900100")

            (need,) = await sun.dicts("SELECT id, need FROM needs")
            await sun.do(needs.answer_need, opportunity_id, need["id"], "promised", "")

            async def promised() -> bool:
                return await viewpoint.dicts("SELECT need, state FROM guest_needs") == [
                    {"need": "easy-read", "state": "promised"}
                ]

            await eventually(promised, within=SLOW)

            for each in (sun, viewpoint):
                each.move(days=36)
            (session_id,) = await sun.session_ids(opportunity_id)
            (place,) = await sun.dicts("SELECT id FROM places WHERE participant_kind = 'guest'")
            await sun.do(attendance.record_attendance, opportunity_id, session_id, [Entry(place["id"], True, 80)])

            async def recorded() -> list[dict[str, Any]]:
                return await viewpoint.events("attendance-recorded")

            (line,) = await eventually(recorded, within=SLOW)
            assert (line["participant"]["id"], line["minutes"], line["host"]) == (str(whom.id), 80, "sun")
            assert await sun.broken() == {} == await viewpoint.broken()
