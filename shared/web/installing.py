"""What each service's pages need, installed once."""

from collections.abc import Callable
from datetime import date
from pathlib import Path

from fastapi import Depends, FastAPI

from shared.web import statics
from shared.web.answers import AnswersAsPages
from shared.web.errors import UnexpectedErrors, add_handlers
from shared.web.kept import look_first
from shared.web.pages import Web
from shared.web.searches import HeldSearches
from shared.web.security import BodyLimit, HeadAsGet, PrintableAddresses, SameSitePosts, SecurityHeaders
from shared.web.templating import environment


def install(
    app: FastAPI,
    *,
    prefix: str,
    organisation: str,
    templates: Path,
    look: str = "teal",
    duty_number: str = "",
    council_number: str = "",
    today: Callable[[], date] = date.today,
) -> None:
    """Gives a service its pages: static files, error pages, security headers and its templates.

    prefix: where its addresses begin ("/payments"). organisation: the name in the header; look: its colours.
    Middleware added after this call wraps ours; routes are added after it.
    """
    app.state.searches = HeldSearches()
    app.state.web = Web(prefix, organisation, environment(templates), look, today, duty_number, council_number)
    app.router.routes.append(statics.route())
    add_handlers(app)
    app.router.dependencies.append(Depends(look_first))
    app.add_middleware(UnexpectedErrors)
    app.add_middleware(BodyLimit)
    app.add_middleware(AnswersAsPages)
    app.add_middleware(SameSitePosts)
    app.add_middleware(PrintableAddresses)
    app.add_middleware(SecurityHeaders)
    app.add_middleware(HeadAsGet)  # the last one added is outermost
