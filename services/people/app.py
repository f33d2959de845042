"""Wires people. Nothing else here imports every other module."""

from pathlib import Path
from typing import Any

from fastapi import FastAPI

from services.people import api, queries
from services.people.consumers import RESPONDERS, consumers
from services.people.gateways.ports import Gateways
from services.people.invariants import INVARIANTS
from services.people.pages import (
    doors,
    given_lists,
    join,
    keeping_drafts,
    me,
    passkeys,
    roles,
    second_step,
    sign_in,
    sign_ins,
    staff,
)
from services.people.pages.machine_time import machine_now
from services.people.settings import Settings
from services.people.use_cases.given_lists import TakingIn
from services.people.use_cases.limiting import LONGEST, door_is_open, forget_closed_doors
from services.people.use_cases.notices import Notices
from services.people.use_cases.signing_in import forget_what_ran_out
from services.people.use_cases.watching import Watch
from shared import service
from shared.service import Job, Responder, Service

__all__ = ["Settings", "create_app"]
ASK_FOR_DOORS = ("opportunities", "feedback")
"""The services that also lift their limits for a connection while a coordinator's door is open."""


def create_app(settings: Settings) -> FastAPI:
    people = Service("people", settings)
    assert people.mail is not None
    people.helped = lambda person_id: people.database.read(lambda tx: queries.helped(tx, person_id))

    taking_in = TakingIn(settings.area_list)

    async def tell_of_changes(service: Service) -> None:
        await app.state.notices.send(service)

    async def door(service: Service, request: dict[str, Any]) -> dict[str, Any]:
        hidden = app.state.gateways.bounds.hide(request["client"])
        return {"open": await service.database.read(lambda tx: door_is_open(tx, hidden, machine_now()))}

    app = service.create_app(
        people,
        pages=[
            sign_in.routes,
            join.routes,
            sign_ins.routes,
            me.routes,
            doors.routes,
            second_step.routes,
            passkeys.routes,
            keeping_drafts.routes,
            staff.routes,
            roles.routes,
            given_lists.routes,
        ],
        api=[api.routes],
        jobs=[
            Job("forget-what-ran-out", every=600, work=forget_what_ran_out),
            Job("forget-closed-doors", every=3600, work=forget_closed_doors),
            Job("tell-of-changes", every=10, work_outside=tell_of_changes),
            Job("take-in-lists", every=1, work_outside=taking_in.carry_on),
            Job("look-for-guessing", every=30, work_outside=Watch(people).look),
        ],
        consumers=consumers,
        responders=[*RESPONDERS, *(Responder(f"people.doors.{asker}", door) for asker in ASK_FOR_DOORS)],
        invariants=INVARIANTS,
        limits=[LONGEST],
        templates=Path(__file__).parent / "templates",
    )
    app.state.taking_in = taking_in
    app.state.gateways = Gateways(settings, people.mail)
    app.state.notices = Notices(app.state.gateways.mailer, app.state.web.environment)
    return app
