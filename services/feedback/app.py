"""Wires feedback. Nothing else here imports every other module."""

from collections.abc import Sequence
from functools import partial
from pathlib import Path
from uuid import UUID

from fastapi import FastAPI

from services.feedback import api
from services.feedback.consumers import RESPONDERS, consumers
from services.feedback.invariants import INVARIANTS
from services.feedback.pages import (
    give,
    giver,
    handing,
    releasing,
    safeguarding,
    safeguarding_leads,
    sending,
    staff,
    worries,
)
from services.feedback.settings import Settings
from services.feedback.use_cases import leads
from services.feedback.use_cases.giving import forget_old_drafts
from services.feedback.use_cases.items import say_clocks
from services.feedback.use_cases.sources import ask_owners
from services.feedback.use_cases.watching import WRONG_CODES, Watch
from shared import service
from shared.db import Transaction
from shared.service import Job, Service
from shared.web import Limit

__all__ = ["Settings", "create_app"]

LIMITS = {
    "start": ("240 per hour", "2400 per hour"),
    "give": ("60 per hour", "600 per hour"),
    "worry": ("60 per hour", "600 per hour"),
    "look-up": ("20 per 10 minutes", "200 per 10 minutes"),
}
"""For one connection, since many people may share one (a ward, a library); and while a coordinator's door is open
there."""


def create_app(settings: Settings) -> FastAPI:
    feedback = Service("feedback", settings)
    app = service.create_app(
        feedback,
        pages=[
            give.router,
            sending.router,
            giver.router,
            safeguarding_leads.router,
            safeguarding.router,
            handing.router,
            worries.router,
            releasing.router,
            staff.router,
        ],
        api=[api.router],
        consumers=consumers,
        jobs=[
            Job("forget-old-drafts", every=300, work=forget_old_drafts),
            Job("say-clocks", every=60, work=say_clocks),
            Job("look-for-guessing", every=30, work_outside=Watch(feedback).look),
            Job("ask-owners", every=30, work_outside=ask_owners),
            Job("follow-concerns", every=30, work=partial(_follow_concerns, settings.feedback_safeguarding_leads)),
        ],
        responders=RESPONDERS,
        invariants=INVARIANTS,
        limits=[WRONG_CODES],
        templates=Path(__file__).parent / "templates",
    )
    app.state.feedback_limits = {name: Limit(name, rate, with_door=lifted) for name, (rate, lifted) in LIMITS.items()}
    return app


async def _follow_concerns(named_by_setting: Sequence[UUID], tx: Transaction) -> None:
    await leads.take_over_setting(tx, named_by_setting)
    await leads.follow_concerns(tx)
