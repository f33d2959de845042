"""`chorus trace`: a claim's whole way, from the attendance form to the mail that says "paid"."""

from __future__ import annotations

import asyncio
from typing import Annotated, Any
from uuid import UUID

import httpx
import typer

from deploy.cli.common import (
    AWAY,
    FOUND_WRONG,
    UNSAID,
    WRONG_USE,
    Directory,
    Json,
    Name,
    fail,
    out,
    print_json,
    reached,
    table,
)
from deploy.cli.containers import Containers
from deploy.client.answers import answer_of
from deploy.local.instance import Instance
from deploy.provisioning.parts import OURS
from services.operators.gateways import Services
from services.operators.told import cause_of, facts_of, kind_of, name_of, way_as_json, who_did
from services.operators.way import Way, claim_in, way_of_claim
from shared.text import counted


def services_of(instance: Instance | Containers) -> Services:
    """The instance's services, asked as the operator's tool."""
    alone = isinstance(instance, Containers)
    return Services(
        {service: instance.url_of(service if alone else "web") for service in OURS}, instance.operator_token()
    )


def trace(
    which: Annotated[str, typer.Argument(metavar="CLAIM", help="The claim's number, or the address of its page.")],
    name: Name = UNSAID,
    directory: Directory = None,
    as_json: Json = False,
) -> None:
    """Show a claim's whole way: every service, event, change, message and payment, with who, when and why.

    Exit code 0 if the way is whole, 1 if a part or a cause is missing or there is no such claim, 3 if no service
    answers.
    """
    try:
        claim = claim_in(which)
    except ValueError as why:
        fail(f"{why}.", WRONG_USE, as_json=as_json)
    instance = reached(name, directory, as_json=as_json)
    way = asyncio.run(way_of_claim(services_of(instance).fetch, claim))
    if set(way.silent) == set(OURS):
        fail(
            f"{instance.facts.organisation_name} does not answer at {instance.local_url}. Its logs say why.",
            AWAY,
            as_json=as_json,
        )
    if not way.steps and not way.silent:
        fail(f"No service knows a claim {claim}.", FOUND_WRONG, as_json=as_json)
    spans = _spans(instance, claim)
    if as_json:
        print_json(way_as_json(claim, way) | {"spans": spans})
    else:
        _show(claim, way, spans)
    raise typer.Exit(0 if way.whole else FOUND_WRONG)


def _spans(instance: Instance | Containers, claim: UUID) -> dict[str, Any] | None:
    """The spans that the operator's app received for it; None if that does not answer, because the way does not
    depend on it."""
    headers = {"authorization": f"Bearer {instance.operator_token()}"}
    try:
        response = httpx.get(
            f"{instance.url_of('operator')}/operator/api/claims/{claim}", headers=headers, timeout=20, trust_env=False
        )
    except httpx.HTTPError:
        return None
    return (answer_of(response) or {}).get("spans") if response.status_code == 200 else None


def _show(claim: UUID, way: Way, spans: dict[str, Any] | None) -> None:
    shown = table("when", "service", "what", "who", "cause", "trace", title=f"The way of claim {claim}")
    for step in way.steps:
        what = f"{name_of(step)} ({kind_of(step)})" + (f"\n{facts_of(step)}" if step.facts else "")
        shown.add_row(
            f"{step.at:%d %b %H:%M:%S.%f}"[:-3],
            step.service,
            what,
            who_did(step),
            cause_of(step, way),
            step.trace_id,
        )
    out.print(shown, markup=False)
    for problem in way.problems():
        out.print(problem, style="red", markup=False)
    if way.whole:
        out.print(
            f"The way is whole: each of its {len(way.steps)} steps has its cause, back to a beginning.", style="green"
        )
    if spans is None:
        out.print("The operator's app does not answer, so nothing is said of its spans.", style="dim")
    else:
        joined = "one graph" if spans["graphs"] == 1 else f"{spans['graphs']} graphs"
        out.print(
            f"Received of it: {counted(spans['received'], 'span')} in {counted(len(spans['traces']), 'trace')}; "
            f"parents and links join them to {joined}."
        )
