"""Builders for payments: a published opportunity, an attendance, and claims taken as far as a test needs."""

import contextlib
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID

from fastapi import FastAPI
from sqlalchemy import select

from services.payments import tables
from services.payments.approving.domain import Decision
from services.payments.approving.use_cases import approval
from services.payments.bank_details.gateways.vault import AccountDetails, Vault
from services.payments.bank_details.use_cases import bank_details
from services.payments.bank_statements.gateways.bank_csv import Columns
from services.payments.bank_statements.use_cases import bank_statements, set_aside
from services.payments.claims.use_cases import claims, receipts
from services.payments.consumers import consumers
from services.payments.invariants import INVARIANTS
from services.payments.owing.domain.bank_reasons import BankReason
from services.payments.paying.domain.answers import BankAnswer, Batch, StatusLine
from services.payments.paying.gateways.bank_files import Payer
from services.payments.paying.use_cases import answers, run_files, runs, sending
from services.payments.receipts.gateways import CleanReceipt
from shared.db import Actor, Database, Transaction, new_id
from shared.events import ParticipantRef
from shared.events.opportunities import AttendanceRecorded, OpportunityCreated, SessionFacts
from tests.support.world import ServiceWorld

SESSION_DATE = date(2026, 11, 18)
NOW = datetime(2026, 11, 23, 10, 0, tzinfo=UTC)
"""A Monday."""
PAYER = Payer("The Test Voice", "309070", "12345668")
ACCOUNTS = [("089999", "66374958"), ("107999", "88837491"), ("202959", "63748472")]
VAULT = Vault("k1", {"k1": b"1" * 32}, b"s" * 32)


def person(person_id: UUID | None = None) -> ParticipantRef:
    return ParticipantRef(kind="person", id=person_id or new_id(), home="test")


def acting(person_id: UUID, acting_for: UUID | None = None) -> Actor:
    return Actor("person", person_id, acting_for)


class World(ServiceWorld):
    """One service's database and the people in it; with its pages, if it is of an app. Business time stands still until
    a test moves it."""

    consumers, invariants = consumers, INVARIANTS

    def __init__(self, of: FastAPI | Database) -> None:
        super().__init__(of)
        self.clock.now = lambda: NOW + self.clock.offset
        self.coordinator, self.approver, self.finance = new_id(), new_id(), new_id()
        self.second = new_id()
        """Somebody else of finance, who says by hand what was paid."""
        self.accounts = 0

    async def claim(self, claim_id: UUID) -> Any:
        return await self.database.read(lambda tx: tx.one(select(tables.claims).where(tables.claims.c.id == claim_id)))

    async def lines(self, claim_id: UUID) -> list[Any]:
        return await self.rows(
            "SELECT * FROM claim_lines WHERE claim_id = :id AND state <> 'removed' ORDER BY created_at, id", id=claim_id
        )

    # What happens before and around a claim

    async def opportunity(
        self,
        *,
        paid: bool = True,
        budget_pence: int | None = None,
        commissioner: str = "Fenland Council",
        mode: Any = "in-person",
    ) -> OpportunityCreated:
        starts = datetime(2026, 11, 18, 10, 0, tzinfo=UTC)
        session = SessionFacts(
            session_id=new_id(), starts_at=starts, ends_at=starts + timedelta(hours=2), venue="Online"
        )
        event = OpportunityCreated(
            version=1,
            opportunity_id=new_id(),
            title="Choosing who runs the night-time help line",
            summary="Help choose.",
            kind="tender-panel",
            mode=mode,
            area="Fenland",
            sessions=(session,),
            paid=paid,
            budget_pence=budget_pence,
            commissioner=commissioner,
            contact_role="Involvement lead",
            short_notice_reason="",
        )
        await self.hear(event)
        return event

    def attendance(self, opportunity: OpportunityCreated, who: ParticipantRef, **facts: Any) -> AttendanceRecorded:
        values: dict[str, Any] = {
            "version": 1,
            "attendance_id": new_id(),
            "opportunity_id": opportunity.opportunity_id,
            "session_id": opportunity.sessions[0].session_id,
            "session_date": SESSION_DATE,
            "place_id": new_id(),
            "participant": who,
            "present": True,
            "minutes": 90,
            "planned_minutes": 120,
            "paid": opportunity.paid,
            "recorded_by": self.coordinator,
        }
        return AttendanceRecorded(**{**values, **facts})

    async def opened(self, who: ParticipantRef, *, opportunity: OpportunityCreated | None = None, **facts: Any) -> UUID:
        event = self.attendance(opportunity or await self.opportunity(), who, **facts)
        await self.hear(event)
        return (
            await self.row(
                "SELECT id FROM claims WHERE attendance_id = :id AND follows IS NULL", id=event.attendance_id
            )
        ).id

    async def chosen(self, who: ParticipantRef, recognition: str = "vouchers", **facts: Any) -> UUID:
        """Opened, and its owner has said how they are thanked."""
        claim_id = await self.opened(who, **facts)
        await self.do(claims.choose_recognition, claim_id, recognition, by=who.id)
        return claim_id

    async def account(self, who: ParticipantRef, number: int | None = None) -> None:
        if number is None:
            number, self.accounts = self.accounts, self.accounts + 1
        details = AccountDetails("Alex Example", *ACCOUNTS[number])
        await self.do(bank_details.give_details, who, details, VAULT, by=who.id)

    async def submitted(
        self, who: ParticipantRef, *, recognition: str = "bank-transfer", miles: int = 0, **facts: Any
    ) -> UUID:
        claim_id = await self.opened(who, **facts)
        if miles:
            await self.do(claims.add_miles, claim_id, miles * 10, "", False, by=who.id)
        await self.do(claims.choose_recognition, claim_id, recognition, by=who.id)
        if recognition == "bank-transfer" and not await self.rows(
            "SELECT 1 FROM bank_details WHERE participant_id = :id", id=who.id
        ):
            await self.account(who)
        await self.do(claims.submit_claim, claim_id, by=who.id)
        return claim_id

    async def decisions(self, claim_id: UUID, **pence: int) -> list[Decision]:
        lines = await self.lines(claim_id)
        return [Decision(line.id, line.amount_pence) for line in lines if line.state == "ready"]

    async def approve(self, claim_id: UUID, approver: UUID | None = None) -> dict[str, Any]:
        decided = await self.decisions(claim_id)
        return await self.do(approval.approve_claim, claim_id, decided, by=approver or self.approver)

    async def approved(self, who: ParticipantRef, **facts: Any) -> UUID:
        claim_id = await self.submitted(who, **facts)
        await self.approve(claim_id)
        return claim_id

    async def run(self, maker: UUID | None = None, *, looked: bool = True) -> UUID:
        """Of everything that can go. looked: also what was in a file before, since the maker has looked."""
        return UUID(await self.do(runs.make_run, looked=looked, by=maker or self.finance))

    async def sent_run(self, *, looked: bool = True) -> UUID:
        run_id = await self.run(looked=looked)
        await self.do(sending.mark_sent, run_id, by=self.finance)
        return run_id

    async def answer(
        self, run_id: UUID, *, rejected: dict[UUID, str] | None = None, status: str = "ACSC"
    ) -> BankAnswer:
        """What a bank would say: everything paid, but for the claims in rejected, with their codes."""
        rejected = rejected or {}
        run = await self.row("SELECT message_id FROM payment_runs WHERE id = :id", id=run_id)
        payments = await self.rows(
            "SELECT * FROM payments WHERE run_id = :id AND method = 'bank-transfer' ORDER BY end_to_end_id", id=run_id
        )
        lines = []
        for row in payments:
            said = "RJCT" if row.claim_id in rejected else status
            lines.append(
                StatusLine(row.end_to_end_id, said, [BankReason(rejected.get(row.claim_id, ""))], row.amount_pence)
            )
        return BankAnswer(
            "BANK-1", run.message_id, "PART" if rejected else "ACSC", batches=[Batch(run.message_id, lines=lines)]
        )

    async def take(
        self, run_id: UUID, answer: BankAnswer, data: bytes = b"file", who: UUID | None = None
    ) -> dict[str, Any]:
        """How many were paid and rejected, and whether we had the answer before. who: brings it; else the second of
        finance."""
        taken = await self.do(answers.apply_answer, run_id, answer, data, by=who or self.second)
        return {name: taken[name] for name in ("paid", "rejected", "again")}

    async def fetch(self, run_id: UUID) -> str:
        return await self.do(run_files.fetch_bank_file, run_id, PAYER, VAULT, by=self.finance)

    async def by_hand(self, run_id: UUID, payment_id: UUID, how: str, who: UUID | None = None) -> str:
        return await self.do(answers.end_by_hand, run_id, payment_id, how, by=who or self.second)

    async def receipt(self, who: ParticipantRef, claim_id: UUID, line_id: UUID, sha256: str = "a" * 64) -> str:
        clean = CleanReceipt(b"picture", "image/jpeg", sha256, sha256, 1234567)
        return await self.do(receipts.attach_receipt, claim_id, line_id, clean, new_id().hex, by=who.id)


async def read_with(tx: Transaction, statement_id: UUID, columns: Columns, vault: Vault = VAULT) -> dict[str, Any]:
    """Somebody names a statement's columns, looks at what is read with them, and says that it is right."""
    await bank_statements.name_columns(tx, statement_id, columns, vault)
    return await as_shown(tx, statement_id, vault)


async def as_shown(tx: Transaction, statement_id: UUID, vault: Vault = VAULT) -> dict[str, Any]:
    """Who brought it looks at what we read in it, and says that it is right."""
    assert tx.actor.id is not None
    shown = await bank_statements.to_check(tx, statement_id, tx.actor.id, vault)
    assert shown is not None
    return await bank_statements.read_as_shown(tx, statement_id, shown.mark, vault)


async def brought(tx: Transaction, data: bytes, vault: Vault = VAULT) -> dict[str, Any]:
    """Somebody brings a camt.053, or a CSV whose columns are known, looks at what we read in it, and says that it is
    right."""
    taken = await bank_statements.take_statement(tx, data, vault)
    return await as_shown(tx, UUID(taken["check"]), vault) if "check" in taken else taken


async def seen_on_the_account(tx: Transaction, vault: Vault = VAULT) -> dict[str, int]:
    """Somebody looks at the lines that wait for a second person, and confirms those that they may. How many were paid,
    came back, and stay."""
    assert tx.actor.id is not None
    seen = await set_aside.look_at(tx, tx.actor.id, vault)
    done = await set_aside.confirm(tx, seen.mark, vault)
    return {name: done[name] for name in ("paid", "returned", "stay")}


def world_on(url: str) -> contextlib.AbstractAsyncContextManager[World]:
    """A database alone. What is left behind must keep every invariant."""
    return World(Database(url)).running()
