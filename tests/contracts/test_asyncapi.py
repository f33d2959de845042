"""Each service's AsyncAPI document is valid and says what the service says and hears."""

import json
from importlib import import_module
from pathlib import Path

import jsonschema
import pytest

from shared.messaging.asyncapi import document
from shared.messaging.handling import Consumers

SCHEMA = json.loads((Path(__file__).parent / "vendor" / "asyncapi-3.0.0.json").read_text())
"""From the npm package @asyncapi/specs (Apache-2.0), unchanged but for white space."""


@pytest.mark.parametrize("service", ["people", "opportunities", "payments", "feedback", "notifications"])
def test_the_asyncapi_document_is_valid(service: str):
    consumers = getattr(import_module(f"services.{service}.consumers"), "consumers", Consumers(service))
    written = document(service, "1", consumers)
    jsonschema.validate(written, SCHEMA)
    assert {operation["action"] for operation in written["operations"].values()} <= {"send", "receive"}
    assert len(written["operations"]) >= 2
