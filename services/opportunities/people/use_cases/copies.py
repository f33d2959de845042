"""Cards, kept as `people` gives them. A later version wins, in whatever order they arrive."""

from typing import Any
from uuid import UUID

from sqlalchemy import or_, select, text, update

from services.opportunities.people.tables import people
from services.opportunities.people.use_cases.ages import ages_are_known
from shared.copies import keep_newest
from shared.db import SYSTEM, Command, Transaction, one_of
from shared.service import Service

AT_ONCE = 1000


_TELL_APART = text(
    "UPDATE people SET told_apart_by = said.told_apart_by FROM unnest(CAST(:people AS uuid[]), CAST(:by AS text[])) "
    "AS said (person_id, told_apart_by)"
    " WHERE people.person_id = said.person_id AND people.told_apart_by IS NULL"
)
SAID_LATER = ("age_known", "reached_by_message", "told_apart_by")


async def keep_card(tx: Transaction, person_id: UUID, card: dict[str, Any]) -> None:
    """card: as `people.cards.opportunities` gives it. Fields that an older `people` does not send are None: age_known
    (PEO-03), reached_by_message (NOT-08), told_apart_by."""
    later = {name: card.get(name) for name in SAID_LATER}
    values = {"version": card["version"], "name": card["name"], "roles": card["roles"]}
    await keep_newest(tx, people, {"person_id": person_id}, values | later)
    same = (people.c.person_id == person_id) & (people.c.version == card["version"])
    for name, said in later.items():
        if said is not None:
            await tx.execute(update(people).where(same, people.c[name].is_(None)).values({name: said}))
    if later["age_known"]:
        await ages_are_known(tx, [person_id])


async def ask_who_is_reached(service: Service) -> None:
    """Asks `people`, a thousand at a time, about cards from before they said whether a message reaches somebody,
    whether their age is known, and what tells them apart (NOT-08, PEO-03)."""
    after: UUID | None = None
    while True:
        unsaid = or_(*(people.c[name].is_(None) for name in SAID_LATER))
        unknown = select(people.c.person_id).where(unsaid, *([people.c.person_id > after] if after else []))
        rows = await service.database.read(
            lambda tx, query=unknown: tx.all(query.order_by(people.c.person_id).limit(AT_ONCE))
        )
        if not rows:
            return
        after = rows[-1].person_id
        answer = await service.requests(
            "people.cards.opportunities", {"person_ids": [str(row.person_id) for row in rows]}
        )
        said = {UUID(each): card for each, card in answer["cards"].items()}
        await service.database.run(
            Command("keep-who-is-reached", SYSTEM), lambda tx, said=said: _keep_what_was_unsaid(tx, said)
        )


async def _keep_what_was_unsaid(tx: Transaction, cards: dict[UUID, dict[str, Any]]) -> None:
    for name in ("reached_by_message", "age_known"):
        for answer in (True, False):
            these = [person_id for person_id, card in cards.items() if card.get(name) is answer]
            unsaid = one_of(people.c.person_id, these) & people.c[name].is_(None)
            await tx.execute(update(people).where(unsaid).values({name: answer}))
    apart = {
        person_id: card["told_apart_by"] for person_id, card in cards.items() if card.get("told_apart_by") is not None
    }
    await tx.execute(_TELL_APART, {"people": list(apart), "by": list(apart.values())})
    await ages_are_known(tx, [person_id for person_id, card in cards.items() if card.get("age_known")])
