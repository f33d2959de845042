"""Reads an organisation's business time from its services and moves it; only a demo or test allows that."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import httpx

from deploy.client.answers import answer_of
from deploy.provisioning.parts import OURS


class ClockProblem(Exception):
    """Business time could not be read or moved; the text says why."""


def business_times(client: httpx.Client, services: tuple[str, ...] = OURS) -> dict[str, datetime]:
    """Each running service's business time. Raises ClockProblem when none answers."""
    times = {}
    for service in services:
        try:
            response = client.get(f"/{service}/operator/state")
        except httpx.TransportError:
            continue
        if response.status_code == 200:
            times[service] = datetime.fromisoformat(answer_of(response)["business_time"])
    if not times:
        raise ClockProblem("No service answers. The organisation's logs say why.")
    return times


def move(client: httpx.Client, to: datetime) -> dict[str, Any]:
    """Move every running service's business time on to a moment; due jobs run at once. Raises ClockProblem."""
    times = business_times(client)
    offset = int((to - datetime.now(UTC)).total_seconds())
    moved = {}
    for service in times:
        response = client.post(f"/{service}/operator/clock", json={"offset_seconds": offset})
        if response.status_code != 200:
            told = answer_of(response) or {}
            why = (
                told.get("detail")
                or "; ".join(reason.get("text", "") for reason in told.get("reasons", []))
                or f"it answered {response.status_code}"
            )
            raise ClockProblem(f"{service} did not move its business time: {why}")
        moved[service] = answer_of(response)["business_time"]
    return moved
