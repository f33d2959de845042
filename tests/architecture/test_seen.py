"""Nobody agrees to, confirms, settles or releases what they did not see: what another person or organisation can change
meanwhile is bound to a mark of what the page showed, and a press on anything else is refused.

Every POST of these programs is listed once: with the field that binds it and the test in which a press on what has
changed is refused, or with the reason why none is needed. A new route fails here until somebody has decided.
"""

import inspect
import re
from importlib import import_module
from pathlib import Path
from typing import Any

import pytest
from fastapi.routing import APIRoute, iter_route_contexts

from deploy.local.instance import Instance
from deploy.provisioning.parts import DATABASES, package_of

STAFF, NETWORK = "/opportunities/staff/{opportunity_id:uuid}", "/opportunities/staff/network"
ROLES, PERSON = "/people/staff/roles/{request_id}", "/people/staff/people/{person_id}"
RUN, STATEMENT, FILE = (
    "/payments/runs/{run_id}",
    "/payments/recharges/statements/{statement_id}",
    "/payments/bank-statement",
)
PAY = "tests/payments/claims/test_seen.py::test_"
_STEPS = (
    "tests/payments/paying/test_run_steps.py::"
    "test_pay_12_nobody_says_of_more_or_less_than_they_were_shown_that_it_was_paid"
)
_WORDS = (
    "tests/opportunities/listings/test_words_to_look_at.py::test_net_01_nobody_shows_words_that_came_after_they_looked"
)
_NAMES = (
    "tests/opportunities/listings/test_words_of_neighbours.py::"
    "test_net_01_a_neighbours_new_name_waits_for_a_look_unless_it_is_trusted"
)
_TO_GUESTS = (
    "tests/opportunities/listings/test_words_of_neighbours.py::"
    "test_net_01_a_hosts_words_to_a_guest_wait_and_its_facts_do_not"
)
_READ_ANEW = "tests/feedback/test_releasing.py::test_net_02_a_text_that_its_giver_changed_is_read_anew_here"
_READ_BY_BOTH = "tests/feedback/test_releasing.py::test_net_02_a_text_that_was_changed_here_is_read_anew_by_both"
_DIGITS = "tests/gateway/test_hostile_hub.py::test_net_04_keys_are_trusted_only_as_they_were_shown"
_OTHER_ROLES = "tests/people/test_roles.py::test_a_second_administrator_confirms_the_roles_that_they_saw_and_no_others"
_FIGURES = f"{PAY}net_03_no_button_of_a_statement_is_pressed_on_figures_that_were_not_read"

BOUND: dict[str, tuple[str, str]] = {
    f"{ROLES}/confirm": ("mark", _OTHER_ROLES),
    f"{ROLES}/turn-down": ("mark", _OTHER_ROLES),
    f"{ROLES}/ask": ("mark", "tests/people/test_roles.py::test_who_asks_for_what_a_list_asked_for_has_seen_it"),
    f"{PERSON}/second-step/answer": (
        "mark",
        "tests/people/test_second_step.py::test_two_administrators_take_a_second_step_away",
    ),
    "/people/staff/lists/{list_id}/take-in": (
        "mark",
        "tests/people/test_given_lists.py::test_peo_04_a_list_is_taken_in_by_who_saw_what_it_changes_now",
    ),
    "/opportunities/{opportunity_id:uuid}/take-part": (
        "mark",
        "tests/opportunities/places/test_dates_seen.py::test_opp_16_nobody_takes_a_place_on_a_day_that_they_did_not_read",
    ),
    "/opportunities/places/{place_id:uuid}/accept": (
        "mark",
        "tests/opportunities/places/test_dates_seen.py::test_opp_16_nobody_says_yes_to_an_offered_place_on_another_day_than_they_read",
    ),
    f"{STAFF}/contributions/{{contribution_id:uuid}}": (
        "seen",
        "tests/opportunities/contributions/test_contributions.py::"
        "test_opp_18_nobody_overwrites_what_somebody_else_put_right_meanwhile",
    ),
    f"{STAFF}/publish": (
        "mark",
        "tests/opportunities/coordinating/test_pages.py::test_opp_02_who_publishes_has_seen_what_everybody_will_read",
    ),
    f"{STAFF}/needs/{{need_id:uuid}}": (
        "mark",
        "tests/opportunities/places/test_pages.py::test_opp_07_what_is_promised_is_what_was_read",
    ),
    f"{STAFF}/sessions/{{session_id:uuid}}/register": (
        "seen",
        "tests/opportunities/register/test_stale_register.py::test_opp_11_an_old_register_page_does_not_overwrite_what_another_coordinator_wrote",
    ),
    f"{NETWORK}/{{listing_id:uuid}}/agree": (
        "read",
        "tests/opportunities/listings/test_listings.py::test_net_03_a_coordinator_agrees_once_to_the_terms_that_were_read",
    ),
    f"{NETWORK}/{{listing_id:uuid}}/hide": ("read", _WORDS),
    f"{NETWORK}/{{listing_id:uuid}}/words": ("read", _WORDS),
    f"{NETWORK}/guests/{{place_id:uuid}}/words": ("read", _TO_GUESTS),
    f"{NETWORK}/organisations/{{origin}}/name": ("read", _NAMES),
    "/payments/approve/{claim_id}": (
        "mark",
        f"{PAY}pay_11_a_second_approver_has_seen_that_it_is_over_budget_and_what_is_left",
    ),
    "/payments/approve/{claim_id}/refuse": (
        "mark",
        f"{PAY}pay_11_a_second_approver_has_seen_that_it_is_over_budget_and_what_is_left",
    ),
    "/payments/claims/{claim_id}/check": ("mark", f"{PAY}pay_06_who_sends_a_claim_has_seen_what_is_in_it"),
    "/payments/confirm-details/{details_id}": (
        "mark",
        f"{PAY}pay_13_details_are_confirmed_of_who_was_rung_as_they_were_known",
    ),
    "/payments/confirm-details/{details_id}/wrong": (
        "mark",
        f"{PAY}pay_13_details_that_are_wrong_are_set_aside_as_they_were_shown",
    ),
    "/payments/confirm-details/{details_id}/unanswered": (
        "mark",
        f"{PAY}pay_13_details_that_are_wrong_are_set_aside_as_they_were_shown",
    ),
    "/payments/confirm-details/people/{person_id}": (
        "mark",
        f"{PAY}pay_10_who_rang_somebody_has_not_confirmed_what_was_entered_since",
    ),
    f"{STATEMENT}/paid": ("mark", f"{PAY}net_03_what_is_marked_as_paid_is_what_finance_read_and_paid"),
    **{f"{STATEMENT}/{step}": ("mark", _FIGURES) for step in ("received", "take-theirs", "ask-again")},
    **{
        f"{RUN}/{step}": ("mark", _STEPS)
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
    f"{FILE}/{{statement_id}}/check": (
        "mark",
        "tests/payments/bank_statements/test_statement_shown.py::test_pay_12_what_is_booked_is_what_was_shown_or_nothing",
    ),
    f"{FILE}/set-aside": (
        "mark",
        "tests/payments/bank_statements/test_statement_shown.py::test_pay_12_who_confirms_set_aside_lines_confirms_those_that_they_saw",
    ),
    "/feedback/staff/{item_id}/release": ("seen", _READ_ANEW),
    "/feedback/mine/{item_id}/crossing": ("seen", _READ_BY_BOTH),
    "/feedback/look-up/crossing": ("seen", _READ_BY_BOTH),
    "/operator/keys/{organisation}": ("heard", _DIGITS),
    "/gateway/operator/keys/{name}/trust": ("fingerprint", _DIGITS),
}
"""What somebody agrees to that another can change: the field that says what they saw, and the test of a press on what
has changed since."""

_OWN = "it is their own, or they begin or write it themselves: it agrees to nothing of anybody else's"
_STOPS = "it stops or takes back: whatever it is about by then, nothing is paid, shown or sent by it"
_RECORDS = "it writes down what they have seen or done elsewhere, and agrees to nothing that stands on the page"
_FIXED = "what it is about never changes under its id, and its state is asked under the lock"
_LOOKS = "it looks something up"
_MACHINE = "a program sends all that it wants, and agrees to nothing that it was shown"
_GOES_LATER = "nothing is paid or booked by it: what goes is shown on a page of its own, and bound there"
FREE: dict[str, str] = {
    f"{PERSON}/roles": _OWN,
    f"{PERSON}/second-step": _OWN,
    f"{PERSON}/age": _OWN,
    f"{PERSON}/help": _OWN,
    "/people/staff/people/new": _OWN,
    "/people/staff/people/search": _LOOKS,
    "/people/staff/door": _OWN,
    "/people/staff/door/{door_id}/close": _STOPS,
    "/people/staff/lists": _OWN,
    "/people/staff/lists/{list_id}/questions": "each answer names what was offered; one that is not offered any more "
    "is refused",
    "/people/staff/lists/{list_id}/ask-again": _STOPS,
    "/people/staff/lists/{list_id}/drop": _STOPS,
    "/people/api/import/people": _MACHINE,
    "/opportunities/api/opportunities/{opportunity_id}/cancel": _MACHINE,
    "/opportunities/api/import/opportunities": _MACHINE,
    "/opportunities/{opportunity_id:uuid}/ask": _OWN,
    "/opportunities/places/{place_id:uuid}/needs": _OWN,
    "/opportunities/places/{place_id:uuid}/speaking-for": _OWN,
    "/opportunities/places/{place_id:uuid}/leave": _STOPS,
    f"{STAFF}/guests/{{place_id:uuid}}/take-off": _STOPS,
    "/opportunities/staff/new": _OWN,
    **{
        f"{STAFF}/{step}": _OWN
        for step in (
            "items/{slug}",
            "sessions",
            "sessions/add",
            "sessions/{session_id:uuid}/change",
            "closing-day",
            "closing-day/change",
            "change/{kind}",
            "outcome",
        )
    },
    f"{STAFF}/share": "what is shared goes on being shared as it is changed later: it agrees to the opportunity, not "
    "to its words",
    f"{STAFF}/sessions/{{session_id:uuid}}/remove": _STOPS,
    f"{STAFF}/sessions/{{session_id:uuid}}/walk-in": _RECORDS,
    f"{STAFF}/sessions/{{session_id:uuid}}/register/walk-in": _RECORDS,
    f"{STAFF}/sessions/{{session_id:uuid}}/walk-in/search": _LOOKS,
    f"{STAFF}/contributions/add": _LOOKS,
    f"{STAFF}/contributions/add/search": _LOOKS,
    f"{STAFF}/contributions/of/{{person_id:uuid}}": _RECORDS,
    f"{STAFF}/bookings/{{booking_id:uuid}}/cancelled": _RECORDS,
    **{f"{STAFF}/{step}": _RECORDS for step in ("thanked", "asked")},
    **{f"{STAFF}/{step}": _STOPS for step in ("close", "finish", "sessions-to-come/cancel", "cancel")},
    f"{STAFF}/sessions/{{session_id:uuid}}/cancel": _STOPS,
    f"{NETWORK}/organisations/{{origin}}/trust": "it is of an organisation, not of what it says: that waits for a "
    "look of its own",
    "/opportunities/questions/{question_id:uuid}/set-aside": _FIXED,
    "/opportunities/questions/{question_id:uuid}/set-aside/mail-again": _FIXED,
    "/opportunities/questions/{question_id:uuid}/set-aside/finding-out": _FIXED,
    "/opportunities/staff/questions/{question_id:uuid}": _FIXED,
    "/opportunities/staff/questions/{question_id:uuid}/mail-again": _FIXED,
    "/opportunities/staff/questions/{question_id:uuid}/give-up": _STOPS,
    "/opportunities/staff/questions/{question_id:uuid}/finding-out": _FIXED,
    "/opportunities/staff/questions/{question_id:uuid}/show": _FIXED,
    "/opportunities/staff/questions/{question_id:uuid}/take-back": _STOPS,
    "/payments/api/import/rates": _MACHINE,
    "/payments/api/import/budgets": _MACHINE,
    **{
        f"/payments/claims/{{claim_id}}/{what}": _OWN
        for what in ("miles", "fare", "other", "thanks", "expenses-method", "fee", "reopen", "close", "another-look")
    },
    **{f"/payments/claims/{{claim_id}}/lines/{{line_id}}/{what}": _OWN for what in ("remove", "receipt", "no-receipt")},
    **{f"/payments/claims/{{claim_id}}/{what}": _STOPS for what in ("decline", "hold")},
    **{
        f"/payments/claims/{{claim_id}}/{what}": "what was agreed cannot be changed: it only goes on"
        for what in ("let-go", "try-again")
    },
    "/payments/my-limit": _OWN,
    "/payments/bank-details/change": _OWN,
    "/payments/withdraw/{claim_id}": _STOPS,
    "/payments/set-aside/{claim_id}": _FIXED,
    "/payments/confirm-details/{details_id}/number": _LOOKS,
    "/payments/confirm-details/people/{person_id}/number": _LOOKS,
    "/payments/runs": _GOES_LATER,
    f"{RUN}/payments/{{payment_id}}": _FIXED,
    f"{RUN}/answer": "it is what the bank says, in a file of the bank's",
    FILE: _GOES_LATER,
    f"{FILE}/{{statement_id}}/columns": _GOES_LATER,
    f"{FILE}/{{statement_id}}/throw-away": _STOPS,
    f"{FILE}/forget-columns": _STOPS,
    f"{FILE}/lines/{{entry_id}}": _FIXED,
    f"{FILE}/lines/{{entry_id}}/run": _FIXED,
    "/feedback/api/import/feedback": _MACHINE,
    "/feedback/staff/answer": _OWN,
    "/feedback/staff/responses/{response_id}": _OWN,
    **{
        f"/feedback/staff/{{item_id}}/{step}": _OWN
        for step in ("join", "spam", "pass-on", "theme", "name", "safeguarding")
    },
    "/feedback/staff/{item_id}/release/words": "both its giver and somebody here read them before anything goes",
    "/feedback/staff/{item_id}/release/keep": _STOPS,
    "/feedback/staff/safeguarding/{concern_id}/take": _OWN,
    "/feedback/staff/safeguarding/{concern_id}/about": _OWN,
    "/feedback/staff/safeguarding/{concern_id}/hand-over": _OWN,
    "/feedback/worry": _OWN,
    "/feedback/staff/safeguarding/{concern_id}/settle": _OWN,
    "/feedback/staff/safeguarding/leads": _OWN,
    "/notifications/staff/{message_id}/send-again": _FIXED,
    "/notifications/staff/calls/{person_id}/told": _RECORDS,
    "/notifications/staff/calls/{person_id}/tried": _RECORDS,
    "/notifications/staff/letters/print": _LOOKS,
    "/notifications/staff/letters/posted": _RECORDS,
    "/notifications/staff/letters/not-posted": _RECORDS,
    "/notifications/staff/letters/came-back": _RECORDS,
    "/notifications/unsubscribe/{token}": _STOPS,
    "/operator/claims": _LOOKS,
    "/operator/dead-letters/{service}/{dead_letter_id}/close": _STOPS,
    "/operator/dead-letters/{service}/{dead_letter_id}/replay": _FIXED,
}
"""What needs no mark, and why."""
OWN_PAGES = re.compile(
    r"^/people/(me|join|sign-in|sign-out|session|confirm|second-step)(/|$)"
    r"|^/feedback/(give|look-up|mine/\{item_id\})(/(?!crossing)|$)"
    r"|^(/api)?/\w+/operator/(steps|dead-letters|clock)|^/v1/traces$"
)
"""A person's own matters, which nobody else writes; and the operators' own switches, the same in every service."""


@pytest.fixture(scope="module")
def posts(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    instance = Instance.open("test", tmp_path_factory.mktemp("instance"), mode="test")
    instance.settle_ports()
    instance.write_settings()
    found: dict[str, Any] = {}
    for part in DATABASES:
        module: Any = import_module(f"{package_of(part)}.app")
        app = module.create_app(module.Settings.load(instance.env_file(part)))
        for route in iter_route_contexts(app.routes):
            if isinstance(route.original_route, APIRoute) and "POST" in (route.methods or ()):
                found[str(route.path)] = inspect.unwrap(route.original_route.endpoint)
    return found


def test_every_post_was_decided_about_once(posts: dict[str, Any]) -> None:
    listed = set(BOUND) | set(FREE)
    assert not set(BOUND) & set(FREE)
    assert {path for path in posts if not OWN_PAGES.match(path)} - listed == set(), (
        "decide: does it agree to what another can change meanwhile?"
    )
    assert listed - set(posts) == set(), "it is gone: take it off the list"


@pytest.mark.parametrize("path", sorted(BOUND))
def test_what_is_bound_sends_what_was_seen_and_a_test_presses_on_what_has_changed(
    posts: dict[str, Any], path: str
) -> None:
    field, test = BOUND[path]
    module = inspect.getmodule(posts[path])
    assert module is not None and re.search(rf"^    {field}: ", inspect.getsource(module), re.M), (
        "no form of this page has that field"
    )
    assert re.search(rf"\.{field}\b", inspect.getsource(module)), "the page asks for it and does nothing with it"
    file, _, name = test.partition("::")
    found = re.search(rf"^(async )?def {name}\(.*?(?=^[^\s)]|\Z)", Path(file).read_text(), re.M | re.S)
    assert found, f"{test} is gone"
    refuses = re.search(
        r"raises\(Refused|is_refused\(|CHANGED|has changed since|have changed since|422|OTHER", found[0]
    )
    assert refuses, f"{test} refuses nothing"
