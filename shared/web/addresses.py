"""Addresses of this site to which a page may send a browser."""

from urllib.parse import unquote, urlsplit


def local_path(url: str | None) -> str | None:
    """The address if it is a path on this site, else None. For `?next=` and the like.

    No page of ours has `.` or `..` in its address. Browsers resolve these, even if they are quoted, and
    "/..//evil.example" would then lead to another site, as a backslash does.
    """
    if not url or not url.startswith("/") or url.startswith("//"):
        return None
    if "\\" in url or any(ord(letter) <= 32 or ord(letter) == 127 for letter in url):
        return None
    try:
        parts = urlsplit(url)
    except ValueError:
        return None
    path = unquote(parts.path)
    if path.startswith("//") or "\\" in path or any(ord(letter) < 32 or ord(letter) == 127 for letter in path):
        return None
    return None if parts.scheme or parts.netloc or {".", ".."} & set(path.split("/")) else url


def on_this_site(location: str) -> str:
    """Turns the address in a response into a path of ours: frameworks build it from the Host header, which names
    whatever site was asked for."""
    if local_path(location):
        return location
    try:
        parts = urlsplit(location)
    except ValueError:
        return "/"
    return local_path(parts.path + (f"?{parts.query}" if parts.query else "")) or "/"
