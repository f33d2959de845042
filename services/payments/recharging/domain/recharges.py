"""What a host pays back to a guest's home organisation (NET-03). Amounts are pence, times are minutes.

The home organisation pays its own participant at the rate that the host advertised, and asks back what the host
offered to fund. Both sides work this out with the same rules, each from its own register and its own record of the
offer.
"""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Literal
from uuid import UUID

from services.payments.ledger.domain import Amounts
from services.payments.policy.domain import participation_pence

Funding = Literal["none", "fees", "fees-and-expenses"]
FUNDING: tuple[Funding, ...] = ("none", "fees", "fees-and-expenses")
"""Each more than the one before."""

Because = Literal["", "not-funded", "unknown-attendance", "not-present", "more-than-agreed"]

WHY_REFUSED: dict[str, str] = {
    "not-funded": "The host did not offer to pay for this",
    "unknown-attendance": "The host’s register does not show this guest there",
    "not-present": "The host’s register says that the guest was not there",
    "more-than-agreed": "It is more than the host agreed to pay",
}
"""For finance, on both sides."""


# What was agreed


@dataclass(frozen=True, slots=True)
class Terms:
    """What a host offers. rate_pence: for an hour, None if taking part is not paid. expenses_cap_pence: the most for
    one guest at one session."""

    rate_pence: int | None
    funding: Funding
    expenses_cap_pence: int


NOTHING_OFFERED = Terms(None, "none", 0)


@dataclass(frozen=True, slots=True)
class Offer:
    """Terms, and the moment from which they apply: until the next offer."""

    terms: Terms
    holds_from: datetime


def agreed_terms(offers: Iterable[Offer], day_begins: datetime, recorded_at: datetime) -> Terms:
    """NET-03: what a host owes for one guest at one session: the best of its offers from the start of the session's day
    until it recorded the attendance.

    A later, lower offer changes nothing for a session that was held; nor does one made on the day itself, when
    guests were on their way. An offer taken back before that day binds nobody. Nobody can be a guest where nothing
    was ever shared, so if we heard of the register before any offer, the first offer applies.
    """
    known = sorted(offers, key=lambda offer: offer.holds_from)
    if not known:
        return NOTHING_OFFERED
    before = [offer.terms for offer in known if offer.holds_from <= day_begins][-1:]
    held = before + [offer.terms for offer in known if day_begins < offer.holds_from <= recorded_at] or [known[0].terms]
    paid = [terms.rate_pence for terms in held if terms.rate_pence is not None]
    return Terms(
        rate_pence=max(paid, default=None),
        funding=FUNDING[max(FUNDING.index(terms.funding) for terms in held)],
        expenses_cap_pence=max(terms.expenses_cap_pence for terms in held),
    )


def funded(terms: Terms, present: bool, minutes: int) -> Amounts:
    """NET-03: the most that the host pays back for one guest at one session: the fee for the register's minutes,
    rounded as PAY-01 says, and expenses up to the cap."""
    if not present or terms.funding == "none":
        return Amounts()
    fee = participation_pence(minutes, terms.rate_pence or 0)
    return Amounts(fee, terms.expenses_cap_pence if terms.funding == "fees-and-expenses" else 0)


# Raising it, as home


def to_recharge(most: Amounts, paid: Amounts) -> Amounts:
    """NET-03: what we ask back: what we paid, up to what the host funds."""
    return Amounts(min(paid.participation, most.participation), min(paid.expenses, most.expenses))


def must_be_raised(before: Amounts | None, now: Amounts, settled_pence: int, paid_pence: int) -> bool:
    """NET-03: whether to raise a recharge, or a later version of it. before: what was raised, None if nothing was.
    settled_pence: how much of it is on statements that the host agreed to. An agreed statement is final, so we ask for
    less than that only if what we paid (paid_pence) came back to us: then the next statement asks for less."""
    if before is None:
        return now.total > 0
    return now != before and (now.total >= settled_pence or paid_pence < settled_pence)


def lowered_to(amounts: Amounts, total: int) -> Amounts:
    """A recharge lowered to the host's figure: the fee first, because the host's own register gives its time."""
    expenses = min(amounts.expenses, total)
    return Amounts(min(amounts.participation, total - expenses), expenses)


def heard_answer(asked_pence: int, state: str, accepted_pence: int, because: str) -> tuple[str, str]:
    """NET-03: the state of a recharge after the host's answer, and why. Accepting only part is not what was agreed,
    so it counts as a refusal."""
    if state == "accepted" and accepted_pence == asked_pence:
        return "accepted", ""
    return "refused", because or "more-than-agreed"


# Answering it, as host


@dataclass(frozen=True, slots=True)
class Asked:
    """A recharge as it arrived. home: where it came from. The other ids are the host's own, as the home organisation
    wrote them."""

    home: str
    guest_id: UUID
    opportunity_id: UUID
    amounts: Amounts


@dataclass(frozen=True, slots=True)
class Attended:
    """The line of our own register that a recharge names."""

    is_guest: bool
    home: str
    guest_id: UUID
    opportunity_id: UUID
    present: bool


def because_refused(asked: Asked, attended: Attended, terms: Terms, most: Amounts, asked_before: bool) -> Because:
    """NET-03: why we refuse a recharge; "" if we accept it. most: funded() from our own register. asked_before: another
    recharge for this attendance was accepted.

    Nothing at all of a forged or inflated one is accepted, so that nobody can use it to find out what we would pay.
    """
    theirs = attended.is_guest and (attended.home, attended.guest_id, attended.opportunity_id) == (
        asked.home,
        asked.guest_id,
        asked.opportunity_id,
    )
    if not theirs:
        return "unknown-attendance"
    if asked.amounts.total == 0:
        return ""
    if not attended.present:
        return "not-present"
    if terms.funding == "none":
        return "not-funded"
    more = asked.amounts.participation > most.participation or asked.amounts.expenses > most.expenses
    return "more-than-agreed" if more or asked_before else ""


# Lines of a statement


def line_of_home(worth_pence: int, elsewhere_pence: int) -> int:
    """NET-03: what a recharge adds to a statement: what it is worth, less what is on other statements."""
    return max(worth_pence - elsewhere_pence, 0)


def less_credit(lines: Mapping[UUID, int], credit_pence: int) -> dict[UUID, int]:
    """NET-03: takes off a statement what the host paid on earlier ones and we paid nobody. A line may ask for less than
    its recharge; the host agrees to that, whatever program it runs."""
    left, asked = credit_pence, {}
    for key in sorted(lines):
        off = min(left, lines[key])
        left -= off
        asked[key] = lines[key] - off
    return {key: pence for key, pence in asked.items() if pence}


def line_of_host(asked_pence: int, accepted_pence: int, elsewhere_pence: int) -> int:
    """NET-03: the host's own figure for a line: at most what is asked, and what the host accepted and has not put on
    another statement."""
    return max(min(asked_pence, accepted_pence - elsewhere_pence), 0)


def still_accepted(accepted: Amounts, most: Amounts, agreed: bool) -> int:
    """NET-03: what an accepted recharge counts for when a statement is compared: at most what the register gives
    now, so that a later correction of the register shows as a difference. An agreed statement is final."""
    return (accepted if agreed else to_recharge(most, accepted)).total


def same_lines(ours: Mapping[UUID, int], theirs: Mapping[UUID, int]) -> bool:
    """NET-03: line by line, not by the total alone. A line of 0 pence does not count."""
    return {key: pence for key, pence in ours.items() if pence} == {
        key: pence for key, pence in theirs.items() if pence
    }


def reference(recharge_id: UUID) -> str:
    """What both sides call a recharge on the phone: "R3F2A91"."""
    return f"R{recharge_id.hex[-6:].upper()}"
