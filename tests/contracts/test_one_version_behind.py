"""An organisation, or one of its services, that is one event version behind or ahead of another keeps working.

previous/ holds the schemas of the release before this one. Those of what crosses between organisations, which that
release had not, stand there without their optional fields: as an organisation would know them that took them up before
a field was added. At a release: cp tests/contracts/schemas/*.json tests/contracts/previous/
"""

import json
import re
from datetime import UTC, datetime
from pathlib import Path
from types import SimpleNamespace
from typing import Any
from uuid import UUID

import jsonschema
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from pydantic import BaseModel, ValidationError

from services.gateway import arriving, sealing
from services.gateway.crossings import ARRIVING, LEAVING, content_of
from services.gateway.egress import Egress
from services.gateway.keys import new_network_keys, read_keys
from services.gateway.organisations import AnnouncedOrganisation
from services.gateway.sealed_messages import SealedMessage
from shared.db import new_id
from shared.events import EVENTS, Event
from shared.events.base import Addressed, Crossing, Fact, Public
from tests.contracts.building import one_behind, written_by

SCHEMAS = {
    path.stem: json.loads(path.read_text()) for path in sorted((Path(__file__).parent / "schemas").glob("*.json"))
}
PREVIOUS = {
    path.stem: json.loads(path.read_text()) for path in sorted((Path(__file__).parent / "previous").glob("*.json"))
}
CONTENTS: dict[str, type[Fact]] = {model.__name__: model for event in LEAVING.values() if (model := content_of(event))}
quick = settings(
    max_examples=10,
    deadline=None,
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much],
    derandomize=True,
)
"""The same values each time: what is looked at is the schemas, not luck."""


def complaints_of_the_older(schema: dict[str, Any], body: str) -> list[str]:
    """What a consumer that knows an older schema says of a body; fields that it does not know it passes over."""
    assert "additionalProperties" not in json.dumps(schema)
    checker = jsonschema.Draft202012Validator(schema, format_checker=jsonschema.FormatChecker())
    return [f"{error.json_path}: {error.message}" for error in checker.iter_errors(json.loads(body))]


def holds(whole: Any, part: Any) -> bool:
    """Everything that part says, whole says too."""
    if isinstance(part, dict):
        return isinstance(whole, dict) and all(
            name in whole and holds(whole[name], value) for name, value in part.items()
        )
    if isinstance(part, list):
        return isinstance(whole, list) and len(whole) == len(part) and all(map(holds, whole, part))
    return whole == part or (isinstance(part, str) and bool(MOMENT.fullmatch(part)) and whole == f"{part[:-6]}Z")


MOMENT = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d(?:\.\d+)?\+00:00")
"""Pydantic writes Z for UTC."""


def test_a_text_that_ends_like_a_moment_is_not_one():
    assert holds({"a": "2026-11-29T09:00:00Z"}, {"a": "2026-11-29T09:00:00+00:00"})
    for text in ("at 09:00:00+00:00", "+00:00"):
        assert holds({"a": text}, {"a": text})
        assert not holds({"a": text.replace("+00:00", "Z")}, {"a": text})


def test_each_event_of_the_previous_release_is_still_there():
    assert PREVIOUS.keys() <= EVENTS.keys()
    crossing = {subject for subject, event in EVENTS.items() if issubclass(event, Crossing)}
    assert crossing <= PREVIOUS.keys()


@pytest.mark.parametrize("subject", sorted(PREVIOUS))
@quick
@given(data=st.data())
def test_what_the_previous_release_says_is_understood_and_nothing_of_it_is_lost(subject: str, data: st.DataObject):
    said = data.draw(written_by(PREVIOUS[subject]))
    event = EVENTS[subject].model_validate_json(json.dumps(said))
    assert holds(json.loads(event.model_dump_json()), said)


@pytest.mark.parametrize("subject", sorted(PREVIOUS))
@quick
@given(data=st.data())
def test_what_we_say_is_understood_by_the_previous_release(subject: str, data: st.DataObject):
    event = EVENTS[subject].model_validate_json(json.dumps(data.draw(written_by(SCHEMAS[subject]))))
    assert complaints_of_the_older(PREVIOUS[subject], event.model_dump_json()) == []


def test_the_older_consumer_sees_what_it_would_not_understand():
    said = {"person_id": str(new_id()), "roles": ["participant"], "version": 1, "something_new": True}
    schema = PREVIOUS["people.person-changed.v1"]
    assert complaints_of_the_older(schema, json.dumps(said)) == []
    for wrong in ({"roles": "participant"}, {"version": "one"}, {"person_id": "me"}):
        assert complaints_of_the_older(schema, json.dumps(said | wrong)) != []
    assert (
        complaints_of_the_older(schema, json.dumps({name: value for name, value in said.items() if name != "roles"}))
        != []
    )


def test_a_schema_one_behind_lacks_what_is_optional_also_inside():
    class Part(BaseModel):
        kept: int
        added: int = 0

    class Whole(BaseModel):
        parts: list[Part]
        added: str = ""

    older = one_behind(Whole.model_json_schema())
    assert list(older["properties"]) == ["parts"] and list(older["$defs"]["Part"]["properties"]) == ["kept"]


# Between organisations: the gateway


US, THEM = "sun", "viewpoint"
AHEAD = {"something_new": {"of": "the next release"}}


@pytest.fixture(scope="module")
def keys(tmp_path_factory: pytest.TempPathFactory) -> SimpleNamespace:
    """Both organisations' keys, and our ring, in which theirs are pinned."""
    folder = tmp_path_factory.mktemp("keys")
    for name in (US, THEM):
        (folder / name).write_text(new_network_keys())
    ours, theirs = read_keys(folder / US), read_keys(folder / THEM)
    now = datetime.now(UTC)
    held = AnnouncedOrganisation(
        THEM,
        "Viewpoint",
        "https://viewpoint.example",
        theirs.current.public,
        1,
        now,
        now,
        None,
        None,
        None,
        False,
        None,
    )
    ring = SimpleNamespace(
        own=ours, organisations={THEM: held}, of=lambda name: theirs.current.public if name == THEM else None
    )
    return SimpleNamespace(theirs=theirs, ring=ring)


def leaves(subject: str, said: dict[str, Any]) -> Event:
    """Through our gateway's check on the way out."""
    return Egress.read(subject, json.dumps(said).encode())


def arrives(
    keys: SimpleNamespace, event: type[Crossing], said: dict[str, Any], content: dict[str, Any] | None = None
) -> Event:
    """Through our gateway's check on the way in, public or sealed, then as a service of ours reads it."""
    body, event_id = json.dumps(said).encode(), new_id()
    subject = f"network.{THEM}.public.{event.name}.v1"
    if issubclass(event, Addressed):
        subject = f"network.{THEM}.to.{US}.sealed.v1"
        body = sealed(keys, event, said, content, event_id)
    admitted = arriving.read(subject, {"ce-id": str(event_id)}, body, us=US, ring=keys.ring)
    assert admitted.subject == ARRIVING[event.name].subject()
    return EVENTS[admitted.subject].model_validate_json(admitted.body)


def sealed(
    keys: SimpleNamespace, event: type[Crossing], said: dict[str, Any], content: dict[str, Any] | None, event_id: UUID
) -> bytes:
    text = json.dumps(content) if content is not None else None
    letter = SealedMessage(
        origin=THEM,
        to=US,
        event_id=event_id,
        name=event.name,
        event=json.dumps(said),
        content=text,
        content_version=1 if text else None,
    )
    ahead = json.dumps(json.loads(letter.model_dump_json()) | AHEAD).encode()
    return sealing.seal(
        ahead,
        letter.enclosed,
        signing_key=keys.theirs.current.signing,
        sealing_key=keys.ring.own.current.public.sealing,
    )


def drawn(data: st.DataObject, event: type[Crossing], *, behind: bool) -> tuple[dict[str, Any], dict[str, Any] | None]:
    """An event and its content as another organisation's release writes them."""
    said: dict[str, Any] = data.draw(written_by(PREVIOUS[event.subject()] if behind else SCHEMAS[event.subject()]))
    if issubclass(event, Addressed):
        said["to"] = US
    model = content_of(event)
    if model is None:
        return said, None
    schema = model.model_json_schema()
    return said, data.draw(written_by(one_behind(schema) if behind else schema))


@pytest.mark.parametrize("subject", sorted(LEAVING))
@quick
@given(data=st.data())
def test_net_04_what_an_organisation_one_version_behind_sends_arrives(
    keys: SimpleNamespace, subject: str, data: st.DataObject
):
    said, content = drawn(data, LEAVING[subject], behind=True)
    event = arrives(keys, LEAVING[subject], said, content)
    assert holds(json.loads(event.model_dump_json()), said | {"origin": THEM})


@pytest.mark.parametrize("subject", sorted(LEAVING))
@quick
@given(data=st.data())
def test_net_04_what_an_organisation_one_version_ahead_adds_is_passed_over(
    keys: SimpleNamespace, subject: str, data: st.DataObject
):
    said, content = drawn(data, LEAVING[subject], behind=False)
    event = arrives(keys, LEAVING[subject], said | AHEAD, None if content is None else content | AHEAD)
    assert holds(json.loads(event.model_dump_json()), said | {"origin": THEM})
    assert "something_new" not in event.model_dump_json()


@pytest.mark.parametrize("subject", sorted(LEAVING))
@quick
@given(data=st.data())
def test_net_01_what_the_schema_does_not_name_does_not_leave(subject: str, data: st.DataObject):
    said, _ = drawn(data, LEAVING[subject], behind=False)
    assert leaves(subject, said).subject() == subject
    with pytest.raises(ValidationError):
        leaves(subject, said | AHEAD)


@pytest.mark.parametrize("subject", sorted(subject for subject, event in LEAVING.items() if issubclass(event, Public)))
@quick
@given(data=st.data())
def test_net_01_nor_does_it_hide_inside(subject: str, data: st.DataObject):
    said, _ = drawn(data, LEAVING[subject], behind=False)
    for name, value in said.items():
        if isinstance(value, list) and value and isinstance(value[0], dict):
            with pytest.raises(ValidationError):
                leaves(subject, said | {name: [value[0] | AHEAD, *value[1:]]})


@pytest.mark.parametrize("name", sorted(CONTENTS))
@quick
@given(data=st.data())
def test_net_02_contents_are_understood_by_an_organisation_one_version_behind(name: str, data: st.DataObject):
    schema = CONTENTS[name].model_json_schema()
    content = CONTENTS[name].model_validate(data.draw(written_by(schema)))
    assert complaints_of_the_older(one_behind(schema), content.model_dump_json()) == []
