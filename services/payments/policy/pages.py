"""How we pay: a public page made from the organisation's own figures, with their history (PAY-15)."""

from fastapi import APIRouter, Request, Response

from services.payments.policy import domain as rules
from services.payments.policy import queries as policy_queries
from shared.identity import Visitor
from shared.service import of
from shared.web import page

router = APIRouter(prefix="/payments")


@router.get("/policy")
async def policy(request: Request, who: Visitor) -> Response:
    values = await of(request).database.read(policy_queries.policy_values)
    today = of(request).clock.today()
    history = [
        (value.holds_from, rules.RATE_WORDS[value.name], rules.rate_in_words(value.name, value.value))
        for value in rules.public_history(values)
    ]
    rates = rules.rates_on(today, values)
    return page(
        request,
        "policy/policy.html",
        who=who,
        title="How we pay",
        rates=rates,
        history=history,
        today=today,
        how=rules.how_one_is_paid(rates),
        who_does_what=rules.who_looks_after_what(rates),
        not_paid=rules.what_is_not_paid(rates),
    )
