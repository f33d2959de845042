"""Two organisations' payments, each on a database of its own, and the events between them carried by hand."""

import json
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

from services.payments.claims.domain.claims import LineKind
from services.payments.claims.use_cases import claims
from services.payments.recharging.use_cases import recharges, statements
from shared.db import new_id
from shared.events import ParticipantRef, network
from shared.events.listings import OpportunityShared, PublicSession
from shared.events.opportunities import AttendanceRecorded, OpportunityCreated
from tests.payments.support import World, person

HOST, HOME = "sun", "viewpoint"
HEARS = {
    "payments.recharge-raised.v1": (network.RechargeRaised, recharges.hear_recharge),
    "payments.recharge-answered.v1": (network.RechargeAnswered, recharges.hear_answer),
    "payments.statement-issued.v1": (network.StatementIssued, statements.hear_statement),
    "payments.statement-answered.v1": (network.StatementAnswered, statements.hear_answer),
}
"""What crosses, what it is when it arrives, and who hears it."""
PUBLIC = ("title", "summary", "kind", "mode", "area", "contact_role", "commissioner", "short_notice_reason")
NEXT_MONTH = 14
"""Days from the day of the tests into the first days of December."""


def shared(
    opportunity: OpportunityCreated,
    *,
    version: int = 1,
    rate_pence: int | None = 1000,
    funding: str = "none",
    cap: int = 0,
) -> OpportunityShared:
    """What its host says to the network of an opportunity."""
    return OpportunityShared(
        version=version,
        opportunity_id=opportunity.opportunity_id,
        host_name="SUN",
        **{name: getattr(opportunity, name) for name in PUBLIC},
        sessions=tuple(PublicSession(**session.model_dump()) for session in opportunity.sessions),
        background="Why",
        expected="What",
        time_needed="Two hours",
        payment="Paid",
        accessibility="Online",
        result="A choice",
        paid=opportunity.paid,
        rate_pence=rate_pence,
        funding=funding,  # pyrefly: ignore
        expenses_cap_pence=cap,
        waiting_list=False,
        url="https://sun.example/opportunities/1",
    )


@dataclass(frozen=True)
class Guest:
    """One guest at one session: what the host and the home each know of it."""

    who: ParticipantRef
    guest_id: UUID
    opportunity_id: UUID
    attendance_id: UUID
    """The host's ids."""
    local_opportunity: UUID
    local_attendance: UUID
    claim_id: UUID
    host_event: AttendanceRecorded
    home_event: AttendanceRecorded


@dataclass
class Region:
    """host and home: each a World of payments. What is in an outbox and has not crossed waits there until carry()."""

    host: World
    home: World
    crossed: dict[str, int] = field(default_factory=dict)

    async def shared(
        self,
        *,
        rate_pence: int | None = 1200,
        funding: str = "fees-and-expenses",
        cap: int = 500,
        version: int = 1,
        of: OpportunityCreated | None = None,
    ) -> OpportunityCreated:
        """The host shares an opportunity, or changes what it offers for one."""
        opportunity = of or await self.host.opportunity()
        session = opportunity.sessions[0]
        event = shared(opportunity, version=version, rate_pence=rate_pence, funding=funding, cap=cap)
        await self.host.hear(event)
        terms = {"rate_pence": rate_pence, "funding": funding, "expenses_cap_pence": cap}
        local = {
            "version": version,
            "opportunity_id": network.local_id(HOST, opportunity.opportunity_id),
            "sessions": (session.model_copy(update={"session_id": network.local_id(HOST, session.session_id)}),),
            "budget_pence": None,
            "host": HOST,
            "host_name": "SUN",
            "host_opportunity_id": opportunity.opportunity_id,
        }
        listing = opportunity.model_copy(update={**local, **terms})
        await self.home.hear(listing)
        return opportunity

    async def attended(
        self,
        opportunity: OpportunityCreated,
        *,
        minutes: int = 90,
        present: bool = True,
        at_home: dict[str, Any] | None = None,
    ) -> Guest:
        """A guest's line of the host's register, heard by payments on both sides."""
        guest_id, who = new_id(), person()
        guest = ParticipantRef(kind="guest", id=guest_id, home=HOME)
        host_event = self.host.attendance(opportunity, guest, minutes=minutes, present=present)
        local = {
            "attendance_id": network.local_id(HOST, host_event.attendance_id),
            "opportunity_id": network.local_id(HOST, opportunity.opportunity_id),
            "session_id": network.local_id(HOST, host_event.session_id),
            "participant": who,
            "recorded_by": network.organisation_id(HOST),
            "host": HOST,
            "guest_id": guest_id,
            "host_attendance_id": host_event.attendance_id,
            "host_opportunity_id": opportunity.opportunity_id,
        }
        home_event = host_event.model_copy(update={**local, **(at_home or {})})
        await self.host.hear(host_event)
        await self.home.hear(home_event)
        opened = await self.home.rows(
            "SELECT id FROM claims WHERE attendance_id = :id AND follows IS NULL", id=home_event.attendance_id
        )
        ids = (
            guest_id,
            opportunity.opportunity_id,
            host_event.attendance_id,
            home_event.opportunity_id,
            home_event.attendance_id,
        )
        return Guest(who, *ids, opened[0].id if opened else new_id(), host_event, home_event)

    async def corrected(
        self, guest: Guest, *, host: bool = True, home: bool = True, version: int = 2, **facts: Any
    ) -> None:
        """The host puts its register right; home hears it unless it is cut off."""
        for side, world, event in ((host, self.host, guest.host_event), (home, self.home, guest.home_event)):
            later = event.model_copy(update={"version": version, **facts})
            if side:
                await world.hear(later)

    async def paid(self, guest: Guest, *, fare_pence: int = 0) -> None:
        """The guest's claim at home, filled in, approved, and paid by the bank; with a fare and its receipt if there
        was one."""
        if fare_pence:
            line_id = UUID(
                await self.home.do(
                    claims.add_expense, guest.claim_id, LineKind.FARE, "Bus", fare_pence, by=guest.who.id
                )
            )
            await self.home.receipt(guest.who, guest.claim_id, line_id, sha256=new_id().hex * 2)
        await self.send(guest, guest.claim_id)
        await self.pay()

    async def send(self, guest: Guest, claim_id: UUID) -> None:
        await self.home.do(claims.choose_recognition, claim_id, "vouchers", by=guest.who.id)
        await self.home.do(claims.choose_expenses_method, claim_id, "bank-transfer", by=guest.who.id)
        if not await self.home.rows("SELECT 1 FROM bank_details WHERE participant_id = :id", id=guest.who.id):
            await self.home.account(guest.who, 0)
        await self.home.do(claims.submit_claim, claim_id, by=guest.who.id)
        await self.home.approve(claim_id)

    async def pay(self) -> None:
        """Everything that is owed to people at home is paid."""

        run_id = await self.home.sent_run()
        if await self.home.rows("SELECT 1 FROM payments WHERE run_id = :id AND method = 'bank-transfer'", id=run_id):
            await self.home.take(run_id, await self.home.answer(run_id), data=run_id.bytes)
        for payment in await self.home.rows(
            "SELECT id FROM payments WHERE run_id = :id AND method <> 'bank-transfer'", id=run_id
        ):
            await self.home.by_hand(run_id, payment.id, "handed-over")

    # Between them

    async def waiting(self, name: str) -> list[Any]:
        """What one of the two has said to the other and has not crossed yet: (subject, event as it arrives)."""
        world = self.host if name == HOST else self.home
        rows = await world.rows(
            "SELECT id, subject, body FROM outbox WHERE id > :after AND subject = ANY(:subjects) ORDER BY id",
            after=self.crossed.get(name, 0),
            subjects=list(HEARS),
        )
        self.crossed[name] = max([self.crossed.get(name, 0), *(row.id for row in rows)])
        return [(row.subject, HEARS[row.subject][0](**json.loads(row.body) | {"origin": name})) for row in rows]

    async def hear(self, name: str, subject: str, event: Any) -> None:
        world = self.host if name == HOST else self.home
        await world.do(HEARS[subject][1], event)

    async def carry(self) -> None:
        """Everything crosses, and what is said to it, until nobody has anything to say."""
        while True:
            from_home, from_host = await self.waiting(HOME), await self.waiting(HOST)
            if not from_home and not from_host:
                return
            for subject, event in from_home:
                await self.hear(HOST, subject, event)
            for subject, event in from_host:
                await self.hear(HOME, subject, event)

    async def jobs(self) -> None:
        for world in (self.host, self.home):
            for job in (statements.issue_statements, statements.follow_recharges, statements.compare_again):
                await world.do(job)

    async def month_ends(self, days: int = NEXT_MONTH) -> None:
        """The first days of the next month: statements are issued, compared and answered."""
        for world in (self.host, self.home):
            world.move(days=days)
        await self.jobs()
        await self.carry()

    # How it stands

    async def balance(self, world: World, account: str) -> int:
        return (
            await world.row(
                "SELECT coalesce(sum(pence), 0)::int AS pence FROM postings WHERE account = :account", account=account
            )
        ).pence

    async def totals(self) -> tuple[int, int]:
        """What home says it is owed, and what the host says it owes."""
        return await self.balance(self.home, "recharge-receivable"), -await self.balance(self.host, "recharge-payable")

    async def recharge(self, world: World) -> Any:
        return await world.row("SELECT * FROM recharges")

    async def statement(self, world: World) -> Any:
        return await world.row(
            "SELECT *, (SELECT sum(ours_pence)::int FROM statement_lines WHERE statement_id = statements.id) AS pence "
            "FROM statements"
        )
