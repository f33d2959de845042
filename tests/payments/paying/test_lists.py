"""Finance's lists: shown whole in pages while more comes in, and no page takes a statement for each row."""

import re
from typing import Any
from uuid import UUID

import httpx
import pytest
from sqlalchemy import text

import shared.paging
from services.payments.bank_details.use_cases import bank_details, copies
from services.payments.claims.domain.claims import LineKind
from services.payments.claims.use_cases import claims
from services.payments.recharging.domain import recharges as rules
from shared.db import new_id
from shared.identity import Role
from tests.payments.support import ACCOUNTS, VAULT, AccountDetails, World, acting, person
from tests.support.lists import assert_each_once, walk
from tests.support.statements import counted

MANY = 12
_RECHARGE = """
INSERT INTO recharges (id, direction, organisation, recharge_id, version, attendance_id, guest_id, opportunity_id,
  session_date, fee_pence,
                       expenses_pence, most_fee_pence, most_expenses_pence, state, because, raised_at)
SELECT gen_random_uuid(), 'received', 'sun-' || CAST(CAST(:month AS integer) AS text), :id, 1, attendance_id,
  gen_random_uuid(), opportunity_id,
       DATE '2026-11-18', 900, 0, 0, 0, 'refused', 'not-funded', make_timestamptz(2026, CAST(:month AS integer), 3, 10,
         0, 0)
  FROM attendances LIMIT 1 RETURNING id
"""
_STATEMENT = """
INSERT INTO statements (id, direction, organisation, statement_id, version, month, state, issued_at)
VALUES (:id, :direction, 'sun', :id, 1, '2026-' || lpad(CAST(CAST(:month AS integer) AS text), 2, '0'), 'differs',
  now()) RETURNING id
"""


async def add(site: World, sql: str, month: int, **values: Any) -> UUID:
    """What it is known by to both sides."""
    both_know = new_id()
    await site.do(lambda tx: tx.execute(text(sql), {"id": both_know, "month": month, **values}), by=site.finance)
    return both_know


async def recharges(site: World, number: int, month: int = 11) -> list[str]:
    return [str(await add(site, _RECHARGE, month - each % 3)) for each in range(number)]


async def statements(site: World, number: int, month: int = 11, direction: str = "issued") -> list[str]:
    return [str(await add(site, _STATEMENT, month - each % 3, direction=direction)) for each in range(number)]


async def in_pages(visitor: httpx.AsyncClient, path: str, between: Any) -> list[dict[str, Any]]:
    """What an API's pages hold, by their Link headers."""
    found: list[dict[str, Any]] = []
    while path:
        answer = await visitor.get(path)
        assert answer.status_code == 200, answer.text
        found += answer.json()
        path = "".join(re.findall('<([^>]+)>; rel="next"', answer.headers.get("link", "")))
        await between(0)
    return found


@pytest.fixture
def short_pages(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shared.paging, "A_PAGE", 5)


@pytest.mark.usefixtures("short_pages")
async def test_net_03_recharges_are_shown_whole_while_more_are_raised(site: World) -> None:
    await site.opened(person())
    wanted, finance = await recharges(site, MANY), site.visitor(Role.FINANCE)

    async def more(_: int) -> None:
        await recharges(site, 1, month=12)
        await recharges(site, 1, month=8)

    references = "(" + "|".join(re.escape(rules.reference(UUID(each))) for each in wanted) + ")"
    seen = await walk(finance, "/payments/recharges", references, more, name="received_after")
    assert_each_once(seen, [rules.reference(UUID(each)) for each in wanted])
    by_api = await in_pages(finance, "/payments/api/recharges", more)
    assert_each_once([each["recharge_id"] for each in by_api], wanted)


@pytest.mark.usefixtures("short_pages")
@pytest.mark.parametrize(
    ("direction", "name"), [("issued", "raised_statements_after"), ("received", "received_statements_after")]
)
async def test_net_03_statements_are_shown_whole_while_more_are_made(site: World, direction: str, name: str) -> None:
    wanted, finance = await statements(site, MANY, direction=direction), site.visitor(Role.FINANCE)
    await statements(site, 3, direction="received" if direction == "issued" else "issued")

    async def more(_: int) -> None:
        await statements(site, 1, month=12, direction=direction)
        await statements(site, 1, month=8, direction=direction)

    pattern = "statements/(" + "|".join(wanted) + ")"
    assert_each_once(await walk(finance, "/payments/recharges", pattern, more, name=name), wanted)
    assert_each_once([each["id"] for each in await in_pages(finance, "/payments/api/statements", more)], wanted)


@pytest.mark.usefixtures("short_pages")
async def test_pay_11_budgets_are_shown_whole_while_opportunities_come(site: World) -> None:
    async def opportunity(number: int) -> str:
        event = await site.opportunity(commissioner=f"Council {number:03}")
        return event.commissioner

    wanted, finance, made = (
        [await opportunity(number) for number in range(MANY)],
        site.visitor(Role.FINANCE),
        iter(range(100, 200)),
    )
    seen = await walk(finance, "/payments/ledger", r"(Council \d{3})", lambda _: opportunity(next(made)))
    assert_each_once(seen, wanted)
    assert [each for each in seen if each in wanted] == sorted(wanted, reverse=True)


async def test_payments_pages_take_as_many_statements_for_twelve_rows_as_for_three(site: World) -> None:
    taken = list[dict[str, int]]()
    staff = site.visitor(Role.FINANCE, Role.APPROVER, person_id=site.second)
    mine = person()
    own = site.visitor(Role.PARTICIPANT, person_id=mine.id)
    with_receipts = await site.opened(mine)
    await site.do(claims.choose_recognition, with_receipts, "vouchers", by=mine.id)
    for number in (3, 9):
        for each in range(number):
            who, taker = person(), new_id()
            await site.do(copies.keep_card, who.id, {"version": 1, "name": "Alex", "added_by": str(taker)})
            account = AccountDetails("Alex Example", *ACCOUNTS[0])
            await site.do(bank_details.give_details, who, account, VAULT, by=acting(taker, who.id))
            await site.submitted(who, recognition="vouchers")
            await site.opened(mine)
            line = await site.do(claims.add_expense, with_receipts, LineKind.FARE, f"Bus {each}", 250, by=mine.id)
            await site.receipt(mine, with_receipts, UUID(line), sha256=new_id().hex * 2)
        await recharges(site, number)
        await statements(site, number)
        await statements(site, number, direction="received")
        counts: dict[str, int] = {}
        lists = [
            "/approve",
            "/runs",
            "/recharges",
            "/ledger",
            "/confirm-details",
            "/policy",
            "/api/recharges",
            "/api/statements",
        ]
        for visitor, paths in (
            (staff, [*lists, f"/approve/{with_receipts}"]),
            (own, ["/claims", "/api/claims", f"/claims/{with_receipts}"]),
        ):
            for path in paths:
                with counted(site.app.state.service.database) as seen:
                    answer = await visitor.get(f"/payments{path}")
                    assert answer.status_code == 200, (path, answer.text[-500:])
                counts[path] = len(seen)
        taken.append(counts)
    assert taken[0] == taken[1]
