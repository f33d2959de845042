"""An organisation's own list of people: the columns of its file, and taking it in, for the API and the pages."""

from collections.abc import Collection, Sequence
from typing import Annotated, Any, ClassVar, Literal

from pydantic import BeforeValidator, Field, ValidationInfo, field_validator

from services.people.domain.choices import channels_for
from services.people.domain.contacts import canonical_phone
from services.people.domain.matching import Told
from services.people.domain.postal import as_postal_address
from services.people.domain.roles import roles_in_order
from services.people.use_cases import importing
from services.people.use_cases.importing import ListedPerson, Outcome
from shared.bulk import in_pieces
from shared.db import Command, Database, Transaction
from shared.web.csv_rows import Day, ImportRow, InvalidFile, Listed, RowProblem, Slugs, slug

_NO_ANSWERS = frozenset({"agreed_on", "same_person", "first_name", "surname", "postcode"})
"""Columns that are no answers of their own."""


class PersonRow(ImportRow):
    """A row of the organisation's own list. Someone is found again by email or, without one, by name and phone.

    In a blank cell, or a column left out, we keep what we hold; answers are deleted on the person's own page."""

    key: ClassVar[tuple[str, ...]] = ("email",)
    instead: ClassVar[dict[str, tuple[str, ...]]] = {"name": ("first_name", "surname")}
    most_rows: ClassVar[int] = 10_000
    also: ClassVar[dict[str, tuple[str, ...]]] = {
        "first_name": ("forename", "given name", "first names", "christian name"),
        "surname": ("last name", "family name", "second name"),
        "name": ("full name", "names", "person", "participant", "participant name"),
        "known_as": ("preferred name", "likes to be called", "called", "nickname", "goes by"),
        "email": ("email address", "mail", "e-mail address", "email id", "e-mails", "emails", "contact email"),
        "phone": (
            *(
                "mobile",
                "telephone",
                "tel",
                "tel no",
                "phone number",
                "phone no",
                "telephone number",
                "telephone no",
                "mobile number",
                "mobile no",
            ),
            *("mobile phone", "mob", "cell", "contact number", "home phone", "landline", "number"),
        ),
        "postal_address": ("address", "home address", "address for letters", "address for post"),
        "postcode": ("post code", "zip"),
        "roles": ("role",),
        "area": ("district", "where they live", "town"),
        "ruled_out_kinds": ("not these kinds", "kinds ruled out"),
        "ruled_out_areas": ("not these areas", "areas ruled out"),
        "ruled_out_times": ("not these times", "times ruled out"),
        "channels": ("channel", "how they hear", "contact by"),
        "access_needs": ("needs", "access need", "access requirements"),
        "over_18": (
            "18 or over",
            "18+",
            "aged 18 or over",
            "adult",
            "over 18s",
            "is 18 or over",
            "are they 18 or over",
        ),
        "agreed_on": ("consent date", "date of consent", "consent given on", "agreed", "date agreed"),
        "same_person": ("same", "is it the same person"),
    }

    first_name: str = ""
    surname: str = ""
    name: Annotated[str, Field(validate_default=True)] = ""
    known_as: str = ""
    email: str = ""
    phone: str = ""
    postcode: str = ""
    postal_address: Annotated[str, Field(validate_default=True)] = ""
    roles: Slugs = ("participant",)
    area: str = ""
    ruled_out_kinds: Slugs = ()
    ruled_out_areas: Listed = ()
    ruled_out_times: Slugs = ()
    channels: Slugs = ()
    format: Annotated[Literal["plain", "easy-read"], BeforeValidator(slug)] = "plain"
    discreet: bool = False
    access_needs: Slugs = ()
    over_18: bool | None = None
    agreed_on: Day | None = None
    same_person: bool | None = None

    @field_validator("name")
    @classmethod
    def _whole(cls, name: str, info: ValidationInfo) -> str:
        """Some lists split the name over two columns."""
        first, last = info.data.get("first_name", ""), info.data.get("surname", "")
        if name or (first and last):
            return name or f"{first} {last}"
        if first or last:
            blank = "surname" if first else "first name"
            raise ValueError(
                f"The {blank} is blank. Fill it in. If they have one name only, write it in a column called “name”."
            )
        raise ValueError("This is blank. Fill it in.")

    @field_validator("postal_address")
    @classmethod
    def _with_postcode(cls, lines: str, info: ValidationInfo) -> str:
        """Some lists keep the postcode in a column of its own."""
        return as_postal_address(info.data.get("name", ""), lines, info.data.get("postcode", ""))

    def answers(self) -> dict[str, Any]:
        """The answers as they are kept: lists where they are lists, and None for a blank address."""
        row = self.model_dump(mode="json", exclude={*_NO_ANSWERS})
        return row | {
            "email": self.email or None,
            "phone": canonical_phone(self.phone),
            "channels": list(self.channels or channels_for(bool(self.email))),
            "roles": roles_in_order(self.roles),
        }

    def without_address(self) -> "PersonRow":
        """For somebody new who shares an address with somebody we hold: only one of them can sign in with it."""
        row = self.model_copy(update={"email": ""})
        row._number = self._number
        return row

    def listed(self) -> ListedPerson:
        """Takes some time for each row: for thousands, run it off the event loop."""
        told = Told(self.name, self.email, self.phone, self.same_person, self.known_as)
        filled = frozenset(self.model_fields_set - _NO_ANSWERS | {"name"})
        return ListedPerson(self.number, told, self.answers(), filled, self.agreed_on)


def listed(rows: Sequence[PersonRow]) -> list[ListedPerson]:
    return [row.listed() for row in rows]


class UnclearList(InvalidFile):
    """Nothing was changed: something is wrong, or we have to ask about it."""

    def __init__(self, outcome: Outcome) -> None:
        super().__init__(problems_of(outcome))
        self.outcome = outcome


def problems_of(outcome: Outcome, *, questions: bool = True) -> list[RowProblem]:
    """By row. questions: includes what we have to ask, to be answered in the file."""
    known = PersonRow.model_fields
    problems = [
        RowProblem(number, PersonRow.heading(column) if column in known else None, reason.text)
        for number, reason in outcome.problems
        for column in ["postal_address" if reason.field in ("name_on_door", "line_1") else reason.field]
    ]
    if questions:
        problems += [
            RowProblem(asked.row, "same person", reason.text) for asked in outcome.questions for reason in asked.reasons
        ]
    return sorted(problems, key=lambda problem: problem.row or 0)


async def take(database: Database, command: Command, rows: Sequence[PersonRow], areas: Collection[str]) -> Outcome:
    """Takes in the whole list, or raises UnclearList and changes nothing."""
    told = await in_pieces(listed, rows)

    async def work(tx: Transaction) -> Outcome:
        outcome = await importing.take_list(tx, told, areas)
        if outcome.problems or outcome.questions:
            raise UnclearList(outcome)
        return outcome

    return await database.run(command, work)
