"""What came along with a form's idempotency key, so that the key counts for that and nothing else."""

import hashlib

from starlette.datastructures import FormData, UploadFile
from starlette.requests import Request

from shared.db import sent_with
from shared.web.saying import SAID_FIELD

KEY = "idempotency_key"
_CHUNK = 1 << 16


async def note_inputs(request: Request, sent: FormData) -> None:
    """Remembers a digest of all that was sent, including files, for as long as this request lasts."""
    sent_with.set(await _digest(request, sent) if KEY in sent else None)


async def _digest(request: Request, sent: FormData) -> bytes:
    whole = hashlib.sha256(_counted(request.url.path.encode()))
    for name, value in sorted(sent.multi_items(), key=lambda item: item[0]):
        if name not in (KEY, SAID_FIELD):
            whole.update(_counted(name.encode()))
            whole.update(
                _counted(
                    await _contents(value) if isinstance(value, UploadFile) else value.encode("utf-8", "surrogatepass")
                )
            )
    return whole.digest()


def _counted(data: bytes) -> bytes:
    """Prefixed with its length: "ab" and "c" are not "a" and "bc"."""
    return len(data).to_bytes(8) + data


async def _contents(file: UploadFile) -> bytes:
    digest = hashlib.sha256()
    while chunk := await file.read(_CHUNK):
        digest.update(chunk)
    await file.seek(0)
    return digest.digest()
