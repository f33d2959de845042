"""Walks lists that are shown in pages, as a person does: by the link at the end of each page."""

import html
import re
from collections.abc import Awaitable, Callable

import httpx

_NEXT = re.compile(r'<a [^>]*rel="next"[^>]*href="([^"]+)"|<a [^>]*href="([^"]+)"[^>]*rel="next"')


def next_of(answer: httpx.Response, name: str = "after") -> str | None:
    """Where the link to the next page leads; name: of its parameter, on a page with several lists."""
    for one, other in _NEXT.findall(answer.text):
        link = html.unescape(one or other)
        if f"{name}=" in link:
            return str(answer.url.copy_with(query=None).join(link))
    return None


async def walk(
    visitor: httpx.AsyncClient,
    path: str,
    row: str,
    between: Callable[[int], Awaitable[object]] | None = None,
    name: str = "after",
) -> list[str]:
    """What the pattern `row` finds in the pages, in order. between: what happens while somebody reads page number n."""
    seen: list[str] = []
    where: str | None = path
    for number in range(1, 50):
        answer = await visitor.get(where or path)
        assert answer.status_code == 200, answer.text
        seen += re.findall(row, answer.text)
        where = next_of(answer, name)
        if where is None:
            return seen
        if between:
            await between(number)
    raise AssertionError("the list has no end")


def assert_each_once(seen: list[str], wanted: list[str]) -> None:
    """Nothing twice, and nothing missing that was there from the start."""
    assert len(seen) == len(set(seen)), "a row came twice"
    assert not set(wanted) - set(seen), "a row is missing"
