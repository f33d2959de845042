"""Signed links that switch off one kind of message without signing in (RFC 8058).

The link allows that and nothing else. It holds an id and a kind, and nothing that says who it is. It does not expire,
because people keep mails for years."""

import base64
import binascii
import hashlib
import hmac
from uuid import UUID

from services.notifications.domain.messages import Kind, may_opt_out

_MAC_BYTES = 16
_ID_BYTES = 16


def path(key: bytes, person_id: UUID, kind: Kind) -> str:
    """Where the person switches off this kind."""
    what = person_id.bytes + kind.value.encode()
    token = base64.urlsafe_b64encode(what + _mac(key, what)).rstrip(b"=").decode()
    return f"/notifications/unsubscribe/{token}"


def read(key: bytes, token: str) -> tuple[UUID, Kind] | None:
    """The person and the kind; None if we did not sign it, or the kind cannot be switched off (NOT-02)."""
    try:
        signed = base64.b64decode(token + "=" * (-len(token) % 4), altchars=b"-_", validate=True)
    except (binascii.Error, ValueError):
        return None
    what, mac = signed[:-_MAC_BYTES], signed[-_MAC_BYTES:]
    if len(what) <= _ID_BYTES or not hmac.compare_digest(mac, _mac(key, what)):
        return None
    kind = Kind(what[_ID_BYTES:].decode())
    return (UUID(bytes=what[:_ID_BYTES]), kind) if may_opt_out(kind) else None


def _mac(key: bytes, what: bytes) -> bytes:
    return hmac.digest(key, what, hashlib.sha256)[:_MAC_BYTES]
