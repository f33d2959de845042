"""The rules of signing in, without a database."""

import hashlib
import hmac
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from services.people.domain.joining import JOINING_MINUTES
from services.people.domain.sign_in import (
    CODE_TRIES,
    CodeAsked,
    code_runs_out_at,
    hash_of_code,
    reasons_not_to_sign_in,
    sign_in_ends_at,
    sign_in_lasts,
    typed_code,
)

NOON = datetime(2026, 11, 22, 12, tzinfo=UTC)
ID = UUID("01890000-0000-7000-8000-000000000001")


# Signing in


def asked(**changes: Any) -> CodeAsked:
    row: dict[str, Any] = {"expires_at": NOON + timedelta(minutes=10), "tries": 0, "used": False, "person_known": True}
    return CodeAsked(**row | changes)


RUN_OUT = "This code has run out. Ask for a new one."
WRONG = "That is not the code we sent. Check your newest email from us and try again."


def test_the_right_code_in_time_signs_in() -> None:
    assert reasons_not_to_sign_in(asked(), right=True, now=NOON) == []


@pytest.mark.parametrize(
    ("changes", "right", "text"),
    [
        ({}, False, WRONG),
        ({"tries": 4}, False, WRONG),
        ({"person_known": False}, False, WRONG),
        ({"person_known": False}, True, WRONG),
        ({"tries": 5}, True, RUN_OUT),
        ({"tries": 6}, True, RUN_OUT),
        ({"used": True}, True, RUN_OUT),
        ({"expires_at": NOON}, True, RUN_OUT),
        ({"expires_at": NOON - timedelta(seconds=1)}, False, RUN_OUT),
    ],
)
def test_a_code_is_refused_alike_whether_or_not_we_know_the_address(
    changes: dict[str, Any], right: bool, text: str
) -> None:
    [reason] = reasons_not_to_sign_in(asked(**changes), right, NOON)
    assert (reason.rule, reason.text, reason.field) == ("SIGN-IN", text, "code")


def test_the_fifth_try_and_the_last_second_still_count() -> None:
    assert reasons_not_to_sign_in(asked(tries=4), right=True, now=NOON) == []
    assert reasons_not_to_sign_in(asked(expires_at=NOON + timedelta(microseconds=1)), right=True, now=NOON) == []


def test_a_code_lasts_ten_minutes_and_a_sign_in_twelve_hours() -> None:
    assert code_runs_out_at(NOON) == NOON + timedelta(minutes=10)
    assert sign_in_ends_at(NOON) == NOON + timedelta(hours=12)
    assert CODE_TRIES == 5
    assert JOINING_MINUTES == 60


def test_a_sign_in_lasts_until_its_end_or_until_somebody_signs_out() -> None:
    assert sign_in_lasts(NOON + timedelta(seconds=1), None, NOON)
    assert not sign_in_lasts(NOON, None, NOON)
    assert not sign_in_lasts(NOON + timedelta(hours=1), NOON, NOON)


def test_a_code_is_hashed_with_the_key_and_for_one_request_alone() -> None:
    hashed = hash_of_code(b"key", ID, "123456")
    assert hashed == hmac.digest(b"key", ID.bytes + b"123456", hashlib.sha256)
    assert hashed != hash_of_code(b"other", ID, "123456")
    assert hashed != hash_of_code(b"key", UUID(int=1), "123456")


@pytest.mark.parametrize("text", ["123456", "123 456", " 123-456 ", "1 2 3 4 5 6"])
def test_a_code_may_be_typed_with_spaces(text: str) -> None:
    assert typed_code(text) == "123456"
