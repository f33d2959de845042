"""Naming the safeguarding lead and deputy: administrators choose two people (FB-09)."""

from typing import ClassVar
from uuid import UUID

from fastapi import APIRouter, Request, Response

from services.feedback.queries.concerns_of import Leads, safeguarding_leads
from services.feedback.queries.names import staff_names
from services.feedback.use_cases import leads
from shared.db import Command, Transaction
from shared.identity import Administrator, ConfirmedAdministrator
from shared.service import of
from shared.web import Form, Refusal, again, page, read_form, redirect

router = APIRouter(prefix="/feedback/staff/safeguarding/leads")


class LeadsForm(Form):
    messages: ClassVar[dict[str, str]] = {
        "lead": "Choose the safeguarding lead: someone who works here now.",
        "deputy": "Choose the deputy: someone who works here now.",
    }
    lead: UUID
    deputy: UUID


@router.get("")
async def ask_leads(request: Request, who: Administrator, problem: Refusal = None) -> Response:
    async def read(tx: Transaction) -> tuple[Leads, list[tuple[UUID, str]]]:
        return await safeguarding_leads(tx), await staff_names(tx)

    found, staff = await of(request).database.read(read)
    return page(
        request,
        "staff/leads.html",
        who=who,
        title="Who looks after people’s safety?",
        leads=found,
        staff=staff,
        problem=problem,
    )


@router.post("")
@again(ask_leads)
async def name_leads(request: Request, who: ConfirmedAdministrator) -> Response:
    form = await read_form(request, LeadsForm)
    await of(request).database.run(
        Command("name-safeguarding-leads", who.actor), lambda tx: leads.name_leads(tx, form.lead, form.deputy)
    )
    return redirect(
        "/feedback/staff/safeguarding/leads",
        "Saved. New concerns go to them from now on. Whoever has a concern of before hands it over on its own page.",
    )
