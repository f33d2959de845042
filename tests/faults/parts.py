"""Bringing back what a fault test killed, and what must be so afterwards."""

import httpx

from deploy.local.runner import PythonPart, RunningOrganisation
from deploy.provisioning.parts import OURS


def back(organisation: RunningOrganisation, *parts: str) -> None:
    """Start what was killed and wait until every service is ready again."""
    lost = [organisation.parts[part] for part in parts]
    for part in lost:
        if not isinstance(part, PythonPart):
            part.start()
    for part in lost:
        if isinstance(part, PythonPart):
            part.begin()
    for part in organisation.parts.values():
        if isinstance(part, PythonPart):
            part.wait_until_ready()


def assert_all_is_well(operator: httpx.Client) -> None:
    """Nothing waits or is parked, and what must always hold does: no claim paid twice, the ledger at zero, no
    attendance without a claim ..."""
    for part in OURS:
        state = operator.get(f"/{part}/operator/state").json()
        assert (state["outbox_waiting"], state["dead_letters"]) == (0, 0), state
        invariants = operator.get(f"/{part}/operator/invariants").json()
        assert invariants["checked"] > 0 or part == "gateway", f"{part} checks nothing"
        assert invariants["broken"] == {}, f"{part}: {invariants['broken']}"
