"""Every fact of an event is in the message that tells of it, or here with why it does not: a new field makes
somebody think."""

import re
from pathlib import Path

import pytest

from services.notifications.domain.messages import MESSAGES
from services.notifications.gateways import rendering
from shared.events import EVENTS, Event

KEYS = re.compile(
    r"version|\w+_id|participants?|people|deputy|tell|no_longer|asker|giver|administrators|(?:asked|answered|entered|named)_by|host_name"
)
"""Which thing, whose, who did it and who hears: the page behind the link says it to those who may know, and no mail
names anybody. host_name: the host's short name at the network; people read what it calls itself."""
_OFFER = {
    "kind": "chosen by it (PEO-04), and said on the page",
    "area": "chosen by it (PEO-04); the place itself is said",
    "budget_pence": "ours and the approvers' to know (PAY-11)",
    "commissioner": "on the page",
    "rate_pence": "on the page, with the rest of what is paid",
    "funding": "between organisations (NET-03)",
    "expenses_cap_pence": "between organisations (NET-03)",
}
_ASKED = {"asks_owner": "another message asked them: whether it still stands on their first page"}
_SENT = {"hear_by": "it is how this message came"}
_SOURCE = dict.fromkeys(("source", "marked_as"), "nobody is told in a message what it was raised from (FB-09)")
WHY_NOT: dict[str, dict[str, str]] = {
    "opportunity-created": _OFFER,
    "opportunity-changed": _OFFER
    | {
        "short_notice_reason": "why staff announced it late; of its publishing, not of the change",
    },
    "contact-entered": {"post_changed": "said as one of what", "by_letter": "it decides whether a letter goes"},
    "question-answered": {"by_mail": "it is how the answer goes"},
    "question-finding-out": {"by_mail": "it is how it goes", "set_aside": "it decides who is asked to answer (FB-09)"},
    "claim-opened": {
        "waiting_lines": "each is said, with the sum that waits",
        "agreed": "claim-approved follows, and says it",
    },
    "claim-approved": {"not_agreed_lines": "each is said, with the sum that was not agreed"},
    "claim-withdrawn": {
        "because": "on the page, with what became of each line",
        "recognition": "how they are thanked has not changed",
        "aim_by": "it is decided again: the last day is said, which holds all the same",
        "rest_to_come": "it decides who is asked what, not what is said",
    }
    | _ASKED,
    "claim-owed-again": _ASKED,
    "claim-paid": {"heard_before": "it decides whether they hear it again"} | _ASKED,
    "opportunity-cancelled": {"without_place": "they hear of it in words of their own"},
    "feedback-closed": _SENT | {"on_board": "on the page", "dealt_with": "a message of its own says so"},
    "place-left": {"given_back": "who left the waiting list, or said no to an offer, hears nothing of it"},
    "concern-raised": {"respond_by": "said as due_at", "taken_by": "it decides who is asked"} | _SOURCE,
    "concern-overdue": {"respond_by": "it is over", "taken_by": "it decides who is asked"} | _SOURCE,
}
TOLD = {event.name: event for event in EVENTS.values() if event.owner != "network" and event.name in MESSAGES}


@pytest.mark.parametrize("name", sorted(TOLD))
def test_not_05_what_a_message_leaves_out_of_its_event_is_said_here_with_why(name: str) -> None:
    assert left_out(TOLD[name], (Path(rendering.TEMPLATES) / "messages" / f"{name}.j2").read_text()) == set(
        WHY_NOT.get(name, {})
    )


def left_out(event: type[Event], template: str) -> set[str]:
    return {
        field for field in event.model_fields if not KEYS.fullmatch(field) and not re.search(rf"\b{field}\b", template)
    }


def test_a_fact_that_no_message_says_is_seen() -> None:
    event = TOLD["claim-refused"]
    assert {field for field in event.model_fields if not KEYS.fullmatch(field)} == left_out(event, "Hello.") != set()
