"""Wires notifications. Nothing else here imports every other module."""

from pathlib import Path

from fastapi import FastAPI

from services.notifications import api
from services.notifications.consumers import RESPONDERS, consumers
from services.notifications.invariants import INVARIANTS
from services.notifications.pages import calls as calls_pages
from services.notifications.pages import letters, today, unsubscribe
from services.notifications.settings import Settings
from services.notifications.use_cases import answers, calls, posting
from services.notifications.use_cases.delivery import hand_over
from services.notifications.use_cases.due_soon import remind_of_tasks
from services.notifications.use_cases.handover import find_left_over
from services.notifications.use_cases.reminders import remind
from shared import service
from shared.service import Job, Service
from shared.web import site

__all__ = ["Settings", "create_app"]


def create_app(settings: Settings) -> FastAPI:
    return service.create_app(
        Service("notifications", settings),
        pages=[today.router, calls_pages.router, letters.router, unsubscribe.router, site.router],
        api=[api.router],
        consumers=consumers,
        jobs=[
            Job("remind", every=60, work=remind),
            Job("remind-of-tasks", every=60, work=remind_of_tasks),
            Job("find-left-over-messages", every=20, work=find_left_over),
            Job("end-calls-that-are-over", every=60, work=calls.settle_what_is_over),
            Job("ring-what-the-post-misses", every=300, work=posting.ring_what_the_post_misses),
            Job("forget-calls", every=3600, work=lambda tx: calls.forget(tx, settings.calls_kept_days)),
            Job("ask-who-is-reached", every=60, work_outside=calls.ask_who_is_reached),
            Job("find-left-over-answers", every=20, work=answers.find_left_over),
            Job("mail-answers", every=2, work_outside=answers.mail_answers),
            Job("hand-over-messages", every=1, work_outside=hand_over),
        ],
        responders=RESPONDERS,
        invariants=INVARIANTS,
        templates=Path(__file__).parent / "templates",
    )
