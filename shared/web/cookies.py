"""Cookies as all of ours are: for this host alone, over TLS alone, out of reach of scripts and other sites' forms."""

from starlette.responses import Response


def name_of(what: str, organisation: str) -> str:
    """Named per organisation: cookies ignore ports."""
    return f"__Host-{what}-{organisation}"


def keep(response: Response, name: str, value: str, *, seconds: int | None = None) -> None:
    """seconds None: until the browser is closed."""
    response.set_cookie(name, value, max_age=seconds, path="/", secure=True, httponly=True, samesite="lax")


def drop(response: Response, name: str) -> None:
    response.delete_cookie(name, path="/", secure=True, httponly=True, samesite="lax")
