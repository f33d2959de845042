"""Nobody ends anything by one blind press: each form that ends something stands on a page which first says what ends
and what stays.

Every POST of these programs is listed once: with the template that its form stands in, or with the reason why it needs
no such page. A new route fails here until somebody has decided. What a page says is "before_it_ends"
(shared/macros.html), or the same headings.
"""

import re
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest
from fastapi.routing import APIRoute, iter_route_contexts

from deploy.local.instance import Instance
from deploy.provisioning.parts import DATABASES, package_of

OPPORTUNITIES, PAYMENTS, FEEDBACK, NOTIFICATIONS, OPERATOR = (
    Path("services") / name for name in ("opportunities", "payments", "feedback", "notifications", "operators")
)
PARTS = [part for part in DATABASES if part != "people"]
STAFF = "/opportunities/staff/{opportunity_id:uuid}"
END = OPPORTUNITIES / "words/templates/end.html"
CLAIM, RUN, STATEMENT = (
    "/payments/claims/{claim_id}",
    "/payments/runs/{run_id}",
    "/payments/recharges/statements/{statement_id}",
)
FILE = "/payments/bank-statement"

BEFORE: dict[str, Path] = {
    "/opportunities/places/{place_id:uuid}/leave": OPPORTUNITIES / "places/templates/leave.html",
    f"{STAFF}/sessions/{{session_id:uuid}}/remove": END,
    f"{STAFF}/bookings/{{booking_id:uuid}}/cancelled": END,
    f"{STAFF}/finish": OPPORTUNITIES / "ending/templates/close.html",
    f"{STAFF}/close": END,
    f"{STAFF}/sessions-to-come/cancel": OPPORTUNITIES / "ending/templates/close.html",
    f"{STAFF}/cancel": OPPORTUNITIES / "publishing/templates/cancel.html",
    f"{STAFF}/sessions/{{session_id:uuid}}/cancel": OPPORTUNITIES / "publishing/templates/cancel-session.html",
    f"{STAFF}/guests/{{place_id:uuid}}/take-off": OPPORTUNITIES / "sharing/templates/take-off.html",
    f"{STAFF}/share": OPPORTUNITIES / "sharing/templates/share.html",
    "/opportunities/staff/network/organisations/{origin}/trust": END,
    "/opportunities/staff/questions/{question_id:uuid}/give-up": END,
    "/opportunities/staff/questions/{question_id:uuid}/take-back": END,
    "/feedback/give/again": FEEDBACK / "templates/give/begun.html",
    "/feedback/mine/{item_id}/withdraw": FEEDBACK / "templates/giver_ending.html",
    "/feedback/mine/{item_id}/board": FEEDBACK / "templates/giver_ending.html",
    "/feedback/mine/{item_id}/stay": FEEDBACK / "templates/giver_ending.html",
    "/feedback/look-up/withdraw": FEEDBACK / "templates/giver_ending.html",
    "/feedback/look-up/board": FEEDBACK / "templates/giver_ending.html",
    "/feedback/look-up/stay": FEEDBACK / "templates/giver_ending.html",
    "/feedback/staff/answer": FEEDBACK / "templates/staff/answer.html",
    "/feedback/staff/responses/{response_id}": FEEDBACK / "templates/staff/wording.html",
    "/feedback/staff/{item_id}/join": FEEDBACK / "templates/staff/join.html",
    "/feedback/staff/{item_id}/spam": FEEDBACK / "templates/staff/spam.html",
    "/feedback/staff/{item_id}/pass-on": FEEDBACK / "templates/staff/pass_on.html",
    "/feedback/staff/{item_id}/theme": FEEDBACK / "templates/staff/theme_form.html",
    "/feedback/staff/{item_id}/release/keep": FEEDBACK / "templates/staff/release.html",
    "/feedback/staff/{item_id}/safeguarding": FEEDBACK / "templates/staff/concern_form.html",
    "/feedback/staff/safeguarding/{concern_id}/settle": FEEDBACK / "templates/staff/concern.html",
    "/feedback/staff/safeguarding/{concern_id}/hand-over": FEEDBACK / "templates/staff/concern_readers.html",
    "/feedback/staff/safeguarding/leads": FEEDBACK / "templates/staff/leads.html",
    "/notifications/staff/calls/{person_id}/told": NOTIFICATIONS / "templates/call.html",
    "/notifications/staff/letters/posted": NOTIFICATIONS / "templates/letters.html",
    "/notifications/unsubscribe/{token}": NOTIFICATIONS / "templates/unsubscribe.html",
    "/operator/keys/{organisation}": OPERATOR / "templates/key.html",
    "/operator/dead-letters/{service}/{dead_letter_id}/close": OPERATOR / "templates/dead_letter.html",
    f"{CLAIM}/decline": PAYMENTS / "claims/templates/decline.html",
    f"{CLAIM}/lines/{{line_id}}/remove": PAYMENTS / "claims/templates/take_out.html",
    f"{CLAIM}/lines/{{line_id}}/no-receipt": PAYMENTS / "claims/templates/no_receipt.html",
    "/payments/approve/{claim_id}/refuse": PAYMENTS / "approving/templates/approve.html",
    "/payments/withdraw/{claim_id}": PAYMENTS / "approving/templates/withdraw.html",
    **{
        f"{RUN}/{step}": PAYMENTS / "paying/templates/run_step.html"
        for step in (
            "sent",
            "never-sent",
            "anew",
            "cancel",
            "not-gone",
            "confirm-rest/{what}",
            "payments/{payment_id}/confirm",
        )
    },
    **{
        f"{STATEMENT}/{step}": PAYMENTS / "recharging/templates/statement_step.html"
        for step in ("paid", "received", "take-theirs", "ask-again")
    },
    f"{FILE}/forget-columns": PAYMENTS / "bank_statements/templates/forget_columns.html",
    "/payments/confirm-details/{details_id}/wrong": PAYMENTS / "bank_details/templates/set_aside.html",
    f"{FILE}/{{statement_id}}/throw-away": PAYMENTS / "bank_statements/templates/statement_throw_away.html",
}
"""What ends something, and the page that says so first."""

_BEGINS = "it begins something, or adds to it"
_WRITES = "it writes down what was typed on its page, and the same page changes it again"
_GOES_ON = "the question goes on waiting, with a new clock"
_RECORDS = "it writes down what has happened; nothing ends by it"
_LOOKS = "it looks something up: what is typed stands in no address"
_MACHINE = "no page: a program sends it, and says what it means to end"
EXEMPT: dict[str, str] = {
    "/opportunities/api/opportunities/{opportunity_id}/cancel": _MACHINE,
    "/opportunities/api/import/opportunities": _MACHINE,
    "/opportunities/{opportunity_id:uuid}/take-part": _BEGINS,
    "/opportunities/{opportunity_id:uuid}/ask": _BEGINS,
    "/opportunities/places/{place_id:uuid}/accept": _BEGINS,
    "/opportunities/places/{place_id:uuid}/needs": _WRITES,
    "/opportunities/places/{place_id:uuid}/speaking-for": _WRITES,
    "/opportunities/staff/new": _BEGINS,
    f"{STAFF}/items/{{slug}}": _WRITES,
    f"{STAFF}/sessions": _BEGINS,
    f"{STAFF}/sessions/add": _BEGINS,
    f"{STAFF}/closing-day": _WRITES,
    f"{STAFF}/closing-day/change": "people are told what is and what was, with a reason; it can be changed back",
    f"{STAFF}/sessions/{{session_id:uuid}}/change": "people are told what is and what was, with a reason; it can be "
    "changed back",
    f"{STAFF}/change/{{kind}}": "people are told what is and what was, with a reason; it can be changed back",
    f"{STAFF}/sessions/{{session_id:uuid}}/register": _RECORDS,
    f"{STAFF}/sessions/{{session_id:uuid}}/register/walk-in": _RECORDS,
    f"{STAFF}/sessions/{{session_id:uuid}}/walk-in": _RECORDS,
    f"{STAFF}/sessions/{{session_id:uuid}}/walk-in/search": _LOOKS,
    f"{STAFF}/contributions/add": _LOOKS,
    f"{STAFF}/contributions/add/search": _LOOKS,
    f"{STAFF}/contributions/of/{{person_id:uuid}}": _RECORDS,
    f"{STAFF}/contributions/{{contribution_id:uuid}}": _RECORDS,
    f"{STAFF}/publish": _BEGINS,
    f"{STAFF}/thanked": _RECORDS,
    f"{STAFF}/asked": _RECORDS,
    f"{STAFF}/outcome": _WRITES,
    f"{STAFF}/needs/{{need_id:uuid}}": _WRITES,
    "/opportunities/staff/network/{listing_id:uuid}/agree": _BEGINS,
    "/opportunities/staff/network/{listing_id:uuid}/words": "what stays or comes is on the page, old beside new; the "
    "host can say it again",
    "/opportunities/staff/network/guests/{place_id:uuid}/words": "what stays or comes is on the page; it can be shown "
    "later",
    "/opportunities/staff/network/organisations/{origin}/name": "what stays or comes is on the page; it can be shown "
    "later",
    "/opportunities/staff/network/{listing_id:uuid}/hide": "a plain undo stands in its place: Show it again. Places "
    "are kept",
    "/opportunities/questions/{question_id:uuid}/set-aside": "it is the answer that was waited for",
    "/opportunities/questions/{question_id:uuid}/set-aside/mail-again": _BEGINS,
    "/opportunities/questions/{question_id:uuid}/set-aside/finding-out": _GOES_ON,
    "/opportunities/staff/questions/{question_id:uuid}": "it is the answer that was waited for",
    "/opportunities/staff/questions/{question_id:uuid}/mail-again": _BEGINS,
    "/opportunities/staff/questions/{question_id:uuid}/finding-out": _GOES_ON,
    "/opportunities/staff/questions/{question_id:uuid}/show": "a plain undo stands in its place: Take it back",
    "/feedback/api/import/feedback": _MACHINE,
    "/feedback/mine/{item_id}/not-answered": _BEGINS,
    "/feedback/mine/{item_id}/crossing": "it agrees to something: it can be kept here until it goes",
    "/feedback/look-up": _BEGINS,
    "/feedback/look-up/ask/{what}": "it is the page before an ending: the code is in the body of a post, never in an "
    "address",
    "/feedback/look-up/not-answered": _BEGINS,
    "/feedback/look-up/crossing": "it agrees to something: it can be kept here until it goes",
    "/feedback/staff/{item_id}/name": _WRITES,
    "/feedback/staff/{item_id}/release": _BEGINS,
    "/feedback/staff/{item_id}/release/words": "its giver reads it before anything goes",
    "/feedback/staff/safeguarding/{concern_id}/take": _BEGINS,
    "/feedback/staff/safeguarding/{concern_id}/about": "it keeps a concern from whom it is about; "
    "the page says that nobody is unticked",
    "/feedback/worry": _BEGINS,
    **{
        f"/feedback/give{step}": _BEGINS
        for step in ("", "/which", "/words", "/who", "/host", "/board", "/hear", "/check", "/carry-on")
    },
    "/notifications/staff/{message_id}/send-again": _BEGINS,
    "/notifications/staff/calls/{person_id}/tried": _RECORDS,
    "/notifications/staff/letters/print": _RECORDS,
    "/notifications/staff/letters/not-posted": _RECORDS,
    "/notifications/staff/letters/came-back": _RECORDS,
    "/gateway/operator/keys/{name}/trust": "the operators' app sends it, from the page of "
    "/operator/keys/{organisation}",
    "/operator/claims": _LOOKS,
    "/feedback/give/stop": "it says on its button what it forgets; nothing was sent yet",
    "/operator/dead-letters/{service}/{dead_letter_id}/replay": _BEGINS,
    f"{CLAIM}/check": "it is the page that shows all of the claim before it goes; it begins",
    f"{CLAIM}/reopen": _BEGINS,
    f"{CLAIM}/close": "nothing is in it to pay, as is said above it; a plain undo stands in its place: Open it again",
    f"{CLAIM}/hold": "a plain undo stands in its place: Let the payment go on. What it stops is said above it",
    f"{CLAIM}/let-go": "it lets go on what its owner held; it can be held again",
    f"{CLAIM}/try-again": _BEGINS,
    f"{CLAIM}/another-look": _BEGINS,
    **{
        f"{CLAIM}/{what}": _WRITES
        for what in ("miles", "fare", "other", "thanks", "expenses-method", "fee", "lines/{line_id}/receipt")
    },
    "/payments/my-limit": _WRITES,
    "/payments/bank-details/change": "the page says what is with us now, and that a change waits until somebody has "
    "rung",
    "/payments/set-aside/{claim_id}": _RECORDS,
    "/payments/approve/{claim_id}": "the page shows each line and what is asked; it can be taken back",
    "/payments/confirm-details/{details_id}": _RECORDS,
    "/payments/confirm-details/{details_id}/unanswered": _RECORDS,
    "/payments/confirm-details/people/{person_id}": _RECORDS,
    "/payments/confirm-details/{details_id}/number": _LOOKS,
    "/payments/confirm-details/people/{person_id}/number": _LOOKS,
    "/payments/runs": _BEGINS,
    f"{RUN}/payments/{{payment_id}}": "what happened is chosen here, with what follows beside each; that it was paid "
    "goes by way of a page of its own",
    f"{RUN}/answer": "it is what the bank says, in a file of the bank's",
    FILE: "nothing is written down yet: what was read is shown first",
    f"{FILE}/{{statement_id}}/columns": "nothing is written down yet: what was read is shown first",
    f"{FILE}/{{statement_id}}/check": "its page shows every line, what it comes to, how many are paid and come back, "
    "and that it cannot be undone",
    f"{FILE}/set-aside": "its page shows every line, what it comes to, and that it cannot be undone",
    f"{FILE}/lines/{{entry_id}}/run": "its button says how many payments and how much, and that it cannot be undone",
    f"{FILE}/lines/{{entry_id}}": "it is the answer that was waited for; where it ends more, a page asks first",
    "/payments/api/import/rates": _MACHINE,
    "/payments/api/import/budgets": _MACHINE,
}
"""What needs no such page, and why."""
OF_EVERY_SERVICE = re.compile(r"^(/api)?/\w+/operator/|^/v1/traces$")
"""The operators' own switches, the same in all (shared/operations.py): a parked message, the clock of a demo. They end
nothing of people's."""


@pytest.fixture(scope="module")
def posts(tmp_path_factory: pytest.TempPathFactory) -> set[str]:
    instance = Instance.open("test", tmp_path_factory.mktemp("instance"), mode="test")
    instance.settle_ports()
    instance.write_settings()
    found: set[str] = set()
    for part in PARTS:
        module: Any = import_module(f"{package_of(part)}.app")
        app = module.create_app(module.Settings.load(instance.env_file(part)))
        found |= {
            str(route.path)
            for route in iter_route_contexts(app.routes)
            if isinstance(route.original_route, APIRoute) and "POST" in (route.methods or ())
        }
    return found


def test_every_post_was_decided_about_once(posts: set[str]) -> None:
    listed = set(BEFORE) | set(EXEMPT)
    assert not set(BEFORE) & set(EXEMPT)
    assert {path for path in posts if not OF_EVERY_SERVICE.match(path)} - listed == set(), (
        "decide: does it end something?"
    )
    assert listed - posts == set(), "it is gone: take it off the list"


@pytest.mark.parametrize("path", sorted(BEFORE))
def test_the_page_with_the_form_says_what_ends_and_what_stays(path: str) -> None:
    words = BEFORE[path].read_text()
    assert "before_it_ends(" in words or ("What ends" in words and "What stays" in words)


def forms(template: Path) -> set[str]:
    """The last parts of the addresses that a template posts to."""
    words = re.sub(r'<form method="get"[^>]*>', "", template.read_text())
    posted = re.findall(r"""post_button\((.*?),\s*["({]""", words) + re.findall(
        r"""action=(["'].*?|\w+ ~ .*?)(?:,|\)|>)""", words
    )
    return {part.group(1) for each in posted if (part := re.search(r"/([a-z-]+)[\"']*\s*$", each))}


@pytest.mark.parametrize("path", sorted(path for path in BEFORE if not path.endswith("}")))
def test_no_other_page_has_the_same_button(path: str) -> None:
    """A button elsewhere would be the one blind press."""
    last, folder = path.rpartition("/")[2], BEFORE[path]
    root = next(root for root in (OPPORTUNITIES, PAYMENTS, FEEDBACK, NOTIFICATIONS, OPERATOR) if root in folder.parents)
    elsewhere = {
        str(template) for template in root.rglob("*.html") if template != BEFORE[path] and last in forms(template)
    }
    begun = {
        "trust": {str(OPPORTUNITIES / "sharing/templates/network.html")},
        "board": {str(FEEDBACK / "templates/giver_item.html")},
    }
    allowed = begun | {"cancel": {str(BEFORE[f"{STAFF}/sessions-to-come/cancel"])}}  # another address that ends alike
    assert elsewhere <= allowed.get(last, set())


def test_where_it_is_begun_nothing_is_ended() -> None:
    network, item = (
        (OPPORTUNITIES / "sharing/templates/network.html").read_text(),
        (FEEDBACK / "templates/giver_item.html").read_text(),
    )
    assert 'name="trust", value="true"' in network and 'name="trust", value="false"' not in network
    assert 'value="no"' not in item
