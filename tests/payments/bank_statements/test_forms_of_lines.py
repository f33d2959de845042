"""PAY-12, PAY-13: a page of several forms with one question shows again what was chosen, in the form that was sent."""

import re

from services.payments.bank_details.use_cases import bank_details
from shared.identity import Role
from tests.payments.bank_statements.test_paid_twice import near
from tests.payments.bank_statements.test_statement_shown import sent
from tests.payments.paying.support import camt
from tests.payments.site import post
from tests.payments.support import ACCOUNTS, AccountDetails, World, acting, brought, person

LINES, TO_CONFIRM = "/payments/bank-statement", "/payments/confirm-details"


def chosen(html: str) -> list[tuple[str, str]]:
    """The answers that are chosen: the address of their form, and the value."""
    forms = re.findall(r'<form method="post" action="([^"]*)".*?</form>', html, re.DOTALL)
    texts = re.findall(r'<form method="post" action="[^"]*".*?</form>', html, re.DOTALL)
    return [
        (action, re.findall('value="([^"]*)"', field)[0])
        for action, text in zip(forms, texts, strict=True)
        for field in re.findall(r'<input[^>]*type="radio"[^>]*>', text)
        if " checked" in field
    ]


async def test_pay_12_a_refused_choice_for_a_line_stays_chosen_there_and_at_no_other_line(site: World) -> None:
    first, _ = await sent(site, 2)
    lines = camt(("15.00", "DBIT", "A", ""), ("15.00", "DBIT", "B", ""))
    await site.do(brought, lines, site.app.state.gateways.vault, by=site.second)
    second = site.visitor(Role.FINANCE, person_id=site.second)
    for line in await near(site):
        url = f"{LINES}/lines/{line.id}"
        page = await post(second, url, LINES, payment=str(first.id), idempotency_key="")
        assert page.status_code == 422 and chosen(page.text) == [(url, str(first.id))]
        none = await post(second, url, LINES, payment="")
        assert chosen(none.text) == [] and none.text.count('class="govuk-error-message"') == 1
        assert 'href="#payment"' in none.text and none.text.count('id="payment"') == 1


async def test_pay_13_how_details_were_confirmed_stays_chosen_there_and_at_no_other_person(site: World) -> None:
    vault = site.app.state.gateways.vault
    for account in ACCOUNTS[:2]:
        who = person()
        await site.do(
            bank_details.give_details, who, AccountDetails("Alex", *account), vault, by=acting(site.second, who.id)
        )
    finance = site.visitor(Role.FINANCE, person_id=site.finance)
    for row in await site.rows("SELECT id FROM bank_details WHERE state = 'unconfirmed'"):
        url = f"{TO_CONFIRM}/{row.id}"
        page = await post(finance, url, TO_CONFIRM, how="in-person", idempotency_key="")
        assert page.status_code == 422 and chosen(page.text) == [(url, "in-person")]
        none = await post(finance, url, TO_CONFIRM, how="")
        assert chosen(none.text) == [] and none.text.count('id="how"') == 1
