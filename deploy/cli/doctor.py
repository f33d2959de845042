"""`chorus doctor`: ask every service how it is, and whether what must always hold does."""

from __future__ import annotations

from typing import Any

import httpx
import typer

from deploy.cli.common import (
    AWAY,
    FOUND_WRONG,
    UNSAID,
    Directory,
    Json,
    Name,
    fail,
    operator_client,
    out,
    print_json,
    reached,
    table,
)
from deploy.cli.containers import Containers
from deploy.client.answers import answer_of
from deploy.local.instance import Instance
from deploy.provisioning.parts import OURS
from services.operators.domain import who_is_behind
from services.operators.gateways import RULES_SECONDS


def doctor(name: Name = UNSAID, directory: Directory = None, as_json: Json = False) -> None:
    """Check a running organisation: each service's health, its dead letters, that every invariant holds, and that
    business time is the same in all.

    Exit code 1 if anything is not as it must be, 3 if no service answers.
    """
    instance = reached(name, directory, as_json=as_json)
    with operator_client(instance) as client:
        findings = [examine(client, service) for service in OURS]
    say_who_is_behind(findings)
    if not any(finding["answers"] for finding in findings):
        fail(_away(instance), AWAY, as_json=as_json)
    well = all(not finding["problems"] for finding in findings)
    if as_json:
        print_json({"well": well, "services": findings})
    else:
        _show(findings)
        out.print(
            "All is well." if well else "Something is not as it must be; see above.", style="green" if well else "red"
        )
    raise typer.Exit(0 if well else FOUND_WRONG)


def examine(client: httpx.Client, service: str) -> dict[str, Any]:
    """What one service reports: whether it answers, how many invariants were checked, and a sentence for each
    problem."""
    finding: dict[str, Any] = {
        "service": service,
        "answers": False,
        "checked": 0,
        "dead_letters": 0,
        "outbox_waiting": 0,
        "problems": [],
    }
    problems: list[str] = finding["problems"]
    try:
        state = client.get(f"/{service}/operator/state")
    except httpx.TransportError:
        problems.append("does not answer")
        return finding
    try:
        invariants = client.get(f"/{service}/operator/invariants", timeout=RULES_SECONDS)
    except httpx.TransportError:
        problems.append(f"answers, but its rules could not be checked within {RULES_SECONDS:.0f} seconds")
        return finding | {"answers": True}
    if state.status_code != 200 or invariants.status_code != 200:
        problems.append(f"answers with {state.status_code} and {invariants.status_code}")
        return finding
    told, checked = answer_of(state), answer_of(invariants)
    finding |= {
        "answers": True,
        "checked": checked["checked"],
        "dead_letters": told["dead_letters"],
        "outbox_waiting": told["outbox_waiting"],
        "business_offset_seconds": told.get("business_offset_seconds"),
    }
    problems += [f"{check}: {how}" for check, how in told["checks"].items() if how != "ok"]
    problems += [f"does not hold: {sentence} ({', '.join(ids)})" for sentence, ids in checked["broken"].items()]
    if told["dead_letters"]:
        problems.append(f"{told['dead_letters']} dead letters wait for someone (chorus dead-letters list)")
    return finding


def say_who_is_behind(findings: list[dict[str, Any]]) -> None:
    behind = who_is_behind({finding["service"]: finding.get("business_offset_seconds") for finding in findings})
    for finding in findings:
        if finding["service"] in behind:
            finding["problems"].append(behind[finding["service"]])


def _show(findings: list[dict[str, Any]]) -> None:
    shown = table("service", "answers", "invariants checked", "events waiting", "dead letters", "problems")
    for finding in findings:
        problems = "\n".join(finding["problems"]) or "none"
        numbers = [str(finding[key]) for key in ("checked", "outbox_waiting", "dead_letters")]
        shown.add_row(finding["service"], "yes" if finding["answers"] else "no", *numbers, problems)
    out.print(shown)


def _away(instance: Instance | Containers) -> str:
    return f"{instance.facts.organisation_name} does not answer at {instance.local_url}. Its logs say why."
