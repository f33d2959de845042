"""The key that signs sign-in tokens."""

import hashlib
import hmac
from uuid import UUID

from joserfc import jwt
from joserfc.errors import JoseError

from services.people.domain import sign_in
from services.people.settings import Settings
from shared.identity import TOKEN_LIFE, SignIn, issue_token, load_signing_key


class SignInTokens:
    """Signs sign-in tokens, and reads its own even after they have expired."""

    def __init__(self, settings: Settings) -> None:
        self.organisation = settings.organisation
        self.key = load_signing_key(settings.session_signing_key)
        idle = settings.idle_limits
        shortest = min(idle.with_factor, idle.staff)
        self.life = min(TOKEN_LIFE, shortest / 3)  # a sign-in counts as used when its token is renewed
        self._code_key = self.key_for("chorus sign-in codes")

    def key_for(self, purpose: str) -> bytes:
        """A separate key for each purpose, derived from a secret that only this service holds."""
        private = str(self.key.as_dict(private=True)["d"])
        return hmac.digest(private.encode(), purpose.encode(), hashlib.sha256)

    def issue(self, sign_in: SignIn) -> str:
        return issue_token(self.key, self.organisation, sign_in, life=self.life)

    def of_former(self, sign_in_id: UUID) -> str:
        """Says whose sign-in was on a device, and nothing else: it names no person, and no service takes it."""
        claims = {"iss": self.organisation, "sid": str(sign_in_id)}
        return jwt.encode({"alg": "Ed25519", "kid": self.key.kid}, claims, self.key, algorithms=["Ed25519"])

    def sign_in_id_of(self, token: str) -> UUID | None:
        """The sign-in that a token names, however old, if we signed it."""
        try:
            claims = jwt.decode(token, self.key, algorithms=["Ed25519"]).claims
            return UUID(claims["sid"]) if claims.get("iss") == self.organisation else None
        except (JoseError, ValueError, KeyError):
            return None

    def hash_of_code(self, request_id: UUID, code: str) -> bytes:
        """Uses a key that only this service holds: a plain hash of six digits is soon guessed."""
        return sign_in.hash_of_code(self._code_key, request_id, code)
