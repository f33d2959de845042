"""A line of the account's statement that paid a whole run (PAY-12)."""

from typing import ClassVar
from uuid import UUID

from fastapi import APIRouter, Request, Response

from services.payments.bank_details.pages.common import vault_of
from services.payments.bank_statements.domain.whole_runs import What
from services.payments.bank_statements.pages.bank_statements import URL, ask
from services.payments.bank_statements.use_cases import whole_runs
from services.payments.forms import KeyForm, command
from shared.identity import ConfirmedFinance
from shared.service import of
from shared.text import counted
from shared.web import again, read_form, redirect

router = APIRouter(prefix=f"{URL}/lines")


class RunForm(KeyForm):
    messages: ClassVar[dict[str, str]] = dict.fromkeys(["run", "what"], "This form is too old. Open the page again.")
    run: UUID
    what: What = "pays"


_SAID: dict[What, str] = {
    "pays": "Confirmed: {}. The people are told.",
    "debit": "Written down: this is how the bank paid {}. Nothing else changes.",
    "again": "Written down: the bank paid {} twice. Ask the bank for the money.",
}


@router.post("/{entry_id}/run")
@again(ask)
async def choose_run(request: Request, entry_id: UUID, who: ConfirmedFinance) -> Response:
    vault = vault_of(request)
    form = await read_form(request, RunForm)
    done = await of(request).database.run(
        command(f"choose-run-for-bank-line-{form.what}", who, form.idempotency_key, entry_id, form.run),
        lambda tx: whole_runs.choose(tx, entry_id, form.run, vault, form.what),
        once=True,
    )
    return redirect(URL, _SAID[form.what].format(counted(done, "payment")))
