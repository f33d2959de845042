"""What a page has changed is told at once; what the mail server does not take now, a job sends later."""

from fastapi import Request

from services.people.use_cases.notices import Notices
from shared.service import of


async def tell_now(request: Request) -> None:
    notices: Notices = request.app.state.notices
    await notices.send(of(request))
