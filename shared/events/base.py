"""What every event has. Add fields freely (with a default); anything else is a new class with the next `schema_version`."""

from typing import ClassVar, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict


class Fact(BaseModel):
    """Frozen; unknown fields of a newer publisher are ignored."""

    model_config = ConfigDict(frozen=True, extra="ignore")


class ParticipantRef(Fact):
    """Who took part: a person of ours, or a guest known only by a code. home is the home organisation's short name."""

    kind: Literal["person", "guest"]
    id: UUID
    home: str


class Event(Fact):
    """A past fact about one aggregate, with the state that its consumers need.

    Ids and facts only: no name, contact detail, interest, need or free text about a person.
    version counts the aggregate's changes: a consumer that already knows a later one ignores this.
    """

    owner: ClassVar[str]
    name: ClassVar[str]
    schema_version: ClassVar[int] = 1
    aggregate: ClassVar[str]
    """The name of the field that holds the aggregate's id."""

    version: int

    @classmethod
    def subject(cls) -> str:
        return f"{cls.owner}.{cls.name}.v{cls.schema_version}"

    @property
    def aggregate_id(self) -> UUID:
        return getattr(self, self.aggregate)
