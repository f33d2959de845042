"""PAY-08, PAY-12: whoever sends vouchers reads to whom and how; who gets them reads that they are vouchers."""

import csv
import io
import re
from datetime import UTC, datetime
from typing import Any

import pytest

from services.payments.bank_details.use_cases import copies
from services.payments.paying.domain.handing import done_already, how_it_is_handed
from services.payments.paying.use_cases import answers, sending
from shared.identity import Role
from tests.payments.support import World, person


@pytest.mark.parametrize(
    ("method", "email", "phone", "says"),
    [
        ("vouchers", "leo@example.org", "07700 900001", "by email"),
        ("vouchers", "", "07700 900001", "Ring them"),
        ("vouchers", "", "", "next see them"),
        ("cash", "leo@example.org", "07700 900001", "Ring them"),
        ("cheque", "leo@example.org", "", "Write to them"),
    ],
)
def test_pay_12_how_what_is_no_bank_payment_reaches_its_owner(method: str, email: str, phone: str, says: str) -> None:
    assert says in how_it_is_handed(method, email=email, phone=phone)


async def test_pay_12_the_voucher_list_names_people_in_full_and_how_to_reach_them(
    site: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    who = person()
    claim_id = await site.approved(who, recognition="vouchers")
    run_id = await site.run()
    asked: list[str] = []

    async def requests(subject: str, payload: dict[str, Any]) -> dict[str, Any]:
        asked.append(subject)
        reached = {"name": "Leo Marsh", "email": "leo@example.org", "phone": "07700 900001"}
        return {"people": dict.fromkeys(payload["person_ids"], reached)}

    monkeypatch.setattr(site.app.state.service, "requests", requests)
    finance = site.visitor(Role.FINANCE, person_id=site.finance)
    answer = await finance.get(f"/payments/runs/{run_id}/vouchers.csv")
    [row] = csv.DictReader(io.StringIO(answer.content.decode("utf-8-sig")))
    assert (row["Name"], row["What"], row["Amount"]) == ("Leo Marsh", "Vouchers", "15.00")
    assert (row["How"], row["Email"]) == ("Send by email", "leo@example.org") and "900001" in row["Phone"]
    assert asked == ["people.addresses.payments"]
    read = "SELECT 1 FROM steps WHERE what = 'contact-details-read' AND about = :id"
    assert len(await site.rows(read, id=who.id)) == 1
    await site.do(sending.mark_sent, run_id, by=site.finance)
    await site.do(answers.confirm_rest_by_hand, run_id, transfers=False, by=site.second)
    page = (await site.visitor(Role.PARTICIPANT, person_id=who.id).get(f"/payments/claims/{claim_id}")).text
    assert "We sent you £15.00 in vouchers." in page and "We paid you" not in page
    assert "Given or sent: £15.00" in page and not re.search(r">\s*Paid\b|Paid: ", page)


async def test_pay_12_without_people_the_list_says_what_it_lacks(site: World) -> None:
    await site.approved(person(), recognition="vouchers")
    run_id = await site.run()
    answer = await site.visitor(Role.FINANCE, person_id=site.finance).get(f"/payments/runs/{run_id}/vouchers.csv")
    assert "could not look up how to reach them" in answer.text


@pytest.mark.parametrize(("method", "says"), [("vouchers", "Do not order it again"), ("cash", "Give it once")])
def test_pay_12_a_list_of_what_was_sent_says_so_of_each(method: str, says: str) -> None:
    at = datetime(2026, 11, 23, 23, 30, tzinfo=UTC)
    said = done_already(method, at, "Sam Hill")
    assert "on Monday 23 November 2026, as Sam Hill says" in said and says in said
    assert done_already(method, None, "") == ""


async def test_pay_12_the_list_of_a_run_that_was_sent_is_for_handing_over_and_says_who_ordered_it_and_when(
    site: World,
) -> None:
    for _ in range(2):
        await site.approved(person(), recognition="vouchers")
    await site.do(copies.keep_card, site.finance, {"version": 1, "name": "Sam Hill", "added_by": None})
    run_id = await site.run()
    url = f"/payments/runs/{run_id}"
    second = site.visitor(Role.FINANCE, person_id=site.second)

    async def listed() -> list[dict[str, str]]:
        answer = await second.get(f"{url}/vouchers.csv")
        return list(csv.DictReader(io.StringIO(answer.content.decode("utf-8-sig"))))

    assert [row["Done already"] for row in await listed()] == ["", ""]
    await site.do(sending.mark_sent, run_id, by=site.finance)
    first, other = await listed()
    assert first["Done already"].startswith("Ordered already, on Monday 23 November 2026, as Sam Hill says.")
    page = (await second.get(url)).text
    assert "List for handing over" in page and "Sam Hill said on Monday 23 November 2026" in page
    payment = await site.row("SELECT id FROM payments WHERE end_to_end_id = :of", of=first["Reference"])
    await site.by_hand(run_id, payment.id, "handed-over")
    assert [row["Reference"] for row in await listed()] == [other["Reference"]]  # nobody hands it over twice
    await site.by_hand(run_id, (await site.row("SELECT id FROM payments WHERE state = 'sent'")).id, "handed-over")
    assert "vouchers.csv" not in (await second.get(url)).text
