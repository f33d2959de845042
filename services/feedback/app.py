"""Wires the feedback service. The only file that knows all the others."""

from pathlib import Path

from fastapi import FastAPI

from services.feedback import api
from services.feedback.consumers import RESPONDERS, consumers
from services.feedback.gateways import Limit
from services.feedback.invariants import INVARIANTS
from services.feedback.pages import give, giver, safeguarding, staff
from services.feedback.settings import Settings
from services.feedback.use_cases.giving import forget_old_drafts
from shared import service as house
from shared.service import Job, Service

__all__ = ["Settings", "create_app"]

LIMITS = {"start": "240 per hour", "give": "60 per hour", "look-up": "20 per 10 minutes"}
"""For one address: many people may share one (a ward, a library)."""


def create_app(settings: Settings) -> FastAPI:
    app = house.create_app(
        Service("feedback", settings),
        pages=[give.router, giver.router, safeguarding.router, staff.router],
        api=[api.router],
        consumers=consumers,
        jobs=[Job("forget-old-drafts", every=300, work=forget_old_drafts)],
        responders=RESPONDERS,
        invariants=INVARIANTS,
        templates=Path(__file__).parent / "templates",
    )
    app.state.feedback_limits = {name: Limit(rate) for name, rate in LIMITS.items()}
    return app
