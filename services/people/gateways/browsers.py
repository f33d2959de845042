"""The cookie by which a browser is known again."""

import hmac
import re
import secrets
import time
from uuid import UUID


class KnownBrowsers:
    """Which people have signed in with a browser before: a cookie with a random name and a seal for each of them.

    It gives no access. It only stops strangers' requests from shutting the browser's owner out."""

    _MOST = 20
    _DAYS = 400

    def __init__(self, key: bytes) -> None:
        self._key = key

    def knows(self, cookie: str, person_id: UUID) -> str | None:
        """The browser's name, if this person signed in with it recently enough."""
        name, _, seals = cookie.partition(".")
        for seal in seals.split(".") if name else []:
            day, _, given = seal.partition("-")
            is_recent = day.isascii() and day.isdigit() and len(day) < 8 and 0 <= _day() - int(day) <= self._DAYS
            if is_recent and hmac.compare_digest(given.encode(), self._seal(name, day, person_id).encode()):
                return name
        return None

    def remember(self, cookie: str, person_id: UUID) -> str:
        """The cookie that knows this person too."""
        name, _, seals = cookie.partition(".")
        if not re.fullmatch(r"[A-Za-z0-9_-]{22}", name) or not re.fullmatch(r"[A-Za-z0-9_.-]{0,1000}", seals):
            name, seals = secrets.token_urlsafe(16), ""
        day = str(_day())
        kept = [seal for seal in seals.split(".") if seal and not self.knows(f"{name}.{seal}", person_id)]
        return ".".join([name, *kept[-self._MOST + 1 :], f"{day}-{self._seal(name, day, person_id)}"])

    def _seal(self, name: str, day: str, person_id: UUID) -> str:
        return hmac.digest(self._key, f"{name} {day} {person_id}".encode(), "sha256").hex()[:32]


def _day() -> int:
    return int(time.time() // 86400)
