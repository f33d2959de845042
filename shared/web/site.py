"""Pages that every organisation has, linked at the foot of each page. The service that owns "/" includes this
router."""

from fastapi import APIRouter, Request
from starlette.responses import Response

from shared.identity import Visitor
from shared.web.pages import page

router = APIRouter(include_in_schema=False)


@router.get("/help-now")
async def help_now(request: Request, who: Visitor) -> Response:
    """Public helplines; needs no sign-in, and says nothing about whoever opens it."""
    return page(request, "shared/help-now.html", who=who, title="Help now")


@router.get("/easy-read")
async def easy_read(request: Request, who: Visitor) -> Response:
    return page(request, "shared/easy-read.html", who=who, title="Easy read")


@router.get("/accessibility")
async def accessibility(request: Request, who: Visitor) -> Response:
    return page(request, "shared/accessibility.html", who=who, title="Accessibility")
