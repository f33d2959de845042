"""Pages: layout, forms, errors and what protects them.

    from shared.web import page, redirect, read_form, Form, InvalidForm, local_path

`README.md` beside this file shows how a page is written; `install` is called once per service, by shared/service.py.
"""

from collections.abc import Callable
from datetime import date
from pathlib import Path

from fastapi import Depends, FastAPI

from shared.web import statics
from shared.web.addresses import local_path
from shared.web.again import Refusal, again
from shared.web.answers import AnswersAsPages, forget_visitors_answers
from shared.web.errors import UnexpectedErrors, add_handlers
from shared.web.filters import theirs
from shared.web.forms import Form, Line, Paragraphs, read_form
from shared.web.kept import carries_on, look_first
from shared.web.limits import AnonymousPosts, Limit, client_of, forget_counts
from shared.web.pages import Web, page, redirect
from shared.web.problems import InvalidForm
from shared.web.searches import HeldSearches, held_of, hold_search, search_of
from shared.web.security import BodyLimit, PrintableAddresses, SameSitePosts, SecurityHeaders
from shared.web.templating import environment


def install(
    app: FastAPI,
    *,
    prefix: str,
    organisation: str,
    templates: Path,
    look: str = "teal",
    duty_number: str = "",
    today: Callable[[], date] = date.today,
) -> None:
    """Gives a service its pages: static files, error pages, security headers and its templates.

    prefix: where its addresses begin ("/payments"). organisation: the name in the header; look: its colours.
    Middleware added after this call wraps ours; routes are added after it.
    """
    app.state.searches = HeldSearches()
    app.state.web = Web(prefix, organisation, environment(templates), look, today, duty_number)
    app.router.routes.append(statics.route())
    add_handlers(app)
    app.router.dependencies.append(Depends(look_first))
    app.add_middleware(UnexpectedErrors)
    app.add_middleware(BodyLimit)
    app.add_middleware(AnswersAsPages)
    app.add_middleware(SameSitePosts)
    app.add_middleware(PrintableAddresses)
    app.add_middleware(SecurityHeaders)  # the last one added is outermost


__all__ = [
    "AnonymousPosts",
    "Form",
    "InvalidForm",
    "Limit",
    "Line",
    "Paragraphs",
    "Refusal",
    "again",
    "carries_on",
    "client_of",
    "forget_counts",
    "forget_visitors_answers",
    "held_of",
    "hold_search",
    "install",
    "local_path",
    "page",
    "read_form",
    "redirect",
    "search_of",
    "theirs",
]
