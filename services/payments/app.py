"""Wires payments. Nothing else here imports every other module."""

from functools import partial
from pathlib import Path

from fastapi import FastAPI

from services.payments import api, pages
from services.payments.asking.use_cases import tell as tell_what_waits
from services.payments.asking.use_cases import tell_of_what_was_done
from services.payments.bank_details.use_cases.bank_details import ask_to_confirm
from services.payments.bank_details.use_cases.copies import ask_who_introduced
from services.payments.bank_details.use_cases.people_to_confirm import tell_of_people
from services.payments.bank_details.use_cases.wanted_details import tell_of_wanted_details
from services.payments.bank_details.use_cases.wanted_meetings import ask_to_get_in_touch
from services.payments.bank_statements.use_cases.statement_ends import forget_unread, settle_what_is_known
from services.payments.claims.pages.limits import PassesLimit, ask_first
from services.payments.claims.use_cases.chasing import tell_of_overdue_claims
from services.payments.claims.use_cases.receipts import refuse_late_lines
from services.payments.consumers import RESPONDERS, consumers
from services.payments.gateways import open_gateways
from services.payments.invariants import INVARIANTS
from services.payments.paying.use_cases.taken_out import tell_untold
from services.payments.recharging.use_cases.recharges import settle_due_corrections
from services.payments.recharging.use_cases.statements import compare_again, follow_recharges, issue_statements
from services.payments.settings import Settings
from shared import service
from shared.service import Job, Service

__all__ = ["Settings", "create_app"]


def create_app(settings: Settings) -> FastAPI:
    gateways = open_gateways(settings)
    app = service.create_app(
        Service("payments", settings),
        pages=pages.routers,
        api=api.routers,
        consumers=consumers,
        jobs=[
            Job("refuse-lines-without-receipt", every=600, work=refuse_late_lines),
            Job("tell-of-overdue-claims", every=300, work=tell_of_overdue_claims),
            Job("settle-due-corrections", every=60, work=settle_due_corrections),
            Job("ask-to-confirm-details", every=600, work=ask_to_confirm),
            Job("ask-to-confirm-people", every=60, work=tell_of_people),
            Job("ask-for-wanted-details", every=60, work=tell_of_wanted_details),
            Job("tell-of-payments-perhaps-gone", every=600, work=tell_untold),
            Job("tell-what-waits", every=60, work=tell_what_waits),
            Job("tell-of-what-was-done", every=3600, work=tell_of_what_was_done, after_commits=True),
            Job("issue-statements", every=600, work=issue_statements),
            Job("bring-statements-up-to-date", every=60, work=follow_recharges),
            Job("compare-statements-again", every=60, work=compare_again),
            Job(
                "forget-unread-statements", every=3600, work=partial(forget_unread, days=settings.statements_kept_days)
            ),
            Job("settle-known-bank-lines", every=60, work=partial(settle_what_is_known, vault=gateways.vault)),
            Job(
                "ask-to-get-in-touch",
                every=60,
                work_outside=partial(ask_to_get_in_touch, known_days=settings.known_number_days),
            ),
            Job("ask-who-introduced", every=60, work_outside=ask_who_introduced),
        ],
        responders=RESPONDERS,
        invariants=INVARIANTS,
        templates=Path(__file__).parent / "templates",
    )
    app.add_exception_handler(PassesLimit, ask_first)
    app.state.gateways = gateways
    return app
