"""What is derived from a giver's secret (FB-04).

A giver's browser holds one secret from the first question to the last page. Because everything here is derived from it,
a form sent twice is one item, and we can show a code once without ever keeping it."""

import hashlib
from uuid import UUID

from shared.reasons import Reason
from shared.text import code_as_typed

CODE_ALPHABET = "23456789ABCDEFGHJKMNPQRSTVWXYZ"
"""Without I, L, O, U, 0 and 1, which are misread or make words."""
CODE_LENGTH = 10
NO_SUCH_CODE = Reason("FB-04", "We do not know that code. Check each letter and number. A code has 10 of them.", "code")


def draft_key(secret: str) -> bytes:
    """Finds the answers so far. The secret itself is kept nowhere."""
    return hashlib.sha256(b"draft:" + secret.encode()).digest()


def sitting_of(secret: str, person_id: UUID | None, acting_for: UUID | None) -> str:
    """Whose half-given feedback it is: blank for a visitor. Without the secret, which only the browser has, it names
    nobody (FB-01)."""
    if person_id is None:
        return ""
    return hashlib.sha256(f"sitting:{secret}:{person_id}:{acting_for}".encode()).hexdigest()


def command_id(secret: str) -> UUID:
    """The idempotency key for sending the answers: sent twice, they are one item."""
    return UUID(bytes=hashlib.sha256(b"command:" + secret.encode()).digest()[:16])


def look_up_code(secret: str) -> str:
    """FB-04: the code of an anonymous giver. Ten characters of thirty: 5.9 * 10**14 codes."""
    number = int.from_bytes(hashlib.sha256(b"code:" + secret.encode()).digest())
    code = ""
    for _ in range(CODE_LENGTH):
        number, place = divmod(number, len(CODE_ALPHABET))
        code += CODE_ALPHABET[place]
    return code


def hash_of_code(code: str, organisation: str) -> bytes:
    """FB-04: how a code is kept. Slow on purpose (about 50 ms): whoever steals the hashes cannot try every code."""
    return hashlib.scrypt(code.encode(), salt=f"feedback:{organisation}".encode(), n=2**14, r=8, p=1, dklen=32)


def spoken_code(code: str) -> str:
    """ "ABCDE23456" -> "ABCDE-23456": easier to write down and to read out."""
    return f"{code[:5]}-{code[5:]}"


def tidy_code(typed: str) -> str | None:
    """FB-04: the code in our spelling, whatever its case, spaces and hyphens; None if it cannot be a code."""
    code = code_as_typed(typed)
    return code if len(code) == CODE_LENGTH and set(code) <= set(CODE_ALPHABET) else None
