"""What a service answered."""

from typing import Any

import httpx


def answer_of(response: httpx.Response) -> Any:
    """The JSON of an answer; None if it has none."""
    try:
        return response.json()
    except ValueError:
        return None
