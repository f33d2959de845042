"""Who gives roles: one administrator makes somebody a participant; two give what opens claims, moves money, runs the
system or gives roles."""

from collections.abc import Collection
from dataclasses import dataclass
from typing import Literal
from uuid import UUID

from shared.reasons import Reason

Answer = Literal["confirmed", "refused", "taken-back"]

ROLES = {
    "participant": "Participant",
    "coordinator": "Coordinator",
    "approver": "Approver",
    "finance": "Finance",
    "operator": "Operator",
    "administrator": "Administrator",
}

OF_TWO = ("coordinator", "approver", "finance", "operator", "administrator")
"""The roles that open claims, move money, run the system or give roles. One administrator asks for a change to these,
another confirms it: alone, whoever approves could make somebody who writes down what is then approved (PAY-10), and one
list could leave a charity without coordinators."""

FEWEST_ADMINISTRATORS = 2


@dataclass(frozen=True, slots=True)
class RoleRequest:
    """A change of somebody's roles that waits for a second administrator. asked_by: None if only a list has asked for
    it."""

    person_id: UUID
    asked_by: UUID | None
    answer: Answer | None = None


def roles_in_order(roles: Collection[str]) -> list[str]:
    """Each role once, in the order that pages use; unknown roles come last."""
    return [role for role in ROLES if role in roles] + sorted(set(roles) - ROLES.keys())


def roles_given_at_once(now: Collection[str], wanted: Collection[str]) -> list[str]:
    """The roles somebody has at once when one administrator, or a list, asks for these: those that need two
    administrators stay unchanged until another confirms, and nobody is left with none meanwhile."""
    give, take = roles_for_two(now, wanted)
    return roles_in_order((set(wanted) - set(give)) | set(take) or set(now))


def roles_for_two(now: Collection[str], wanted: Collection[str]) -> tuple[list[str], list[str]]:
    """The roles to give and to take that need a second administrator."""
    asked, held = set(wanted) & set(OF_TWO), set(now) & set(OF_TWO)
    return roles_in_order(asked - held), roles_in_order(held - asked)


def roles_after(now: Collection[str], give: Collection[str], take: Collection[str]) -> list[str]:
    return roles_in_order((set(now) | set(give)) - set(take))


def reasons_not_to_give_roles(
    roles: Collection[str],
    *,
    has_email: bool,
    was_operator: bool,
    other_operators: int,
    was_administrator: bool = False,
    other_administrators: int = FEWEST_ADMINISTRATORS,
) -> list[Reason]:
    """One person may have several roles. Staff must be able to sign in, and an operator and two administrators must
    remain."""
    if not roles or not set(roles) <= set(ROLES):
        return [Reason("ROLES", "Choose at least one role from the list", field="roles")]
    if not has_email and set(roles) != {"participant"}:
        return [Reason("ROLES", "Someone needs an email address to sign in as staff. Add it first", field="roles")]
    if was_operator and "operator" not in roles and other_operators == 0:
        return [Reason("ROLES", "This is the only operator. Make someone else an operator first", field="roles")]
    if was_administrator and "administrator" not in roles and other_administrators < FEWEST_ADMINISTRATORS:
        return [
            Reason("ROLES", "There must be two administrators. Make someone else an administrator first", field="roles")
        ]
    return []


def reasons_not_to_ask_for_roles(
    asker: UUID | None, person_id: UUID, administrators: Collection[UUID], *, waiting: bool
) -> list[Reason]:
    """A change that nobody could confirm cannot be asked for, nor a second change while one waits. asker: None for a
    list."""
    if waiting:
        return [
            Reason(
                "ROLES",
                "A change of their roles waits for an administrator already. Answer that one first",
                field="roles",
            )
        ]
    if asker is None or set(administrators) - {asker, person_id}:
        return []
    if person_id in administrators and person_id != asker:
        return [
            Reason(
                "ROLES",
                "Only they could confirm this, and nobody confirms for themselves. Ask them to ask for it",
                field="roles",
            )
        ]
    return [
        Reason("ROLES", "A second administrator has to confirm this, and there is none. Make one first", field="roles")
    ]


def reasons_not_to_confirm_roles(request: RoleRequest, administrator: UUID) -> list[Reason]:
    """One administrator asks, another confirms; nobody confirms for themselves."""
    if request.answer is not None:
        return [Reason("ROLES", "This was answered in the meantime")]
    if request.asked_by is None:
        return [Reason("ROLES", "A list asked for this. First one administrator asks for it, then another confirms it")]
    if request.asked_by == administrator:
        return [Reason("ROLES", "You asked for this. Another administrator has to confirm it")]
    if request.person_id == administrator:
        return [Reason("ROLES", "This is about you. Another administrator has to confirm it")]
    return []


def reasons_not_to_turn_down_roles(request: RoleRequest, administrator: UUID) -> list[Reason]:
    """The administrator who asked takes the request back; any other may refuse it, except for their own roles."""
    if request.answer is not None:
        return [Reason("ROLES", "This was answered in the meantime")]
    if request.person_id == administrator and request.asked_by != administrator:
        return [Reason("ROLES", "This is about you. Another administrator has to answer it")]
    return []


def reasons_not_to_make_first_administrator(roles: Collection[str], administrators: int) -> list[Reason]:
    """Only the first two administrators are made from the command line; later ones are made by two administrators.
    roles: those the person has now."""
    if "administrator" in roles:
        return [Reason("ROLES", "They are an administrator already")]
    if administrators >= FEWEST_ADMINISTRATORS:
        return [
            Reason("ROLES", "There are two administrators already. They give this role to others, on the People page")
        ]
    return []


def reasons_not_to_adopt(request: RoleRequest, administrator: UUID, administrators: Collection[UUID]) -> list[Reason]:
    """An administrator makes a list's request their own; then another may confirm it."""
    if request.answer is not None or request.asked_by is not None:
        return [Reason("ROLES", "An administrator asked for this, or answered it, in the meantime")]
    return reasons_not_to_ask_for_roles(administrator, request.person_id, administrators, waiting=False)
