"""Each service's AsyncAPI document is valid and says what the service says, hears and answers."""

import json
import warnings
from importlib import import_module
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from shared.events import EVENTS
from shared.messaging.asyncapi import document
from shared.messaging.broker import answering, make_broker, subscribe
from shared.messaging.handling import Consumers

SCHEMA = json.loads((Path(__file__).parent / "vendor" / "asyncapi-3.0.0.json").read_text())
"""From the npm package @asyncapi/specs (Apache-2.0), unchanged but for white space."""
SERVICES = ["people", "opportunities", "payments", "feedback", "notifications"]


def heard(service: str) -> Consumers:
    return import_module(f"services.{service}.consumers").consumers


def answered(service: str) -> list[str]:
    return [responder.subject for responder in getattr(import_module(f"services.{service}.consumers"), "RESPONDERS", ())]


@pytest.fixture(params=SERVICES)
def service(request: pytest.FixtureRequest) -> str:
    return request.param


@pytest.fixture
def written(service: str) -> dict[str, Any]:
    async def nothing(_: Any) -> Any: ...

    broker = make_broker("nats://somebody:secret@nats.house.example:4222", service, "test")
    for owner, events in heard(service).owners().items():
        subscribe(broker, service=service, owner=owner, events=events, take=nothing)
    broker.include_router(answering(service, [(subject, nothing) for subject in answered(service)]))
    with warnings.catch_warnings():
        warnings.simplefilter("error", RuntimeWarning)  # FastStream warns when one thing of a name replaces another
        return document(service, "1", broker)


def test_the_asyncapi_document_is_valid(written: dict[str, Any]):
    jsonschema.validate(written, SCHEMA)


def test_it_names_all_that_is_said_heard_and_answered(service: str, written: dict[str, Any]):
    found = {"send": set(), "receive": set()}
    for operation in written["operations"].values():
        found[operation["action"]].add(_at(written, operation["channel"]["$ref"])["address"])
    assert found["send"] == {subject for subject, event in EVENTS.items() if event.owner == service}
    assert found["receive"] == {*heard(service).events, *answered(service)}
    assert len(found["send"] | found["receive"]) >= 2


def test_each_event_has_its_own_schema_and_the_headers_of_a_cloud_event(written: dict[str, Any]):
    for channel in written["channels"].values():
        for reference in channel["messages"].values():
            message = _at(written, reference["$ref"])
            if event := EVENTS.get(channel["address"]):
                said, own = _whole(written, message["payload"]), event.model_json_schema()
                assert {**said, "title": ""} == {**_whole(own, own), "title": ""}
                assert "ce-causationid" in _at(written, message["headers"]["$ref"])["required"]


def test_it_does_not_say_where_our_server_is(written: dict[str, Any]):
    assert "house.example" not in json.dumps(written) and "secret" not in json.dumps(written)


def _at(document: Any, reference: str) -> Any:
    for part in reference.removeprefix("#/").split("/"):
        document = document[part]
    return document


def _whole(document: Any, part: Any) -> Any:
    """With every reference replaced by what it leads to."""
    if isinstance(part, list):
        return [_whole(document, each) for each in part]
    if not isinstance(part, dict):
        return part
    if "$ref" in part:
        rest = {key: _whole(document, value) for key, value in part.items() if key != "$ref"}
        return {**_whole(document, _at(document, part["$ref"])), **rest}
    return {key: _whole(document, value) for key, value in part.items() if key != "$defs"}
