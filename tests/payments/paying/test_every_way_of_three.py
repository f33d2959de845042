"""PAY-10, PAY-12, PAY-13: a charity of two and a trustee, played through every order of the steps of one payment, by
whoever may do each: approve, take back, make, fetch, send, say how it ended, bring the bank's answer, give other
details, confirm them, lose a voucher of the same session. Wherever that leads, the money can still arrive, and nobody
has sent it on their own word."""

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID

import pytest

from services.payments.approving import domain as deciding
from services.payments.approving.domain import ToApprove
from services.payments.bank_details.domain import confirming
from services.payments.bank_details.domain.confirming import ToConfirm
from services.payments.claims.domain.claims import ClaimState
from services.payments.owing.domain import leaving
from services.payments.paying.domain import endings, releasing, who_sends
from services.payments.paying.domain.endings import ByHand
from services.payments.paying.domain.releasing import ToRelease
from services.payments.paying.domain.who_sends import ToSend

ANNA, BERT, TRUSTEE, PARTICIPANT, COORDINATOR = (UUID(int=number) for number in range(1, 6))
STAFF = (ANNA, BERT, TRUSTEE)
Nobody = None


@dataclass(frozen=True)
class Charity:
    """Who holds which role, who is paid, by which way and how much; Anna or a coordinator recorded the session."""

    finance: frozenset[UUID] = frozenset(STAFF)
    approvers: frozenset[UUID] = frozenset(STAFF)
    payee: UUID = PARTICIPANT
    way: str = "bank-transfer"
    pence: int = 1500
    recorder: UUID = ANNA
    beside: bool = True
    """Whether vouchers of the same session can be lost, too."""


@dataclass(frozen=True)
class Stands:
    """stage: owed, made, sent, gone (taken out after a file was fetched), paid. failed: who said alone that something
    of the session did not arrive. since: who confirmed the account, or said such a thing, since the run was made."""

    stage: str = "owed"
    approver: UUID | None = Nobody
    account: str = "confirmed"
    confirmed_by: UUID | None = Nobody
    maker: UUID | None = Nobody
    sender: UUID | None = Nobody
    fetched_by: frozenset[UUID] = frozenset()
    taken_out_by: UUID | None = Nobody
    failed: frozenset[UUID] = frozenset()
    since: frozenset[UUID] = frozenset()
    said: frozenset[tuple[UUID, str]] = frozenset()


Step = tuple[str, UUID, Stands]


def steps(of: Charity, now: Stands) -> Iterator[Step]:
    """Each step that the rules allow now: which, by whom, and how things stand after it."""
    for who in STAFF:
        yield from _of_approver(of, now, who)
        if who in of.finance:
            yield from _of_run(of, now, who)
            yield from _of_ending(of, now, who)
            if of.beside and who not in {of.payee, *now.failed} and now.stage in ("owed", "made"):
                yield "lost-beside", who, _spoke(replace(now, failed=now.failed | {who}), who)
    yield from _of_details(of, now)


def _spoke(now: Stands, who: UUID) -> Stands:
    return replace(now, since=now.since | {who}) if now.stage == "made" else now


def _of_approver(of: Charity, now: Stands, who: UUID) -> Iterator[Step]:
    if now.stage != "owed" or who not in of.approvers | of.finance:
        return
    if now.approver is not None:
        yield "take-approval-back", who, replace(now, approver=None)
    elif who in of.approvers:
        claim = ToApprove(
            ClaimState.SUBMITTED, of.payee, frozenset(), frozenset({of.recorder}), of.pence, 5000, over_budget_pence=0
        )
        if not deciding.reasons_not_to_approve(claim, who):
            yield "approve", who, replace(now, approver=who)


def to_send(of: Charity, now: Stands, who: UUID) -> ToSend:
    confirmed = of.way == "bank-transfer" and who == now.confirmed_by
    return ToSend(
        "made",
        has_approved=who == now.approver,
        is_paid=who == of.payee,
        left=1,
        changed=0,
        has_confirmed=confirmed and leaving.may_not_release_what_they_confirmed(of.payee, None),
        has_said_it_failed=who in now.failed,
        made_by_another=who != now.maker and who not in now.since,
    )


def may_send(of: Charity, now: Stands, who: UUID) -> bool:
    left = who_sends.who_is_left([to_send(of, now, each) for each in sorted(of.finance)])
    return not who_sends.reasons_not_to_send(replace(to_send(of, now, who), nobody_alone=left != "alone"))


def _of_run(of: Charity, now: Stands, who: UUID) -> Iterator[Step]:
    details: Any = now.account
    if now.stage == "owed" and now.approver is not None:
        release = ToRelease(of.way, frozenset({now.approver}), of.payee, False, details, confirmed_by=now.confirmed_by)
        if not releasing.reasons_not_to_release(release, who):
            yield "make", who, replace(now, stage="made", maker=who, since=frozenset())
    if now.stage != "made":
        return
    gone = replace(now, stage="gone", taken_out_by=who, since=frozenset())
    yield "take-run-back", who, gone if now.fetched_by else _again(now)
    if leaving.why_nobody_knows_where_it_goes(of.way, details, frozenset()):
        return
    if not now.fetched_by:
        yield "fetch", who, replace(now, fetched_by=frozenset({who}))
    if may_send(of, now, who):
        yield "send", who, replace(now, stage="sent", sender=who, since=frozenset())


def _again(now: Stands) -> Stands:
    nothing = frozenset[Any]()
    return replace(
        now, stage="owed", maker=None, sender=None, taken_out_by=None, fetched_by=nothing, since=nothing, said=nothing
    )


def by_hand(of: Charity, now: Stands) -> ByHand:
    state = leaving.PERHAPS_GONE if now.stage == "gone" else now.stage
    assert now.maker is not None
    hands = {"fetched_by": now.fetched_by, "said": now.said, "finance": of.finance}
    return ByHand(of.way, state, now.maker, now.sender, of.payee, now.taken_out_by, **hands)


def _of_ending(of: Charity, now: Stands, who: UUID) -> Iterator[Step]:
    if now.stage not in ("sent", "gone", "paid"):
        return
    payment = by_hand(of, now)
    for how in (*endings.ENDS_AS, "lost", "taken-back"):
        if endings.reasons_not_to_end_by_hand(payment, how, who):
            continue
        if endings.is_first_of_two(payment, how, who):
            if (who, how) not in now.said:
                yield f"say-{how}", who, replace(now, said=now.said | {(who, how)})
        else:
            alone = not endings.says_it_with_another(payment, how, who)
            yield f"say-{how}", who, _ended(now, how, {who} if alone else set())
    if of.way == "bank-transfer" and now.stage != "paid":
        for how in ("paid", "not-paid", *(["not-paid-details"] if now.stage == "sent" else [])):
            if not endings.reasons_not_to_bring([payment], who, paid=how == "paid"):
                yield f"bring-{how}", who, _ended(now, how, {who})


def _ended(now: Stands, how: str, alone: set[UUID]) -> Stands:
    if how in ("paid", "handed-over"):
        return replace(now, stage="paid", said=frozenset())
    account = "doubted" if how in endings.ASKS_THE_PAYEE else now.account
    return replace(_again(now), failed=now.failed | alone, account=account)


def _of_details(of: Charity, now: Stands) -> Iterator[Step]:
    if of.way != "bank-transfer" or now.stage not in ("owed", "made") or now.fetched_by:
        return
    if now.account == "doubted":
        yield "say-they-are-right", of.payee, replace(now, account="confirmed")
    if now.account != "unconfirmed":
        yield "give-details", of.payee, replace(now, account="unconfirmed", confirmed_by=None)
        return
    waiting = ToConfirm("unconfirmed", of.payee, of.payee)
    for who in STAFF:
        if not confirming.reasons_not_to_confirm_details(waiting, "in-person", who):
            yield "confirm", who, _spoke(replace(now, account="confirmed", confirmed_by=who), who)


def played(of: Charity, most: int | None = None) -> dict[Stands, list[Step]]:
    """Every way in which it can stand, with what can be done there. most: steps from the beginning."""
    found: dict[Stands, list[Step]] = {}
    here, depth = [Stands()], 0
    while here and (most is None or depth <= most):
        for now in here:
            found[now] = list(steps(of, now))
        here = list({after for now in here for _, _, after in found[now] if after not in found})
        depth += 1
    return found


def that_arrive(found: dict[Stands, list[Step]]) -> set[Stands]:
    """From which of these it can still be sent and paid, without a step that nobody is asked for."""
    before: dict[Stands, list[Stands]] = defaultdict(list)
    for now, following in found.items():
        for what, _, after in following:
            unasked = what == "lost-beside" or (what == "give-details" and now.account == "confirmed")
            if not unasked and (now.stage, after.stage) != ("gone", "paid"):
                before[after].append(now)
    open_ = [now for now in found if now.stage == "paid"]
    arrive = set(open_)
    while open_:
        for now in before[open_.pop()]:
            if now not in arrive:
                arrive.add(now)
                open_.append(now)
    return arrive


SMALL = Charity(finance=frozenset({ANNA, BERT}), approvers=frozenset({TRUSTEE}), recorder=COORDINATOR)
FEW = [
    replace(SMALL, beside=False),
    replace(SMALL, way="vouchers"),
    Charity(way="vouchers", payee=TRUSTEE, pence=9000, beside=False),
]
MANY = [SMALL, *(Charity(way=way, pence=much) for way in ("bank-transfer", "vouchers") for much in (1500, 9000))]


def check(of: Charity) -> int:
    found = played(of)
    arrive = that_arrive(found)
    for now, following in found.items():
        assert now in arrive, f"it stands still: {now}"
        for what, who, _ in following:
            if what == "send":
                assert who not in (now.approver, of.payee), now
                own = who in now.failed or (of.way == "bank-transfer" and who == now.confirmed_by)
                assert not own or (now.maker != who and who not in now.since), f"on one person's word: {now}"
            if what.startswith("say-") and who in (now.maker, now.sender) and now.stage == "sent":
                how = what.removeprefix("say-")
                assert endings.is_first_of_two(by_hand(of, now), how, who) or {by for by, said in now.said} - {who}, now
    return len(found)


@pytest.mark.parametrize("of", FEW, ids=str)
def test_pay_12_in_a_charity_of_three_no_order_of_steps_leaves_money_standing_still(of: Charity) -> None:
    assert check(of) > 100


@pytest.mark.slow
@pytest.mark.parametrize("of", MANY, ids=str)
def test_pay_12_nor_where_vouchers_of_the_same_session_are_lost_meanwhile(of: Charity) -> None:
    assert check(of) > 1000
