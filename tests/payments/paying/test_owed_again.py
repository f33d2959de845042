"""PAY-12: no page and no message says that money is owed again where another payment stands in its place, and each
says so where it is owed. One database: each fate of a payment is somebody's claim."""

import re
from collections.abc import Awaitable, Callable
from typing import Any
from uuid import UUID

import httpx

from services.payments.bank_details.gateways.vault import AccountDetails, Vault
from services.payments.bank_details.use_cases import bank_details
from services.payments.bank_statements.use_cases import bank_statements, choosing
from services.payments.claims.use_cases import claims
from services.payments.owing.domain.leaving import TRANSFER
from services.payments.paying.use_cases import runs, sending
from shared.db import new_id
from shared.events import ParticipantRef
from shared.identity import Role
from tests.payments.bank_statements.test_bookings import BACK, OUT, of, on
from tests.payments.bank_statements.test_paid_twice import near
from tests.payments.paying.support import payment
from tests.payments.site import followed, key_of, post
from tests.payments.support import ACCOUNTS, World, brought, person
from tests.support.slices import WHOLE, in_turn

OWED = re.compile(
    r"\bowe (it|these|them) again|\bowed again|(can|it) go(es)? (into|again)|next run|check their details"
)
STATEMENT = "/payments/bank-statement"


def says_owed(response: httpx.Response) -> bool:
    return bool(OWED.search(re.sub("<[^>]+>", " ", response.text)))


OWED_OF_IT = "SELECT id FROM payables WHERE claim_id = :id AND state IN ('owed', 'returned')"


class Told:
    """Fates of payments, each of its own claim."""

    def __init__(self, site: World) -> None:
        self.site, self.minutes = site, 0
        self.vault: Vault = site.app.state.gateways.vault
        self.finance = site.visitor(Role.FINANCE, person_id=site.second)

    async def approved(self, *, vouchers: bool = False) -> tuple[ParticipantRef, UUID]:
        """Each of another sum, so that a line that names no payment means one."""
        who, self.minutes = person(), self.minutes + 6
        facts: dict[str, Any] = {"minutes": self.minutes, "planned_minutes": self.minutes}
        claim_id = await self.site.opened(who, **facts)
        await self.site.do(claims.choose_recognition, claim_id, TRANSFER, by=who.id)
        if vouchers:
            await self.site.do(claims.add_miles, claim_id, 100, "", False, by=who.id)
            await self.site.do(claims.choose_expenses_method, claim_id, "vouchers", by=who.id)
        details = AccountDetails("Alex Example", *ACCOUNTS[0])
        await self.site.do(bank_details.give_details, who, details, self.vault, by=who.id)
        await self.site.do(claims.submit_claim, claim_id, by=who.id)
        await self.site.approve(claim_id)
        return who, claim_id

    async def made(self, claim_id: UUID) -> UUID:
        owed = await self.site.rows("SELECT id FROM payables WHERE state = 'owed' AND claim_id = :id", id=claim_id)
        return UUID(await self.site.do(runs.make_run, [row.id for row in owed], looked=True, by=self.site.finance))

    async def sent(self, claim_id: UUID, method: str = TRANSFER) -> Any:
        run_id = await self.made(claim_id)
        await self.site.do(sending.mark_sent, run_id, by=self.site.finance)
        return await payment(self.site, run_id=run_id, method=method)

    async def lost_and_sent_again(self, claim_id: UUID) -> tuple[Any, Any]:
        first = await self.sent(claim_id)
        await self.site.by_hand(first.run_id, first.id, "not-paid")
        owed = await self.sent(claim_id)
        await self.site.do(brought, on(24, of(first, OUT)), self.vault, by=new_id())
        [line] = await near(self.site)
        said = await self.site.do(choosing.choose, line.id, first.id, self.vault, by=self.site.second)
        assert said == "paid-twice"
        return first, owed


async def on_its_way(told: Told, claim_id: UUID) -> Any:
    return await told.sent(claim_id)


async def paid(told: Told, claim_id: UUID) -> Any:
    sent = await told.sent(claim_id)
    await told.site.do(brought, on(24, of(sent, OUT)), told.vault, by=told.site.second)
    return sent


async def out_twice(told: Told, claim_id: UUID) -> Any:
    sent = await told.sent(claim_id)
    for day in (24, 25):
        await told.site.do(brought, on(day, of(sent, OUT)), told.vault, by=new_id())
    [line] = await near(told.site)
    await told.site.do(choosing.choose, line.id, sent.id, told.vault, by=told.site.second)
    return sent


async def sent_again(told: Told, claim_id: UUID) -> Any:
    return (await told.lost_and_sent_again(claim_id))[1]


async def paid_again(told: Told, claim_id: UUID) -> Any:
    _, again = await told.lost_and_sent_again(claim_id)
    await told.site.do(brought, on(25, of(again, OUT)), told.vault, by=told.site.second)
    return again


async def lost_itself(told: Told, claim_id: UUID) -> Any:
    """What was paid in its place is on its way, and counts."""
    return (await told.lost_and_sent_again(claim_id))[0]


async def vouchers_beside(told: Told, claim_id: UUID) -> Any:
    """Its fee was paid twice; these are its costs."""
    await told.lost_and_sent_again(claim_id)
    return await payment(told.site, claim_id=claim_id, method="vouchers", state="sent")


Fate = Callable[[Told, UUID], Awaitable[Any]]
FATES: dict[Fate, bool] = {
    on_its_way: True,
    paid: True,
    out_twice: False,
    sent_again: False,
    paid_again: False,
    lost_itself: False,
    vouchers_beside: True,
}
"""How each stands, and whether its money is owed again if it did not go or came back."""


OTHER = re.compile("that is what the person has|no loss any more|more than once")
"""What a message says in place of owing."""


async def by_hand(told: Told, it: Any) -> list[bool]:
    """What its own page says, and the message after somebody has pressed."""
    url = f"/payments/runs/{it.run_id}/payments/{it.id}"
    shown = await told.finance.get(url)
    hows = re.findall('value="([a-z-]+)"', shown.text)
    how = next(each for each in ("came-back", "not-paid", "lost") if each in hows)
    after = await followed(told.finance, await post(told.finance, url, url, how=how))
    return [says_owed(shown), not OTHER.search(after.text)]


async def by_statement(told: Told, it: Any) -> list[bool]:
    """What the page says that shows what we read, and the message after its button."""
    data = on(26, *([of(it, OUT)] if it.state == "sent" else []), of(it, BACK))
    given = await told.site.do(bank_statements.take_statement, data, told.vault, by=told.site.second)
    page = f"{STATEMENT}/{given['check']}/check"
    shown = await told.finance.get(page)
    after = await followed(told.finance, await post(told.finance, page, page))
    return [says_owed(shown), not OTHER.search(after.text)]


async def by_a_chosen_line(told: Told, it: Any) -> list[bool]:
    """What the page says that asks first, if it asks, and the message after its button."""
    data = on(26, (f"{it.amount_pence / 100:.2f}", BACK, "A EXAMPLE RETURNED"))
    await told.site.do(brought, data, told.vault, by=new_id())
    [line] = await near(told.site)
    asked = await post(told.finance, f"{STATEMENT}/lines/{line.id}", STATEMENT, payment=str(it.id))
    before: list[bool] = []
    if asked.status_code == 200:
        before = [says_owed(asked)]
        asked = await told.finance.post(
            f"{STATEMENT}/lines/{line.id}",
            data={"idempotency_key": key_of(asked), "payment": str(it.id), "asked": "true"},
        )
    return [*before, not OTHER.search((await followed(told.finance, asked)).text)]


NOTHING_SAID_SO = ((vouchers_beside, by_statement), (vouchers_beside, by_a_chosen_line), (lost_itself, by_hand))


@WHOLE
async def test_pay_12_pages_and_messages_say_that_money_is_owed_again_where_it_is_and_only_there(
    site: World, whole: bool
) -> None:
    told, wrong = Told(site), list[str]()
    for number, (fate, is_owed) in enumerate(FATES.items()):
        ways = [way for way in (by_hand, by_statement, by_a_chosen_line) if (fate, way) not in NOTHING_SAID_SO]
        for way in in_turn(number, ways, whole):
            who, claim_id = await told.approved(vouchers=fate is vouchers_beside)
            it = await payment(site, id=(await fate(told, claim_id)).id)
            before = len(await site.events("claim-owed-again", claim_id))
            said = await way(told, it)
            heard = len(await site.events("claim-owed-again", claim_id)) > before
            said += [heard] if heard or it.state == "paid" else []  # what was never paid is sent again unheard
            if fate is not vouchers_beside:  # its fee is on its way all the while
                page = await site.visitor("participant", person_id=who.id).get(f"/payments/claims/{claim_id}")
                said.append("We aim to pay it" in page.text)
            owed = await site.rows(OWED_OF_IT, id=claim_id)
            if [*said, bool(owed)] != [is_owed] * (len(said) + 1):
                wrong.append(f"{fate.__name__}, {way.__name__}: {said}, {len(owed)} owed")
            assert await near(site) == [], (fate, way)
    assert wrong == []
