"""Tells people at once what a page has changed. If the mail server is away, a job does it later."""

from fastapi import Request

from services.people.use_cases.notices import Notices
from shared.service import of


async def tell_now(request: Request) -> None:
    notices: Notices = request.app.state.notices
    await notices.send(of(request))
