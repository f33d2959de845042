"""Whatever moves money, changes who may, or shows bank details asks for the second factor again after 15 minutes: one
list, every service."""

import inspect
from collections.abc import Iterator
from importlib import import_module
from typing import Any

import pytest
from fastapi import APIRouter, Depends, FastAPI
from fastapi.routing import RouteContext

from deploy.local.instance import Instance
from deploy.provisioning.parts import package_of
from shared.identity import WITH_FACTOR, Role, only
from tests.architecture.test_access import PARTS, instance, routes_of

__all__ = ["instance"]

ONLY_ASKS = ("/operator/steps", "/operator/claims")
"""Posts that change nothing: the question has no place in an address."""
GIVES_OUT = (
    "/payments/confirm-details",
    "/payments/runs/{run_id}/bank-file.xml",
    "/payments/runs/{run_id}/bank-file.csv",
    "/payments/runs/{run_id}/vouchers.csv",
)
"""What is fetched and shows bank details, or whom vouchers go to."""


def staff_only(route: RouteContext) -> Any:
    """The dependency that lets roles with a second factor in and nobody else; None for another route."""
    effective: Any = route._effective_route
    waiting = list(effective.dependant.dependencies)
    while waiting:
        dependant = waiting.pop()
        roles = getattr(dependant.call, "roles", None)
        if roles:
            return dependant.call if roles <= WITH_FACTOR else None
        waiting += dependant.dependencies
    return None


def needs_it(route: RouteContext) -> bool:
    """Every post that only those may send who move money, keep the system or give roles; and what opens or shows bank
    details."""
    path = str(route.path)
    if set(route.methods or ()) - {"GET", "HEAD"}:
        return not path.endswith(ONLY_ASKS)
    original: Any = route.original_route
    return path in GIVES_OUT or ".vault" in inspect.getsource(original.endpoint)


def without_it(app: FastAPI) -> Iterator[str]:
    for route in routes_of(app):
        may = staff_only(route)
        if may is not None and needs_it(route) and not may.recently:
            yield f"{sorted(route.methods or ())} {route.path}"


def made(part: str, instance: Instance) -> FastAPI:
    module: Any = import_module(f"{package_of(part)}.app")
    return module.create_app(module.Settings.load(instance.env_file(part)))


@pytest.mark.parametrize("part", PARTS)
def test_what_moves_money_or_changes_who_may_asks_for_a_recent_second_step(part: str, instance: Instance):
    """Issue: recharges, cancelled runs, approvals, their withdrawal, safeguarding leads and imports did not ask."""
    assert list(without_it(made(part, instance))) == []


def test_the_list_holds_what_it_is_about(instance: Instance):
    """Were it empty, the test above would say nothing."""
    needing = {
        str(route.path)
        for part in PARTS
        for route in routes_of(made(part, instance))
        if staff_only(route) is not None and needs_it(route)
    }
    assert needing >= {
        "/payments/approve/{claim_id}",
        "/payments/approve/{claim_id}/refuse",
        "/payments/withdraw/{claim_id}",
        "/payments/runs",
        "/payments/runs/{run_id}/sent",
        "/payments/runs/{run_id}/cancel",
        "/payments/recharges/statements/{statement_id}/paid",
        "/payments/recharges/statements/{statement_id}/take-theirs",
        "/payments/api/import/rates",
        "/people/api/import/people",
        "/people/staff/people/{person_id}/roles",
        "/people/staff/people/{person_id}/second-step",
        "/people/staff/people/{person_id}/second-step/answer",
        "/feedback/staff/safeguarding/leads",
        "/gateway/operator/keys/{name}/trust",
        *GIVES_OUT,
    }


def test_a_new_route_that_forgets_it_is_seen():
    router = APIRouter()

    @router.post("/payments/give-away", dependencies=[Depends(only(Role.FINANCE))])
    async def forgets() -> None: ...

    @router.post("/payments/give", dependencies=[Depends(only(Role.FINANCE, recently=True))])
    async def asks() -> None: ...

    @router.post("/opportunities/write", dependencies=[Depends(only(Role.COORDINATOR, Role.OPERATOR))])
    async def of_coordinators() -> None: ...

    app = FastAPI()
    app.include_router(router)
    assert list(without_it(app)) == ["['POST'] /payments/give-away"]
