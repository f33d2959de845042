"""Two organisations that give each other feedback (NET-02)."""

from dataclasses import dataclass
from typing import Any
from uuid import UUID

from services.feedback.domain.crossing import seal_of
from services.feedback.use_cases import answering, giving, releasing
from shared.db import Actor, new_id
from shared.events.network import local_id
from tests.feedback.network import Organisation, bring
from tests.feedback.support import WORDS

STAFF = Actor("person", new_id())
LEAD = new_id()


@dataclass
class Region:
    """Viewpoint's people gave feedback about what SUN holds."""

    sun: Organisation
    viewpoint: Organisation
    opportunity: UUID
    """SUN's own id of it."""

    @property
    def listing(self) -> UUID:
        return local_id("sun", self.opportunity)

    async def give(
        self,
        *,
        named: bool = True,
        may_cross: bool = True,
        may_show: bool = True,
        words: str = WORDS,
        actor: Actor | None = None,
        read_here: bool = True,
    ) -> UUID:
        given = giving.Given(
            "opportunity",
            words,
            may_show,
            "email" if named else "code",
            opportunity_id=self.listing,
            may_cross=may_cross,
        )
        code_hash = None if named else new_id().bytes
        actor = actor or (Actor("person", new_id()) if named else Actor("guest"))
        work = lambda tx: giving.give(tx, given, answer_days=28, home="viewpoint", code_hash=code_hash)  # noqa: E731
        item_id = await self.viewpoint.do(work, by=actor)
        if may_cross:
            read = lambda tx: releasing.release(tx, item_id, seen=seal_of(words), checked=True)  # noqa: E731
            await self.viewpoint.do(read, by=STAFF)
        return item_id

    async def sun_answers(self, *item_ids: UUID, ending: Any = "used", text: str = "We bought a fan.") -> None:
        """item_ids: Viewpoint's."""
        ours = [local_id("viewpoint", item_id) for item_id in item_ids]
        work = {
            "ending": ending,
            "text": text,
            "said": "",
            "checked": False,
            "roles": ["coordinator"],
            "reviewer_role": "approver",
        }
        await self.sun.do(answering.answer, ours, **work, by=STAFF)

    async def crosses(self) -> None:
        """Both ways, all there is, again and again without harm."""
        await bring(self.viewpoint, self.sun)
        await bring(self.sun, self.viewpoint)
