"""A door: for one afternoon, many people at a drop-in may sign in from one connection."""

from uuid import UUID

from fastapi import APIRouter, Request
from fastapi.responses import Response

from services.people import queries
from services.people.gateways.ports import gateways
from services.people.pages.machine_time import machine_now
from services.people.use_cases import limiting
from shared.db import Command
from shared.identity import Coordinator
from shared.service import of
from shared.web import client_of, page, redirect

routes = APIRouter(prefix="/people/staff/door")


@routes.get("")
async def show_door(request: Request, who: Coordinator, after: str = "") -> Response:
    here = gateways(request).bounds.hide(client_of(request))
    doors, next_after, open_here = await of(request).database.read(lambda tx: queries.open_doors(tx, here, after))
    found = {"doors": doors, "next_after": next_after, "here": here, "open_here": open_here}
    return page(request, "staff/door.html", who=who, title="A door for an afternoon", **found)


@routes.post("")
async def open_door(request: Request, who: Coordinator) -> Response:
    client, now = gateways(request).bounds.hide(client_of(request)), machine_now()
    await of(request).database.run(
        Command("open-door", who.actor), lambda tx: limiting.open_door(tx, client, who.person_id, now)
    )
    return redirect("/people/staff/door", "The door is open. Many people can sign in from here now.")


@routes.post("/{door_id}/close")
async def close_door(request: Request, who: Coordinator, door_id: UUID) -> Response:
    await of(request).database.run(Command("close-door", who.actor), lambda tx: limiting.close_door(tx, door_id))
    return redirect("/people/staff/door", "The door is closed.")
