"""Wires the feedback service. The only file that knows all the others."""

from collections.abc import Sequence
from functools import partial
from pathlib import Path
from uuid import UUID

from fastapi import FastAPI

from services.feedback import api
from services.feedback.consumers import RESPONDERS, consumers
from services.feedback.invariants import INVARIANTS
from services.feedback.pages import give, giver, releasing, safeguarding, safeguarding_leads, staff
from services.feedback.settings import Settings
from services.feedback.use_cases import leads
from services.feedback.use_cases.giving import forget_old_drafts
from services.feedback.use_cases.items import say_clocks
from shared import service as house
from shared.db import Transaction
from shared.service import Job, Service
from shared.web import Limit

__all__ = ["Settings", "create_app"]

LIMITS = {"start": "240 per hour", "give": "60 per hour", "look-up": "20 per 10 minutes"}
"""For one address: many people may share one (a ward, a library)."""


def create_app(settings: Settings) -> FastAPI:
    app = house.create_app(
        Service("feedback", settings),
        pages=[give.router, giver.router, safeguarding_leads.router, safeguarding.router, releasing.router, staff.router],
        api=[api.router],
        consumers=consumers,
        jobs=[
            Job("forget-old-drafts", every=300, work=forget_old_drafts),
            Job("say-clocks", every=60, work=say_clocks),
            Job("follow-concerns", every=30, work=partial(_follow_concerns, settings.feedback_safeguarding_leads)),
        ],
        responders=RESPONDERS,
        invariants=INVARIANTS,
        templates=Path(__file__).parent / "templates",
    )
    app.state.feedback_limits = {name: Limit(rate) for name, rate in LIMITS.items()}
    return app


async def _follow_concerns(named_by_setting: Sequence[UUID], tx: Transaction) -> None:
    await leads.take_over_setting(tx, named_by_setting)
    await leads.follow_concerns(tx)
