"""Our few static files: held in memory, compressed once, at an address that changes with their content.

A browser may keep /static/<version>/chorus.css for ever, and its relative font addresses carry the same version.
"""

import gzip
import hashlib
from functools import cache
from pathlib import Path
from typing import NamedTuple

from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

FOLDER = Path(__file__).parent / "static"
_TYPES = {
    ".css": "text/css; charset=utf-8",
    ".js": "text/javascript; charset=utf-8",
    ".woff2": "font/woff2",
    ".svg": "image/svg+xml",
    ".txt": "text/plain; charset=utf-8",
}
_FOR_EVER = "public, max-age=31536000, immutable"


class _File(NamedTuple):
    content: bytes
    compressed: bytes | None
    media_type: str


@cache
def _files() -> dict[str, _File]:
    found = {}
    for path in sorted(FOLDER.rglob("*")):
        if path.suffix in _TYPES:
            content = path.read_bytes()
            compressed = None if path.suffix == ".woff2" else gzip.compress(content, 9, mtime=0)
            found[path.relative_to(FOLDER).as_posix()] = _File(content, compressed, _TYPES[path.suffix])
    return found


@cache
def version() -> str:
    digest = hashlib.sha256()
    for name, file in _files().items():
        digest.update(name.encode() + b"\0" + file.content)
    return digest.hexdigest()[:12]


def asset(name: str) -> str:
    """The address of a static file. Raises KeyError when there is none of that name."""
    _ = _files()[name]
    return f"/static/{version()}/{name}"


async def _serve(request: Request) -> Response:
    file = _files().get(request.path_params["name"])
    if file is None:
        return Response("There is no such file.\n", 404, media_type="text/plain")
    same = request.path_params["version"] == version()
    headers = {"Cache-Control": _FOR_EVER if same else "no-cache", "Vary": "Accept-Encoding"}
    content = file.content
    if file.compressed is not None and "gzip" in request.headers.get("accept-encoding", ""):
        content, headers["Content-Encoding"] = file.compressed, "gzip"
    return Response(content, headers=headers | {"Content-Type": file.media_type})


def route() -> Route:
    return Route("/static/{version}/{name:path}", _serve, methods=["GET"], include_in_schema=False)
