"""Words of the page before each thing that is said about a whole payment run (PAY-12): what it does, for how many
payments and how much, and what cannot be undone."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from services.payments.owing.domain.leaving import TRANSFER
from services.payments.paying.domain.endings import Left
from services.payments.paying.use_cases.looked_at import LookedAt, What
from shared.money import pounds

NO_UNDO = "You cannot undo this."


@dataclass(frozen=True, slots=True)
class Words:
    """heading is a question; button is the answer to it. tick: what must be ticked too, if anything."""

    heading: str
    ask: str
    ends: str
    stays: str
    button: str
    tick: str = ""


def payments_in_words(number: int) -> str:
    return "1 payment" if number == 1 else f"{number:,} payments"


def sum_of(payments: Sequence[Any]) -> str:
    """ "2 payments, £30.00": how many payments these rows are, and their sum."""
    return f"{payments_in_words(len(payments))}, {pounds(sum(payment.amount_pence for payment in payments))}"


def how_it_ended(paid: int, rejected: int, returned: int) -> tuple[str, str]:
    """Of a run that is over: in words, and the colour of their tag. rejected: never paid. returned: paid, and came
    back."""
    if not rejected and not returned:
        return "Confirmed", "green"
    if not paid and not returned:
        return "Nothing was paid", "red"
    parts = [(paid, "paid"), (rejected, "not paid"), (returned, "paid and came back")]
    return f"Over: {', '.join(f'{number:,} {what}' for number, what in parts if number)}", "orange" if paid else "red"


def has_transfers(payments: Sequence[Any]) -> bool:
    return any(payment.method == TRANSFER for payment in payments)


def _nothing_went(by_bank: bool, by_hand: bool) -> str:
    """Mentions only the ways that occur in the run: a list of vouchers goes to no bank."""
    return " and ".join(
        ["the bank does not have the file"] * by_bank + ["nothing on the list was ordered or handed over"] * by_hand
    )


def of_left(left: Mapping[Left, Sequence[Any]]) -> list[str]:
    """PAY-12: said beforehand: for which payments nobody, or no one person alone, could say afterwards how they
    ended."""
    said = []
    if nobody := left["nobody"]:
        said.append(
            f"{sum_of(nobody)}: if you do this, nobody here is left who may say what became of "
            f"{_one(nobody, 'it', 'them')}."
            " Ask an administrator first for one more person with the finance role: somebody who is not paid in this "
            "run."
        )
    if two := left["two"]:
        said.append(
            f"{sum_of(two)}: if you do this, no one person here may say alone what became of {_one(two, 'it', 'them')}."
            " Two of you then look at the account, each for yourself, and both say the same."
        )
    return said


def of_sent(seen: LookedAt) -> Words:
    behind = [payment for payment, _ in seen.stays]
    as_it_is = bool(behind) and seen.run.fetched_at is not None
    staying = set() if as_it_is else {payment.id for payment in behind}
    leaves = [payment for payment in seen.payments if payment.id not in staying]
    done = [word for word, is_of in _DONE if any(is_of(payment.method) for payment in leaves)]
    ask = f"Only say this once {', and '.join(done)}." if done else "Nothing of this run can leave now."
    by_bank = has_transfers(seen.payments)
    file = "file" if by_bank else "list"
    ends = (
        f"The time in which you can stop it: {sum_of(leaves)}. {NO_UNDO} Nobody can take the run back, make its "
        f"{file} again, or hold what is in it."
    )
    says = "A second person, or the bank, says" if by_bank else "A second person says"
    stays = f"Nobody is told yet that they are paid. {says} that later. What comes back can be paid again."
    if as_it_is:
        ask += f" Something has changed since the {file} was fetched, and these go as they stand in it."
        ask += (
            " Ask the bank if it can still stop them." if by_bank else " Ask if what has changed can still be stopped."
        )
        tick = (
            f"{'The bank has this file already' if by_bank else 'This list was ordered or given out already'}, "
            "with what has changed since"
        )
        return Words("Was this payment run sent as it is?", ask, ends, stays, "It was sent as it is", tick)
    if behind:
        stays = (
            f"{sum_of(behind)}, cannot leave now and {_one(behind, 'stays', 'stay')} behind. "
            f"{what_becomes_of(seen.stays)} {stays}"
        )
    return Words("Was this payment run sent?", ask, ends, stays, "It was sent")


def what_becomes_of(stays: Sequence[tuple[Any, str]]) -> str:
    """What happens to payments that drop out of a run, by reason: if the approval was taken back, there is nothing
    to pay later."""
    decided_again = sum(why in ("withdrawn", "correction") for _, why in stays)
    if not decided_again:
        return "What stays behind can go into a later run." if stays else ""
    if decided_again == len(stays):
        return "It goes back to an approver. Only what is agreed then can go into a later run."
    return "What was agreed can go into a later run. The rest goes back to an approver first."


_DONE: list[tuple[str, Callable[[str], bool]]] = [
    ("the bank has the file", lambda method: method == TRANSFER),
    ("the vouchers are ordered", lambda method: method == "vouchers"),
    ("what is handed over is ready", lambda method: method not in (TRANSFER, "vouchers")),
]


def of_anew(seen: LookedAt) -> Words:
    behind = [payment for payment, _ in seen.stays]
    by_bank, by_hand = has_transfers(seen.payments), any(payment.method != TRANSFER for payment in seen.payments)
    file = "file" if by_bank else "list"
    uses = " or ".join(["give it to the bank"] * by_bank + ["order or give out anything from it"] * by_hand)
    ends = f"The {file} that was fetched: nobody may {uses} after this. {NO_UNDO}"
    if behind:
        ends += f" {sum_of(behind)}, {_one(behind, 'drops', 'drop')} out of this run."
    stays = " ".join(filter(None, [f"The rest of the run, for the new {file}.", what_becomes_of(seen.stays)]))
    if seen.gone:
        stays += f" A second person, who did not fetch the old {file}, says first that nothing went by it."
    return Words(
        f"Make the {file} again?",
        f"Do this only if {_nothing_went(by_bank, by_hand)}.",
        ends,
        stays,
        f"Make the {file} again",
    )


def of_cancel(seen: LookedAt) -> Words:
    by_bank, by_hand = has_transfers(seen.payments), any(payment.method != TRANSFER for payment in seen.payments)
    ends = f"This payment run: {sum_of(seen.payments)}. {NO_UNDO}"
    decided_again = [payment for payment, why in seen.stays if why in ("withdrawn", "correction")]
    stays = "What was approved. It can go into another run."
    if decided_again:
        stays = (
            "What is approved now. It can go into another run."
            if len(decided_again) < len(seen.payments)
            else "Nothing of this is approved now."
        )
        stays += (
            f" {sum_of(decided_again)}: the approval was taken back. Only what is agreed again can go into another run."
        )
    if seen.gone:
        stays = (
            f"{'What was approved.' if not decided_again else stays} But a file or list was fetched, so "
            f"{payments_in_words(seen.gone)} of it may have gone. "
        )
        says = (
            "the bank, or a second person who did not fetch it,"
            if by_bank
            else "a second person, who did not fetch it,"
        )
        stays += f"Nothing of that goes into another run until {says} says that it did not go."
    ask = f"Do this only if {_nothing_went(by_bank, by_hand)}."
    return Words("Take this run back?", ask, ends, stays, "Take this run back")


def of_not_gone(seen: LookedAt) -> Words:
    paid_twice = _one(seen.payments, "the person is paid twice", "people are paid twice")
    ends = (
        f"The wait for an answer: {sum_of(seen.payments)}, {_one(seen.payments, 'counts', 'count')} as not paid by "
        "the earlier file. "
    )
    if not has_transfers(seen.payments):
        ends += f"If something was ordered or handed over after all, {paid_twice}. {NO_UNDO}"
        ask = (
            "Ask where the vouchers are ordered, and who hands things over. Say this only if nothing on the list "
            "was ordered, and nobody has any of it."
        )
        stays = "What is still owed. It can go with another list."
        return Words("Was nothing on the earlier list ordered or handed over?", ask, ends, stays, "Nothing of it went")
    ends += f"If the bank has that file after all, {paid_twice}. {NO_UNDO}"
    ask = "Look at the account first. Say this only if nothing of it went out, and the bank does not have the file."
    if any(payment.method != TRANSFER for payment in seen.payments):
        ask += " And only if nothing on its list was ordered, and nobody has any of it."
    return Words(
        "Did the bank not get the earlier file?",
        ask,
        ends,
        "What is still owed. It can be paid with another file.",
        "The bank does not have it",
    )


def of_never_sent(seen: LookedAt) -> Words:
    """Honest about the danger: the file of a run that was fetched may be at the bank, whatever anybody meant."""
    paid_twice = _one(seen.payments, "the person is paid twice", "people are paid twice")
    ends = (
        f"The wait for the bank: {sum_of(seen.payments)}, {_one(seen.payments, 'counts', 'count')} as not paid. If the "
        f"bank has the file after all, {paid_twice}. {NO_UNDO}"
    )
    ask = "Look at the account first, and ask who fetched the file. Say this only if nobody gave it to the bank."
    if seen.run.fetched_at is None:
        ask = "Nobody fetched a file of this run here. Look at the account all the same, before you say this."
    return Words(
        "Did this run never go to the bank?",
        ask,
        ends,
        "What is still owed. It can go into another run, with a new file. Nobody may use the file of this one. "
        "Somebody other than you sends the new one.",
        "It never went to the bank",
    )


def of_transfers(seen: LookedAt) -> Words:
    ends = f"{_ended(seen.payments)} Only money that the bank sends back can be paid again."
    heading = _one(seen.payments, "Was this transfer paid?", "Were all these transfers paid?")
    ask = _one(
        seen.payments,
        "Only say this if you have seen it go out on the account.",
        "Only say this if you have seen each of them go out on the account.",
    )
    stays = "What has ended before. Was one of these not paid? Go back, and say so beside it in the list."
    return Words(heading, ask, ends, stays, _one(seen.payments, "It was paid", "All transfers were paid"))


def of_handed_over(seen: LookedAt) -> Words:
    ends = f"{_ended(seen.payments)} What is lost, or comes back to us, can be given again."
    heading = _one(seen.payments, "Was this handed over?", "Was all of this handed over?")
    ask = _one(
        seen.payments,
        "Only say this if it has reached the person, or is in the post.",
        "Only say this if each has reached its person, or is in the post.",
    )
    return Words(
        heading, ask, ends, "What has ended before.", _one(seen.payments, "It was handed over", "All was handed over")
    )


def _ended(payments: Sequence[Any]) -> str:
    told = _one(payments, "counts as paid, and the person is told so", "count as paid, and each person is told so")
    return f"The wait for an answer: {sum_of(payments)}, {told}. {NO_UNDO}"


def _one(payments: Sequence[Any], one: str, more: str) -> str:
    return one if len(payments) == 1 else more


WORDS_OF: dict[What, Callable[[LookedAt], Words]] = {
    "sent": of_sent,
    "anew": of_anew,
    "cancel": of_cancel,
    "not-gone": of_not_gone,
    "never-sent": of_never_sent,
    "transfers": of_transfers,
    "handed-over": of_handed_over,
    "one": of_handed_over,
}
