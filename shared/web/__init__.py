"""Pages: layout, forms, errors and what protects them.

    from shared.web import page, redirect, read_form, Form, InvalidForm, local_path

`README.md` beside this file shows how a page is written; `install` is called once per service, by shared/service.py.
"""

from shared.web.addresses import local_path
from shared.web.again import Refusal, again
from shared.web.answers import forget_visitors_answers
from shared.web.forms import Form, Line, Paragraphs, read_form
from shared.web.helping import theirs
from shared.web.installing import install
from shared.web.kept import carries_on
from shared.web.limits import AnonymousPosts, Limit, client_of, forget_counts
from shared.web.pages import page, redirect
from shared.web.problems import InvalidForm
from shared.web.searches import held_of, hold_search, search_of

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
