import json
import subprocess
import sys
import time

import pytest
from opentelemetry.propagate import get_global_textmap

from shared.telemetry import redact, redact_text, tracer_provider


@pytest.mark.parametrize(
    "text",
    [
        "ada@example.org",
        "Ada <ada.l+x@mail.example.co.uk>",
        "ring 07700 900123",
        "ring +44 7700 900123",
        "on 01632-960-123",
    ],
)
def test_what_looks_like_an_address_or_a_number_is_never_logged(text: str):
    shown = redact_text(text)
    assert "[redacted]" in shown
    assert "example" not in shown
    assert "900" not in shown
    assert "960" not in shown


def test_a_long_line_is_looked_through_once():
    """A header of 64 KB that gets into a log line took five seconds, for everybody."""
    started = time.process_time()
    assert redact_text("x" * 200_000) == "x" * 200_000
    assert redact_text("x" * 200_000 + "@example.org") == "[redacted]"
    assert time.process_time() - started < 5


def test_a_callers_baggage_is_not_taken_on():
    tracer_provider("payments", "test", "1").shutdown()
    assert get_global_textmap().fields == {"traceparent", "tracestate"}


def test_ids_and_amounts_are_logged_as_they_are():
    line = {"event": "claim-paid", "claim": "019ab0c1-7700-7900-8123-000000000000", "pence": 1250}
    assert redact(None, "info", dict(line)) == line


def test_personal_fields_are_never_logged_whatever_a_caller_passes():
    assert redact(None, "info", {"name": "Ada", "need": "quiet space"}) == {"name": "[redacted]", "need": "[redacted]"}


def test_an_exceptions_text_is_not_logged_but_its_kind_and_place_are():
    script = """
import structlog
from shared.telemetry import configure_logging
configure_logging()
try:
    int("ada@example.org is not a number")
except ValueError:
    structlog.get_logger("x").exception("parse-failed")
import logging
logging.getLogger("other").error("failed for %s", "ada@example.org", exc_info=ValueError("secret words"))
"""
    lines = subprocess.run(
        [sys.executable, "-c", script], capture_output=True, text=True, timeout=30, check=True
    ).stderr.splitlines()
    first, second = (json.loads(line) for line in lines)
    assert first["exception"] == "ValueError"
    assert "ada" not in "".join(lines)
    assert "secret" not in "".join(lines)
    assert second["event"] == "failed for [redacted]"
