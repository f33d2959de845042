"""The stored schemas are the ratchet: an event may gain optional fields, and nothing else.

To store the schema of a new event, or of one that gained a field: CHORUS_STORE_SCHEMAS=1 pytest tests/contracts
"""

import json
import os
from pathlib import Path
from typing import Any

import pytest
from pydantic import BaseModel

from shared.events import EVENTS, Event

STORED = Path(__file__).parent / "schemas"


def breaking_changes(old: dict[str, Any], new: dict[str, Any]) -> list[str]:
    """What of a JSON schema's promise to consumers the new one breaks."""
    broken = []
    for name, definition in old.get("$defs", {}).items():
        broken += [f"{name}: {what}" for what in breaking_changes(definition, new.get("$defs", {}).get(name, {}))]
    for field, schema in old.get("properties", {}).items():
        now = new.get("properties", {}).get(field)
        if now is None:
            broken.append(f"{field} is gone")
        elif {**schema, "description": ""} != {**now, "description": ""}:
            broken.append(f"{field} has changed")
    broken += [
        f"{field} is newly required" for field in new.get("required", []) if field not in old.get("properties", {})
    ]
    broken += [
        f"{field} is no longer promised" for field in old.get("required", []) if field not in new.get("required", [])
    ]
    return broken


@pytest.mark.parametrize("subject", sorted(EVENTS))
def test_an_event_keeps_what_its_stored_schema_promises(subject: str):
    path = STORED / f"{subject}.json"
    schema = EVENTS[subject].model_json_schema()
    if os.environ.get("CHORUS_STORE_SCHEMAS"):
        path.write_text(json.dumps(schema, indent=2, sort_keys=True) + "\n")
    assert path.exists(), f"{subject} has no stored schema: store it (see the top of this file)"
    stored = json.loads(path.read_text())
    assert breaking_changes(stored, schema) == []
    assert stored == schema, f"{subject} gained a field: store its schema, so that it can't be lost again"


def test_no_stored_schema_is_without_its_event():
    assert {path.stem for path in STORED.glob("*.json")} == set(EVENTS)


def test_the_ratchet_sees_a_field_removed_changed_or_newly_required():
    class Before(BaseModel):
        kept: int
        text: str = ""

    class Removed(BaseModel):
        text: str = ""

    class Changed(BaseModel):
        kept: str
        text: str = ""

    class Required(BaseModel):
        kept: int
        text: str = ""
        more: int

    class Gained(BaseModel):
        kept: int
        text: str = ""
        more: int = 0

    Removed.__name__ = Changed.__name__ = Required.__name__ = Gained.__name__ = "Before"
    before = Before.model_json_schema()
    assert breaking_changes(before, Removed.model_json_schema()) == ["kept is gone", "kept is no longer promised"]
    assert breaking_changes(before, Changed.model_json_schema()) == ["kept has changed"]
    assert breaking_changes(before, Required.model_json_schema()) == ["more is newly required"]
    assert breaking_changes(before, Gained.model_json_schema()) == []


@pytest.mark.parametrize("event", EVENTS.values(), ids=lambda event: event.__name__)
def test_no_event_has_a_field_for_personal_data(event: type[Event]):
    personal = {
        "name",
        "known_as",
        "email",
        "phone",
        "address",
        "postcode",
        "account",
        "sort_code",
        "needs",
        "need",
        "interests",
        "comment",
        "note",
    }
    assert not personal & set(event.model_fields)


def test_the_briefs_four_names_are_fixed():
    names = {event.name for event in EVENTS.values()}
    assert {"opportunity-created", "attendance-recorded", "claim-paid", "feedback-closed"} <= names
