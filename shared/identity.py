"""Who is asking: the sign-in token that `people` signs and every service reads, and who may use a route.

A token lives for minutes. When it has run out, `people` renews it from the sign-in's row; when a sign-in ends, every
service hears of it and refuses the token from then on. A change of roles ends the person's sign-ins.
"""

import json
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any
from uuid import UUID

from fastapi import Depends, Request
from joserfc import jwt
from joserfc.errors import JoseError
from joserfc.jwk import KeySet, OKPKey
from sqlalchemy import text

from shared.db import Actor, Transaction

TOKEN_LIFE = timedelta(minutes=10)
"""The longest that any token lives, including a tool's: a token that claims to live longer was not made by us,
whoever signed it."""
_CLOCKS_DIFFER = 60  # seconds that the clocks of two machines may be apart
_ALGORITHMS = ["Ed25519"]


class Role(StrEnum):
    PARTICIPANT = "participant"
    COORDINATOR = "coordinator"
    APPROVER = "approver"
    FINANCE = "finance"
    OPERATOR = "operator"
    ADMINISTRATOR = "administrator"


@dataclass(frozen=True, slots=True)
class SignIn:
    """Somebody who signed in, or an operator's tool. Holds no name or contact detail."""

    person_id: UUID
    sign_in_id: UUID
    roles: frozenset[Role]
    acting_for: UUID | None = None
    tool: bool = False
    factor_at: datetime | None = None
    """When they last gave their second factor in this sign-in, in machine time; None if they did not."""

    @property
    def opens_as(self) -> frozenset[Role]:
        """The roles in which they open pages now: those that need a second step only once they have given it."""
        return self.roles if self.tool or self.factor_at is not None else self.roles - WITH_FACTOR

    @property
    def actor(self) -> Actor:
        return Actor("operator" if self.tool else "person", self.person_id, self.acting_for)


class NotSignedIn(Exception):
    """Nobody is signed in, or the token has run out and must be renewed (expired)."""

    def __init__(self, *, expired: bool = False) -> None:
        super().__init__("expired" if expired else "not signed in")
        self.expired = expired


class NotAllowed(Exception):
    """Signed in, but this is for other roles."""


class NotConfirmed(Exception):
    """Signed in and allowed, but a second factor is asked for first."""


OPERATOR_TOOL = UUID("00000000-0000-7000-8000-000000000001")
"""The actor that steps name when the command line did something: whoever runs the machine. Nobody signs in as it."""
WITH_FACTOR = frozenset({Role.APPROVER, Role.FINANCE, Role.OPERATOR, Role.ADMINISTRATOR})
"""The roles that move money, keep the system or give roles."""
RECENTLY = timedelta(minutes=15)


def _is_confirmed(sign_in: SignIn, by_roles: frozenset[Role], recently: bool) -> bool:
    """by_roles: those that let them in. One that needs no second factor is enough, unless it must be recent."""
    if recently:
        return sign_in.factor_at is not None and datetime.now(UTC) - sign_in.factor_at < RECENTLY
    return sign_in.factor_at is not None or bool(by_roles - WITH_FACTOR)


def ask_second_step(sign_in: SignIn, by_roles: frozenset[Role]) -> None:
    """For a route that is open to more people than these: raises NotConfirmed until somebody who comes by a role in
    by_roles that moves money, keeps the system or gives roles has given their second factor in this sign-in."""
    if by_roles & WITH_FACTOR and not sign_in.tool and sign_in.factor_at is None:
        raise NotConfirmed


def cookie_name(organisation: str) -> str:
    """Named per organisation: cookies ignore ports."""
    return f"__Host-chorus-{organisation}"


def new_signing_key() -> OKPKey:
    key = OKPKey.generate_key("Ed25519")
    key.ensure_kid()
    return key


def public_key_set(*keys: OKPKey) -> dict[str, Any]:
    return dict(KeySet(list(keys)).as_dict(private=False))


def load_signing_key(path: Path) -> OKPKey:
    return OKPKey.import_key(json.loads(path.read_text()))


class SignInKeys:
    """The public keys that may have signed a token. Read again when the file changes: a key taken out of it no
    longer counts."""

    def __init__(self, path: Path, organisation: str) -> None:
        self.path = path
        self.organisation = organisation
        self._read()

    def _read(self) -> None:
        self._seen = self._stamp()
        self.keys = KeySet.import_key_set(json.loads(self.path.read_text()))

    def _stamp(self) -> tuple[int, int, int]:
        stat = self.path.stat()
        return stat.st_mtime_ns, stat.st_ino, stat.st_size

    def sign_in_of(self, token: str) -> SignIn:
        """The sign-in of a token. Raises NotSignedIn(expired=True) if it has run out, NotSignedIn() if it is
        invalid."""
        now = datetime.now(UTC).timestamp()
        try:
            claims = self._decode(token)
            issued, expires = int(claims["iat"]), int(claims["exp"])
            if (
                claims["iss"] != self.organisation
                or expires - issued > TOKEN_LIFE.total_seconds()
                or issued > now + _CLOCKS_DIFFER
            ):
                raise NotSignedIn
            sign_in = _sign_in_from(claims)
        except (JoseError, ValueError, KeyError, TypeError, AttributeError):
            raise NotSignedIn from None
        if expires <= now:
            raise NotSignedIn(expired=True)
        return sign_in

    def _decode(self, token: str) -> dict[str, Any]:
        if self._stamp() != self._seen:
            self._read()
        return jwt.decode(token, self.keys, algorithms=_ALGORITHMS).claims


def _sign_in_from(claims: dict[str, Any]) -> SignIn:
    acting_for, factor_at = claims.get("act"), claims.get("factor_at")
    return SignIn(
        person_id=UUID(claims["sub"]),
        sign_in_id=UUID(claims["sid"]),
        roles=frozenset(
            role for role in Role if role in claims["roles"]
        ),  # a role that this version does not know gives nothing
        acting_for=UUID(acting_for) if acting_for else None,
        tool=claims.get("tool", False),
        factor_at=datetime.fromtimestamp(factor_at, UTC) if factor_at is not None else None,
    )


def issue_token(key: OKPKey, organisation: str, sign_in: SignIn, *, life: timedelta = TOKEN_LIFE) -> str:
    """A signed token for this sign-in, in machine time."""
    now = datetime.now(UTC)
    claims: dict[str, Any] = {
        "iss": organisation,
        "sub": str(sign_in.person_id),
        "sid": str(sign_in.sign_in_id),
        "roles": sorted(sign_in.roles),
        "iat": int(now.timestamp()),
        "exp": int((now + life).timestamp()),
    }
    if sign_in.acting_for:
        claims["act"] = str(sign_in.acting_for)
    if sign_in.tool:
        claims["tool"] = True
    if sign_in.factor_at:
        claims["factor_at"] = int(sign_in.factor_at.timestamp())
    return jwt.encode({"alg": "Ed25519", "kid": key.kid}, claims, key, algorithms=_ALGORITHMS)


_ENDED = text("SELECT 1 FROM ended_sessions WHERE session_id = :session_id")
_END = text("INSERT INTO ended_sessions (session_id) VALUES (:session_id) ON CONFLICT DO NOTHING")


async def end_sign_in(tx: Transaction, sign_in_id: UUID) -> None:
    """From now on this service refuses the sign-in's tokens. Harmless twice."""
    await tx.execute(_END, {"session_id": sign_in_id})


def token_of(request: Request) -> str | None:
    """From the cookie or, for tools and the API, from an Authorization: Bearer header."""
    scheme, _, bearer = request.headers.get("authorization", "").partition(" ")
    if scheme.lower() == "bearer" and bearer:
        return bearer
    return request.cookies.get(cookie_name(request.app.state.service.settings.organisation))


async def sign_in_of(request: Request) -> SignIn | None:
    """The sign-in of a request. None without a token; NotSignedIn if the token is invalid, ran out, or was ended."""
    token = token_of(request)
    if not token:
        return None
    service = request.app.state.service
    sign_in = service.sign_in_keys.sign_in_of(token)

    async def ended(tx: Transaction) -> bool:
        return await tx.first(_ENDED, {"session_id": sign_in.sign_in_id}) is not None

    if await service.database.read(ended):
        raise NotSignedIn
    request.state.who = sign_in
    if sign_in.acting_for is not None:
        request.state.helped = await service.helped(sign_in.acting_for)
    return sign_in


def declares_access(who: str) -> Callable[[Callable[..., Awaitable[Any]]], Callable[..., Awaitable[Any]]]:
    """Marks a dependency as a route's statement of who may use it. A test finds routes without one."""

    def mark(dependency: Callable[..., Awaitable[Any]]) -> Callable[..., Awaitable[Any]]:
        dependency.access = who  # pyrefly: ignore
        return dependency

    return mark


@declares_access("anyone")
async def anyone(request: Request) -> SignIn | None:
    """Everybody, signed in or not. An invalid token counts as not signed in; one that ran out is renewed.

    Limits what visitors post, so that no route can forget to: HTTPException 429 if there was too much.
    """
    sign_in = await visitor(request)
    if sign_in is None:
        await count_anonymous_post(request)
    return sign_in


async def count_anonymous_post(request: Request) -> None:
    if request.method == "POST":
        await request.app.state.service.anonymous_posts.count(request)


async def visitor(request: Request) -> SignIn | None:
    """Who it is, if they are signed in."""
    try:
        return await sign_in_of(request)
    except NotSignedIn as problem:
        if problem.expired:
            raise
        return None


@declares_access("signed in")
async def signed_in(request: Request) -> SignIn:
    sign_in = await sign_in_of(request)
    if sign_in is None:
        raise NotSignedIn
    return sign_in


@declares_access("signed in")
async def signed_in_in_full(request: Request) -> SignIn:
    """Whoever is signed in. People with a second factor for any of their roles have given it: even what is theirs
    for another reason must be safe from somebody who reads their mail."""
    sign_in = await signed_in(request)
    ask_second_step(sign_in, sign_in.roles)
    return sign_in


def only(*roles: Role, recently: bool = False) -> Callable[..., Awaitable[SignIn]]:
    """Those who have one of the roles. A role is a hat: one person may wear several.

    Somebody let in by a role that moves money, keeps the system or gives roles has given their second factor in this
    sign-in; with recently, everybody has, within the last 15 minutes. NotConfirmed sends them to do so. A tool is
    signed with the key itself and has none.
    """

    @declares_access(", ".join(roles))
    async def dependency(request: Request) -> SignIn:
        sign_in = await signed_in(request)
        matching = sign_in.roles & set(roles)
        if not matching:
            raise NotAllowed
        if not sign_in.tool and not _is_confirmed(sign_in, matching, recently):
            raise NotConfirmed
        return sign_in

    dependency.roles, dependency.recently = frozenset(roles), recently  # pyrefly: ignore
    return dependency


# Who may use a route: each route names one of these, or builds one with `only` from roles that no other service
# combines

Visitor = Annotated[SignIn | None, Depends(anyone)]
SignedIn = Annotated[SignIn, Depends(signed_in)]
SignedInInFull = Annotated[SignIn, Depends(signed_in_in_full)]
Coordinator = Annotated[SignIn, Depends(only(Role.COORDINATOR))]
Approver = Annotated[SignIn, Depends(only(Role.APPROVER))]
Finance = Annotated[SignIn, Depends(only(Role.FINANCE))]
Operator = Annotated[SignIn, Depends(only(Role.OPERATOR))]
Administrator = Annotated[SignIn, Depends(only(Role.ADMINISTRATOR))]
# With the second step given a short time ago: before anything that moves money, keeps the system or gives roles
Confirmed = Annotated[SignIn, Depends(only(*Role, recently=True))]
ConfirmedApprover = Annotated[SignIn, Depends(only(Role.APPROVER, recently=True))]
ConfirmedFinance = Annotated[SignIn, Depends(only(Role.FINANCE, recently=True))]
ConfirmedOperator = Annotated[SignIn, Depends(only(Role.OPERATOR, recently=True))]
ConfirmedAdministrator = Annotated[SignIn, Depends(only(Role.ADMINISTRATOR, recently=True))]
