"""What every event has. Add fields freely (with a default); anything else is a new class with the next
`schema_version`."""

from typing import Annotated, ClassVar, Literal
from uuid import UUID

from pydantic import BaseModel, ConfigDict, Field

OrganisationName = Annotated[str, Field(pattern=r"^[a-z][a-z0-9-]{1,30}$")]
"""An organisation's short name, for example "sun"."""


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

    Ids and facts only: no name, contact detail, interest, need or free text about a person. version counts the
    aggregate's changes: a consumer that already knows a later one ignores this.
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


class Crossing(Event):
    """A fact that leaves the organisation through its gateway, and arrives elsewhere as the class of the same name in
    `shared.events.network`. What has no field here cannot leave: the gateway refuses it.

    Texts and lists are bounded and dates are checked, because to the receiver they are somebody else's input.
    """

    crossing: ClassVar[Literal["public", "addressed"]]


class Public(Crossing):
    """Everyone in the network may read it, the hub too (NET-01)."""

    crossing = "public"


class Addressed(Crossing):
    """For one organisation: sealed to its key, so that the hub cannot read what it carries (NET-02)."""

    crossing = "addressed"
    to: OrganisationName
    content: ClassVar[type[Fact] | None] = None
    """What goes with it and may be in no event, because it is about a person: the gateway asks the owning service
    for it (`<owner>.contents.gateway`), and the addressee's service asks its gateway (`gateway.contents.<service>`)."""
