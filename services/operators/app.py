"""Wires the operator's app. Nothing else here imports every other module."""

from pathlib import Path

from fastapi import FastAPI

from services.operators import api, keys, pages
from services.operators.settings import Settings
from services.operators.spans import Retention
from shared import service
from shared.service import Job, Service

__all__ = ["Settings", "create_app"]


def create_app(settings: Settings) -> FastAPI:
    kept = Retention(settings.span_days, settings.most_spans)
    return service.create_app(
        Service("operator", settings),
        pages=[pages.router, keys.router, api.receiver],
        api=[api.router],
        jobs=[Job("forget-old-spans", every=600, work=kept.forget)],
        templates=Path(__file__).parent / "templates",
    )
