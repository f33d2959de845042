"""What is read out to somebody whom no message reaches: it sends them to no page, because they have none (NOT-08)."""

import re
from collections.abc import Iterator
from datetime import date
from itertools import islice, product
from pathlib import Path
from typing import Any

import pytest

from services.notifications.domain.messages import MESSAGES
from services.notifications.gateways import letters, rendering
from tests.notifications.texts import FACTS, SETTINGS, draft, words

RUNG = sorted(name for name, message in MESSAGES.items() if message.rung)
MOST = 600
"""Ways to say a message that are tried of each; those with more are tried in equal steps."""
ONLY_ON_A_PAGE = re.compile(
    r"\bpages?\b|\bopen\b|\bsign(?:ed)? in\b|\bclick\b|\btick\b|\bscreen\b|\bcalendar file\b"
    r"|\bthis (?:e?mail|message)\b"
    r"|\byou can read\b|\bread (?:why|our|the|more|about)\b|\bplease read\b|\b(?:us so|us|receipt|back|give it) there\b"
    r"|\bhere is our answer\b",
    re.IGNORECASE,
)
OTHERWISE: dict[str, tuple[Any, ...]] = {
    "because": ("", "receipt", "correction", "another-look", "nothing-left", "register", "lost", "taken-back"),
    "else_because": ("", "rest", "reopened"),
    "mode": ("in-person", "online", "both"),
    "host": ("", "SUN"),
    "help_asked": ("no", "waits", "answered"),
    "ending": ("used", "not-used", "joined", "thanked"),
    "recognition": ("bank-transfer", "vouchers", "award"),
    "rest_recognition": (None, "vouchers"),
    "rest_pence": (500,),
    "amount_pence": (2090, 0),
    "not_agreed_pence": (0, 450),
    "waiting_lines": (0, 1),
    "pay_by": (date(2026, 12, 12), None),
    "aim_by": (date(2026, 12, 7), None),
    "changed": (["time"], ["place", "contact", "purpose"]),
    "answer_by": (None, FACTS["answer_by"]),
    "title": (FACTS["title"], ""),
    "paid": (True, False),
}


def ways_to_say(template: str, most: int = MOST) -> Iterator[dict[str, Any]]:
    """Every choice that its file makes by a fact, with every other."""
    source = (Path(rendering.TEMPLATES) / "messages" / f"{template}.j2").read_text()
    for name, macro in (("recognition", "comes_to"), ("recognition", "came(")):
        source += f" {name}" if macro in source else ""
    named = [name for name in FACTS if re.search(rf"\b{name}\b", source)]
    said = {
        name: OTHERWISE.get(name, (False, True) if isinstance(FACTS[name], bool) else (FACTS[name],)) for name in named
    }
    together = list(product(*said.values()))
    for values in islice(together, 0, None, max(1, len(together) // most)):
        facts = dict(zip(said, values, strict=True))
        if facts.get("amount_pence") or facts.get("recognition", "award") == "award":
            yield facts


def read_out(template: str, version: str, **facts: Any) -> rendering.Letter:
    return letters.full_letter(draft(template, version, **facts), SETTINGS, by_phone=True)


@pytest.mark.parametrize("version", ["plain", "easy-read"])
@pytest.mark.parametrize("template", RUNG)
def test_not_08_nothing_that_is_read_out_sends_anybody_to_a_page(template: str, version: str):
    for facts in ways_to_say(template):
        found = read_out(template, version, **facts)
        said = words([line for line in found.body if line.shape != "link"])
        assert not (sends := ONLY_ON_A_PAGE.search(f"{found.subject}. {said}")), f"{sends}: {said} {facts}"
