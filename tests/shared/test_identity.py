import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from uuid import uuid4

import pytest
from fastapi import Request
from joserfc import jwt

from shared.identity import (
    TOKEN_LIFE,
    NotSignedIn,
    Role,
    SignIn,
    SignInKeys,
    anyone,
    cookie_name,
    issue_token,
    new_signing_key,
    public_key_set,
)


@pytest.fixture
def sign_in() -> SignIn:
    return SignIn(uuid4(), uuid4(), frozenset({Role.PARTICIPANT, Role.APPROVER}), acting_for=uuid4())


@pytest.fixture
def key():
    return new_signing_key()


@pytest.fixture
def keys(folder, key) -> SignInKeys:
    path = folder / "keys.json"
    path.write_text(json.dumps(public_key_set(key)))
    return SignInKeys(path, "sun")


def test_a_token_says_who_signed_in_and_nothing_personal(key, keys, sign_in):
    token = issue_token(key, "sun", sign_in)
    assert keys.sign_in_of(token) == sign_in


def test_a_token_that_has_run_out_can_be_renewed(key, keys, sign_in):
    with pytest.raises(NotSignedIn) as refused:
        keys.sign_in_of(issue_token(key, "sun", sign_in, life=timedelta(seconds=-1)))
    assert refused.value.expired


@pytest.mark.parametrize("tool", [False, True])
def test_a_token_that_lives_longer_than_tokens_may_is_worth_nothing(key, keys, sign_in, tool):
    for life in (TOKEN_LIFE + timedelta(seconds=1), timedelta(days=3650)):
        with pytest.raises(NotSignedIn) as refused:
            keys.sign_in_of(issue_token(key, "sun", replace(sign_in, tool=tool), life=life))
        assert not refused.value.expired


@pytest.mark.parametrize(
    "change",
    [
        {"iat": None},
        {"iat": 4_000_000_000},
        {"exp": "never"},
        {"exp": None},
        {"roles": 7},
        {"sid": "x"},
        {"factor_at": "x"},
    ],
)
def test_a_token_with_broken_claims_is_worth_nothing(key, keys, sign_in, change):
    claims = jwt.decode(issue_token(key, "sun", sign_in), key, algorithms=["Ed25519"]).claims | change
    with pytest.raises(NotSignedIn) as refused:
        keys.sign_in_of(jwt.encode({"alg": "Ed25519", "kid": key.kid}, claims, key, algorithms=["Ed25519"]))
    assert not refused.value.expired


def test_a_token_says_when_the_second_factor_was_given(key, keys, sign_in):
    given = datetime(2026, 11, 28, 9, 0, tzinfo=UTC)
    assert keys.sign_in_of(issue_token(key, "sun", replace(sign_in, factor_at=given))).factor_at == given
    assert keys.sign_in_of(issue_token(key, "sun", sign_in)).factor_at is None


def test_a_key_that_was_taken_out_signs_nothing_more_without_a_restart(folder, key, keys, sign_in):
    token = issue_token(key, "sun", sign_in)
    assert keys.sign_in_of(token) == sign_in
    (folder / "keys.json").write_text(json.dumps(public_key_set(new_signing_key())))
    with pytest.raises(NotSignedIn):
        keys.sign_in_of(token)


def test_another_organisations_token_is_worth_nothing(key, keys, sign_in):
    with pytest.raises(NotSignedIn) as refused:
        keys.sign_in_of(issue_token(key, "viewpoint", sign_in))
    assert not refused.value.expired


def test_a_token_signed_by_another_key_or_by_none_is_worth_nothing(keys, sign_in):
    forged = [issue_token(new_signing_key(), "sun", sign_in), "", "x.y.z", "eyJhbGciOiJub25lIn0.e30."]
    for token in forged:
        with pytest.raises(NotSignedIn):
            keys.sign_in_of(token)


def test_a_key_that_was_turned_is_found_without_a_restart(folder, keys, sign_in):
    new = new_signing_key()
    (folder / "keys.json").write_text(json.dumps(public_key_set(new)))
    assert keys.sign_in_of(issue_token(new, "sun", sign_in)) == sign_in


@pytest.mark.parametrize("method", ["GET", "POST"])
async def test_a_token_that_ran_out_is_renewed_before_anything_is_taken_for_a_visitors(method, key, keys, sign_in):
    token = issue_token(key, "sun", sign_in, life=timedelta(seconds=-1))
    app = SimpleNamespace(
        state=SimpleNamespace(service=SimpleNamespace(sign_in_keys=keys, settings=SimpleNamespace(organisation="sun")))
    )
    headers = [(b"cookie", f"{cookie_name('sun')}={token}".encode())]
    request = Request(
        {
            "type": "http",
            "method": method,
            "path": "/feedback/give",
            "query_string": b"",
            "headers": headers,
            "app": app,
        }
    )
    with pytest.raises(NotSignedIn) as refused:
        await anyone(request)
    assert refused.value.expired
