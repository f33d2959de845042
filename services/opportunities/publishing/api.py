"""What is published as JSON, for other websites; and the import of a spreadsheet's file, for operators."""

import hashlib
import re
from datetime import date, datetime, timedelta
from typing import Any, ClassVar, Literal
from uuid import UUID

from fastapi import APIRouter, Request
from pydantic import BaseModel, Field, field_validator

from services.opportunities.places.queries import how_full
from services.opportunities.publishing.use_cases import changing
from services.opportunities.publishing.use_cases.importing import import_opportunity
from services.opportunities.words.domain import IN_THE_ROOM, KINDS
from services.opportunities.writing.domain.drafts import reasons_not_to_plan
from services.opportunities.writing.use_cases import NewSession
from shared.clock import NoSuchTime, london_datetime
from shared.db import Command, Transaction
from shared.identity import ConfirmedOperator, Coordinator, Visitor
from shared.reasons import Refused, refuse
from shared.service import of
from shared.web import Paragraphs
from shared.web.csv_import import CSV_BODY, CSV_RESPONSES, ImportCounts, read_to_take, take_rows
from shared.web.csv_rows import Day, ImportRow, Pence, slug

router = APIRouter(prefix="/opportunities/api", tags=["opportunities"])


class SessionAnswer(BaseModel):
    id: UUID
    starts_at: datetime
    ends_at: datetime
    venue: str


class OpportunityAnswer(BaseModel):
    """Everything that the public page says (OPP-02)."""

    id: UUID
    state: Literal["published", "finished", "closed", "cancelled"]
    open: bool = Field(description="people may take a place or join the waiting list")
    title: str
    kind: str
    mode: str
    area: str
    summary: str = Field(description="the short version")
    background: str
    expected: str
    time_needed: str
    paid: bool
    payment: str
    commissioner: str = Field(description="who funds it; blank if the organisation itself does")
    contact_role: str
    contact_how: str
    accessibility: str
    result: str
    notice_reason: str = Field(description="why notice was short; blank if it was not")
    capacity: int | None = Field(description="places in all; null if there is room for everyone")
    free: int | None = Field(description="places still free; null if there is room for everyone")
    led_by: str = Field(description="who leads it in the room; this and the next four may be blank")
    speaking: str
    upset: str = Field(description="who is there if somebody gets upset")
    agreements: str
    conflicts: str = Field(description="what happens if interests conflict")
    outcome: str
    cancelled_because: str = Field(description="why it was cancelled; blank if it was not")
    closes_on: date | None = Field(description="the last day of what people do in their own time; then no sessions")
    sessions: list[SessionAnswer]


class OpportunitiesAnswer(BaseModel):
    opportunities: list[OpportunityAnswer]
    next_after: UUID | None = Field(default=None, description="ask again with after=this for more; null at the end")


_FROM_ROW = OpportunityAnswer.model_fields.keys() - {"open", "free", "sessions"}


def _answer(found: how_full.Opportunity) -> OpportunityAnswer:
    return OpportunityAnswer(
        **{name: found.facts._mapping[name] for name in _FROM_ROW},
        open=found.open,
        free=found.free,
        sessions=[SessionAnswer.model_validate(session, from_attributes=True) for session in found.sessions],
    )


@router.get("/opportunities")
async def list_opportunities(request: Request, who: Visitor, after: UUID | None = None) -> OpportunitiesAnswer:
    """Everything that was ever published, 500 at a time. Each page has the earliest start first."""
    found, next_after = await of(request).database.read(lambda tx: how_full.public_opportunities(tx, after))
    return OpportunitiesAnswer(opportunities=[_answer(each) for each in found], next_after=next_after)


@router.get(
    "/opportunities/{opportunity_id}", responses={404: {"description": "There is none, or it is not published."}}
)
async def get_opportunity(request: Request, who: Visitor, opportunity_id: UUID) -> OpportunityAnswer:
    return _answer(await of(request).database.read(lambda tx: how_full.public_opportunity(tx, opportunity_id)))


class Cancelling(BaseModel):
    reason: Paragraphs = Field(max_length=1000, description="everyone with a place reads it")


_REFUSED: dict[int | str, dict[str, Any]] = {
    404: {"description": "There is none."},
    422: {"description": "A rule says no; nothing was changed."},
}


@router.post("/opportunities/{opportunity_id}/cancel", responses=_REFUSED)
async def cancel_opportunity(
    request: Request, who: Coordinator, opportunity_id: UUID, cancelling: Cancelling
) -> OpportunityAnswer:
    """It will not happen: everyone with a place is told, with the reason. A second call changes nothing."""
    service = of(request)
    await service.database.run(
        Command("cancel-opportunity", who.actor),
        lambda tx: changing.cancel(tx, opportunity_id, cancelling.reason, service.settings.host),
    )
    return _answer(await service.database.read(lambda tx: how_full.public_opportunity(tx, opportunity_id)))


class OpportunityRow(ImportRow):
    """One opportunity. sessions: "14/01/2027 10:30 to 12:00", or "in 35 days 10:30 to 12:00"; several with semicolons
    between them. closes_on: the last day of what people do in their own time, without sessions; joining: how then."""

    key: ClassVar[tuple[str, ...]] = ("reference",)
    messages: ClassVar[dict[str, str]] = {"mode": "Write in-person, online or both."}

    reference: str = Field(max_length=100)
    title: str = Field(max_length=150)
    kind: str
    background: Paragraphs = ""
    expected: Paragraphs = ""
    time_needed: Paragraphs = ""
    mode: Literal["", "in-person", "online", "both"] = ""
    area: str = ""
    sessions: Paragraphs = ""
    venue: str = ""
    joining: str = ""
    closes_on: Day | None = None
    paid: bool | None = None
    payment: Paragraphs = ""
    budget: Pence | None = None
    commissioner: str = ""
    contact_role: str = ""
    contact_how: str = ""
    accessibility: Paragraphs = ""
    result: Paragraphs = ""
    short_version: Paragraphs = ""
    led_by: Paragraphs = ""
    speaking: Paragraphs = ""
    upset: Paragraphs = ""
    agreements: Paragraphs = ""
    conflicts: Paragraphs = ""
    notice_reason: Paragraphs = ""
    places: int | None = Field(default=None, ge=1, le=10_000)
    publish: bool = False

    @field_validator("mode", mode="before")
    @classmethod
    def _mode(cls, written: str) -> str:
        return slug(written)

    @field_validator("kind")
    @classmethod
    def _kind(cls, written: str) -> str:
        names = {name.casefold(): kind for kind, name in KINDS.items()}
        kind = names.get(written.casefold(), slug(written))
        if kind not in KINDS:
            raise ValueError("Write one of: " + ", ".join(KINDS) + ".")
        return kind

    @field_validator("sessions")
    @classmethod
    def _sessions(cls, written: str) -> str:
        for part in _parts(written):
            _planned(part, date(2000, 1, 1))
        return written

    def texts(self) -> dict[str, Any]:
        """As use cases write them."""
        kept = self.model_dump(
            exclude={
                "reference",
                "sessions",
                "venue",
                "joining",
                "closes_on",
                "publish",
                "budget",
                "places",
                "short_version",
            }
        )
        return kept | {"budget_pence": self.budget, "capacity": self.places, "summary": self.short_version}

    def digest(self) -> str:
        """Identifies everything that the row says. A column that files once did not have counts if it says
        something."""
        without = {name for name in ("closes_on", *IN_THE_ROOM) if not getattr(self, name)}
        return hashlib.sha256(self.model_dump_json(exclude=without).encode()).hexdigest()

    def planned(self, today: date) -> list[NewSession]:
        """Its sessions. Refused if it has some and no venue."""
        refuse(reasons_not_to_plan(sessions=self.sessions, venue=self.venue))
        return [NewSession(*_planned(part, today), self.venue, self.joining) for part in _parts(self.sessions)]


_SESSION = re.compile(
    r"(?:in (?P<days>\d{1,3}) days|(?P<iso>\d{4}-\d{2}-\d{2})|(?P<british>\d{1,2}/\d{1,2}/\d{4}))"
    r",? (?:at )?(?P<start>\d{1,2}[:.]\d{2})\s*(?:to|-|–)\s*(?P<end>\d{1,2}[:.]\d{2})",
    re.IGNORECASE,
)


def _parts(written: str) -> list[str]:
    return [part.strip() for part in re.split(r"[;\n]", written) if part.strip()]


def _planned(written: str, today: date) -> tuple[datetime, datetime]:
    """(start, end). Raises ValueError with a plain sentence."""
    match = _SESSION.fullmatch(written)
    if match is None:
        raise ValueError("Write each session like 14/01/2027 10:30 to 12:00, with semicolons between them.")
    try:
        if match["days"]:
            day = today + timedelta(days=int(match["days"]))
        else:
            day = date.fromisoformat(
                match["iso"] or "-".join(f"{int(part):02}" for part in reversed(match["british"].split("/")))
            )
        start, end = (london_datetime(day, *map(int, re.split("[:.]", match[name]))) for name in ("start", "end"))
    except NoSuchTime as wrong:
        raise ValueError(f"{wrong}.") from None
    except ValueError:
        raise ValueError("There is no such day or time. Write each session like 14/01/2027 10:30 to 12:00.") from None
    return start, end


@router.post("/import/opportunities", response_model=ImportCounts, openapi_extra=CSV_BODY, responses=CSV_RESPONSES)
async def import_opportunities(request: Request, who: ConfirmedOperator) -> dict[str, int]:
    """Takes in a file of opportunities, whole or not at all. The same file again changes nothing."""
    service = of(request)
    rows = await read_to_take(request, OpportunityRow)

    async def take(tx: Transaction, row: OpportunityRow) -> Literal["added", "changed", "unchanged"]:
        planned, policy = row.planned(tx.today), service.settings.policy
        try:
            return await import_opportunity(
                tx,
                row.reference,
                row.digest(),
                row.texts(),
                planned,
                closes_on=row.closes_on,
                joining=row.joining,
                publish=row.publish,
                policy=policy,
                host=service.settings.host,
            )
        except Refused as refused:
            raise Refused(
                [reason.at(_COLUMNS.get(reason.field or "", reason.field)) for reason in refused.reasons]
            ) from None

    return await service.database.run(Command("import-opportunities", who.actor), lambda tx: take_rows(tx, rows, take))


_COLUMNS = {
    "time": "time_needed",
    "where": "mode",
    "contact": "contact_role",
    "summary": "short_version",
    "notice": "notice_reason",
    "day": "sessions",
    "ends": "sessions",
}
"""The column of the file that each rule's field belongs to."""
