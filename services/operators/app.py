"""Wires the operator's app. Nothing else here imports every other module."""

from pathlib import Path

from fastapi import FastAPI

from services.operators import api, keys, pages
from services.operators.rules import Checking
from services.operators.settings import Settings
from services.operators.spans import Retention
from shared import service
from shared.service import Job, Service

__all__ = ["Settings", "create_app"]


def create_app(settings: Settings) -> FastAPI:
    kept = Retention(settings.span_days, settings.most_spans)
    rules = Checking()
    app = service.create_app(
        Service("operator", settings),
        pages=[pages.router, keys.router, api.receiver],
        api=[api.router],
        jobs=[Job("forget-old-spans", every=600, work=kept.forget)],
        background=[rules.until_the_end],
        templates=Path(__file__).parent / "templates",
    )
    app.state.rules = rules
    return app
