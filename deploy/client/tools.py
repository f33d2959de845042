"""The identity with which the command line and the demo talk to services."""

from datetime import timedelta

from joserfc.jwk import OKPKey

from shared.db import new_id
from shared.identity import OPERATOR_TOOL, Role, SignIn, issue_token


def token_for_tools(key: OKPKey, organisation: str, *more_roles: Role, life: timedelta = timedelta(minutes=10)) -> str:
    """The token with which the command line signs in. key: the organisation's own, so that only somebody who may
    read it can make one."""
    sign_in = SignIn(
        person_id=OPERATOR_TOOL, sign_in_id=new_id(), roles=frozenset({Role.OPERATOR, *more_roles}), tool=True
    )
    return issue_token(key, organisation, sign_in, life=life)
