"""Each service's AsyncAPI document is valid and says what the service says, hears and answers."""

import json
import warnings
from importlib import import_module
from pathlib import Path
from typing import Any

import jsonschema
import pytest

from deploy.provisioning.parts import OURS
from services.gateway.app import owners_of_contents, what_crosses
from shared.events import EVENTS
from shared.messaging.asyncapi import document
from shared.messaging.handling import Consumers
from tests.messaging.support import SEEN, Listener
from tests.support.apps import running

SCHEMA = json.loads((Path(__file__).parent / "vendor" / "asyncapi-3.0.0.json").read_text())
"""From the npm package @asyncapi/specs (Apache-2.0), unchanged but for white space."""


def heard(service: str) -> Consumers:
    if service == "gateway":
        return what_crosses()
    return import_module(f"services.{service}.consumers").consumers


def answered(service: str) -> list[str]:
    if service == "gateway":
        return [f"gateway.contents.{owner}" for owner in owners_of_contents()]
    return [
        responder.subject for responder in getattr(import_module(f"services.{service}.consumers"), "RESPONDERS", ())
    ]


@pytest.fixture(params=OURS)
def service(request: pytest.FixtureRequest) -> str:
    return request.param


@pytest.fixture
def written(service: str) -> dict[str, Any]:
    with warnings.catch_warnings():
        warnings.simplefilter("error", RuntimeWarning)  # FastStream warns when one thing of a name replaces another
        return document(service, "1", heard(service), answered(service))


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
    assert "servers" not in written and "nats://" not in json.dumps(written)


async def test_a_running_service_shows_it(folder: Path, postgres, nats_server):
    listener = Listener(folder, postgres.bare_database("payments", SEEN), nats_server)
    async with running(listener.app) as client:
        shown = (await client.get("/payments/api/asyncapi.json")).json()
    jsonschema.validate(shown, SCHEMA)
    heard = {
        channel["address"] for channel in shown["channels"].values() if not channel["address"].startswith("payments.")
    }
    assert heard == {"opportunities.place-taken.v1", "people.session-ended.v1"}


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
