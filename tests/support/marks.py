"""Pages whose buttons carry a mark of what they show, pressed as a browser would."""

import re
from typing import Any

import httpx

MARK = re.compile(r'name="mark" value="([0-9a-f]+)"')
CHANGED = "Something here has changed since you looked"


def mark_of(shown: httpx.Response, url: str = "") -> dict[str, str]:
    """The field of that name of the form that is sent to url, or of the page's only one."""
    of_form = re.search(rf'action="{re.escape(url)}"[^>]*>(.*?)</form>', shown.text, re.S) if url else None
    found = MARK.search(of_form[1] if of_form else shown.text)
    return {"mark": found[1]} if found else {}


async def press(client: httpx.AsyncClient, page: str, url: str, **fields: Any) -> httpx.Response:
    """Open the page, and send its form to url with what it shows."""
    return await client.post(url, data={**mark_of(await client.get(page), url), **fields})
