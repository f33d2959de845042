"""Wires opportunities."""

from functools import partial
from pathlib import Path

from fastapi import FastAPI

from services.opportunities import api, pages
from services.opportunities.consumers import RESPONDERS, consumers
from services.opportunities.feeds.use_cases import number_what_ended
from services.opportunities.invariants import INVARIANTS
from services.opportunities.listings.use_cases.agreeing import follow_agreements
from services.opportunities.listings.use_cases.listings import forget_withdrawals
from services.opportunities.people.use_cases.copies import ask_who_is_reached
from services.opportunities.places.use_cases.needs import warn_of_unanswered_needs
from services.opportunities.places.use_cases.taking import offer_freed_places
from services.opportunities.questions.use_cases import forget, forget_reaches
from services.opportunities.settings import Settings
from services.opportunities.sharing.use_cases.sharing import refresh_shared
from services.opportunities.work.use_cases import say_what_waits
from shared import service
from shared.service import Job, Service
from shared.web import Limit

__all__ = ["Settings", "create_app"]
QUESTIONS, WITH_DOOR = "60 per hour", "600 per hour"
"""For one connection, as for feedback, since many people may share one (a ward, a library); and while a coordinator's
door is open there."""


def create_app(settings: Settings) -> FastAPI:
    app = service.create_app(
        Service("opportunities", settings),
        pages=pages.ROUTERS,
        api=api.ROUTERS,
        consumers=consumers,
        jobs=[
            Job("offer-freed-places", every=60, work=partial(offer_freed_places, policy=settings.policy)),
            Job("warn-of-unanswered-needs", every=300, work=partial(warn_of_unanswered_needs, policy=settings.policy)),
            Job("say-what-waits", every=60, work=partial(say_what_waits, policy=settings.policy)),
            Job("refresh-shared", every=15, work=partial(refresh_shared, host=settings.host)),
            Job("follow-agreements", every=60, work=partial(follow_agreements, policy=settings.network_policy)),
            Job("forget-withdrawals", every=3600, work=forget_withdrawals),
            Job("ask-who-is-reached", every=60, work_outside=ask_who_is_reached),
            Job("forget-questions", every=3600, work=partial(forget, days=settings.questions_kept_days)),
            Job("forget-where-to-answer", every=3600, work=partial(forget_reaches, days=settings.question_reach_days)),
            Job("number-what-ended", every=60, work=number_what_ended),
        ],
        responders=RESPONDERS,
        invariants=INVARIANTS,
        limits=[QUESTIONS],
        templates=Path(__file__).parent / "templates",
    )
    app.state.questions_limit = Limit("questions", QUESTIONS, with_door=WITH_DOOR)
    return app
