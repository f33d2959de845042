"""The rules of joining, alone or added by staff."""

from collections.abc import Collection
from dataclasses import dataclass

from services.people.domain.addresses import reasons_against_email
from services.people.domain.ages import reasons_against_age
from services.people.domain.choices import reasons_against_area
from services.people.domain.contacts import reasons_against_name, reasons_against_phone
from shared.reasons import Reason

CONSENT_VERSION = "2026-11"
"""Increase it whenever the text that people agree to when they join changes (PRI-02)."""


JOINING_MINUTES = 60
"""How long answers are kept while we wait for the next one, or for the code. Other people may use the device
afterwards."""
LEFT_ALONE_MINUTES = 15
"""How long answers are shown after the last one: many people share a computer at a drop-in. A page left open can still
be posted within the whole hour."""


@dataclass(frozen=True, slots=True)
class Joiner:
    """What somebody has answered by the end of joining by themselves. None: not answered."""

    name: str
    email: str
    over_18: bool | None
    area: str
    agreed: bool


def reasons_not_to_join(joiner: Joiner, areas: Collection[str]) -> list[Reason]:
    """PEO-03: people who join alone are 18 or over. PRI-02: nobody joins without agreeing. The area may be blank."""
    reasons = (
        reasons_against_name(joiner.name) + reasons_against_email(joiner.email) + reasons_against_age(joiner.over_18)
    )
    reasons += reasons_against_area(joiner.area, areas)
    if not joiner.agreed:
        reasons.append(Reason("PRI-02", "Tick the box if you agree. We need this before you can join", field="agreed"))
    return reasons


def reasons_not_to_add(
    *, name: str, phone: str, area: str, areas: Collection[str], over_18: bool, agreements_held: bool, agreed: bool
) -> list[Reason]:
    """PEO-02, PEO-03: staff may add someone who has no email. Under 18, they need the agreements in the organisation's
    policy."""
    reasons = reasons_against_name(name) + reasons_against_phone(phone) + reasons_against_area(area, areas)
    if not over_18 and not agreements_held:
        reasons.append(
            Reason(
                "PEO-03",
                "Under 18, someone needs the agreements that our policy names. Tick the box when we hold them",
                field="agreements_held",
            )
        )
    if not agreed:
        reasons.append(Reason("PRI-02", "Ask the person if they agree, and tick the box when they do", field="agreed"))
    return reasons
