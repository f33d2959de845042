"""Who may say how a payment ended, or bring the bank's answer (PAY-10, PAY-12)."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Literal
from uuid import UUID

from services.payments.owing.domain.leaving import PERHAPS_GONE, SAID_NOT_GONE, TRANSFER
from services.payments.paying.domain.in_its_place import Again
from shared.reasons import Reason

How = Literal[
    "paid", "not-paid", "not-paid-details", "came-back", "came-back-details", "handed-over", "lost", "taken-back"
]
ENDS_AS = {
    "paid": "paid",
    "handed-over": "paid",
    "not-paid": "rejected",
    "not-paid-details": "rejected",
    "came-back": "returned",
    "came-back-details": "returned",
}
"""lost and taken-back: rejected if it was not handed over yet, otherwise returned."""
KNOWN = frozenset({"paid", "rejected", "returned", SAID_NOT_GONE})
"""Where a payment stands of which somebody has said what became of it."""
OF_TRANSFERS = frozenset({"paid", "not-paid", "not-paid-details", "came-back", "came-back-details"})
OF_HANDED = frozenset({"handed-over", "lost", "taken-back"})
ASKS_THE_PAYEE = frozenset({"not-paid-details", "came-back-details"})
THEY_TOOK_THEM_IN = (
    "You added this person, or entered how they are reached or their bank details. So somebody else must say that it "
    "was handed over,"
    " or first ring or meet the person, under “To confirm”."
)
"""PAY-10: if only you have met somebody, nobody else can vouch that a payment reached them."""
ENDED_BEFORE = Reason("PAY-12", "This payment had ended before. Nothing was changed.")
NOTHING_ON_ITS_WAY = Reason("PAY-12", "Nothing of this is on its way. Nothing was changed.")
ALL_KNOWN = Reason("PAY-12", "It is known of every payment what became of it. Nothing was changed.")
BANK_HAD_IT = Reason(
    "PAY-12",
    "The bank has the file of this run: it answered to it, or paid something of it. Say beside each payment what "
    "happened to it. Nothing was changed.",
)
"""PAY-12: why nobody says any more that a run was never sent."""
KNOWN_TO_BE_BACK = Reason(
    "PAY-12",
    "We know already that this came back, and it counts as paid because it went out more than once. If it came back "
    "once more, bring a statement that shows it. Nothing was changed.",
    "how",
)
"""PAY-12: a return that a second person reports is not a second return."""
_CONFIRMED_BEFORE = "This was confirmed before. Nothing was changed."


def line_first(day: date) -> Reason:
    """PAY-12: the bank's word that money left outweighs anybody's word that it did not. day: of the line."""
    text = (
        f"A line of the bank’s statement, of {day:%A} {day.day} {day:%B %Y}, says that this went out, or may be it. "
        "Somebody must look at that line first, on the page “The bank’s statement”. Nothing was changed."
    )
    return Reason("PAY-12", text, "how")


@dataclass(frozen=True, slots=True)
class ByHand:
    """A payment about which somebody says something: who made or sent it, for whom, and its state."""

    method: str
    state: str
    made_by: UUID
    sent_by: UUID | None
    payee: UUID
    taken_out_by: UUID | None = None
    """Who took it out of its run, if a file that was fetched held it."""
    fetched_by: frozenset[UUID] = frozenset()
    """Who fetched a file or list of its run that holds it, and so could have given it to the bank, ordered it or
    handed it over."""
    introducers: frozenset[UUID] = frozenset()
    """Who took its payee in, while nobody else has rung or met them since (PAY-10)."""
    said: frozenset[tuple[UUID, str]] = frozenset()
    """Who said what (How) that does not count until somebody else says the same, about the file that holds it now."""
    finance: frozenset[UUID] = frozenset()
    """Everybody with the finance role; empty if unknown."""
    line_waits: date | None = None
    """The day of an undecided line of the account's statement that says, or may say, that it left; None if there is
    none."""
    noted_twice: bool = False
    """Whether it is on record that it left and was paid again, so that there is nothing more to say by hand."""
    paid_again: Again | Literal[""] = ""
    """How it was paid again since, if it counts as not paid: if it left too, that is a loss."""
    is_known_to_be_back: bool = False
    """Whether it is a transfer that we know came back, and that nobody has seen leave again since."""
    code: str = ""
    """Why it counts as not paid, if it does."""

    @property
    def is_not_with_them(self) -> bool:
        """PAY-12: it was to be handed over, and somebody said that it was lost or came back to us."""
        return self.method != TRANSFER and self.state in ("rejected", "returned")

    @property
    def concerned(self) -> frozenset[UUID]:
        """Everybody who has the role or is involved in it."""
        hands = {each for each in (self.made_by, self.sent_by, self.payee, self.taken_out_by) if each}
        return self.finance | self.fetched_by | self.introducers | hands


def reasons_to_say_first_that_it_was_sent(run: str, payments: Iterable[str]) -> list[Reason]:
    """PAY-12: a person says that a run was sent before the bank's answer counts. A run that was never sent is
    answered only for what was taken out of it. Both arguments are states."""
    if run not in ("made", "cancelled") or "cancelled" in payments:
        return []
    return [Reason("PAY-12", "Say first that this run was sent to the bank.", "answer")]


def reasons_not_to_say_never_sent(states: Iterable[str], *, answered: bool = False) -> list[Reason]:
    """PAY-12: "sent" was pressed by mistake. states: of all transfers of the run. answered: the bank wrote something
    of the run since, whatever it was."""
    return [BANK_HAD_IT] if answered or {"paid", "returned"} & set(states) else []


def ends_as(how: str, state: str) -> str:
    """What a payment in this state becomes: paid, rejected, or returned."""
    return ENDS_AS.get(how) or ("returned" if state == "paid" else "rejected")


def reasons_not_to_end_by_hand(payment: ByHand, how: str, who: UUID) -> list[Reason]:
    """PAY-12: a second person says it: not who made or sent the run, and not the payee. A payment that has ended
    stays so, except that a paid one can come back."""
    if payment.state == "made":
        return [Reason("PAY-12", "Say first that this run was sent.")]
    return reasons_to_leave_it_to_another(payment, how, who) or _reasons_not_to_speak(payment, how, who)


def _reasons_not_to_speak(payment: ByHand, how: str, who: UUID) -> list[Reason]:
    """PAY-10, PAY-12: reasons that hold for whoever says it."""
    gone = payment.state in (PERHAPS_GONE, SAID_NOT_GONE)
    if how not in (OF_TRANSFERS if payment.method == TRANSFER else OF_HANDED | {"not-paid"} if gone else OF_HANDED):
        return [Reason("PAY-12", "Choose what happened.", "how")]
    if how == "handed-over" and who in payment.introducers:
        return [Reason("PAY-10", THEY_TOOK_THEM_IN, "how")]
    end = ends_as(how, payment.state)
    if payment.is_not_with_them:
        return [] if how in what_can_be_said(payment) else [Reason("PAY-12", _CONFIRMED_BEFORE, "how")]
    if gone:
        return (
            []
            if end == "paid" or (how == "not-paid" and payment.state == PERHAPS_GONE)
            else [Reason("PAY-12", _CONFIRMED_BEFORE, "how")]
        )
    if payment.state != ("paid" if end == "returned" else "sent"):
        return [Reason("PAY-12", _CONFIRMED_BEFORE)]
    return [KNOWN_TO_BE_BACK] if end == "returned" and payment.is_known_to_be_back else []


def reasons_not_to_say(payment: ByHand, who: UUID) -> list[Reason]:
    """PAY-10, PAY-12: a second person says how a payment ended, even with the bank's word in hand: a file can be
    forged."""
    if who == payment.payee:
        return [Reason("PAY-10", "This payment is yours, so somebody else must say how it ended.")]
    if who in (payment.made_by, payment.sent_by):
        return [Reason("PAY-12", "You made or sent this run, so a second person must say how its payments ended.")]
    return []


def _reasons_not_to_say_alone(payment: ByHand, how: str, who: UUID) -> list[Reason]:
    """PAY-12: by hand, who took it out may not say it alone either; and only somebody who could not have given the
    file to the bank may say that it never got there."""
    if reasons := reasons_not_to_say(payment, who):
        return reasons
    if who == payment.taken_out_by:
        return [
            Reason(
                "PAY-12",
                "You took this out of the payment run, so a second person must say whether it went all the same.",
            )
        ]
    if how == "not-paid" and who in payment.fetched_by:
        return [
            Reason(
                "PAY-12", "You fetched a file of this run, so somebody who did not must say that nothing of it went."
            )
        ]
    return []


Left = Literal["one", "two", "nobody"]
"""How many have to say something of a payment: one person alone, two together, or nobody is left who may."""


def who_is_left(payment: ByHand, how: str) -> Left:
    """PAY-10, PAY-12: money must not get stuck in a charity of three. If everyone with the finance role made, sent,
    fetched or took it out, two who say the same count as one uninvolved person; the payee never counts. If we do not
    know who has the role, one is enough. That a payment left as well as being paid again is a loss, and always takes
    two."""
    if payment.paid_again:
        return "two" if not payment.finance or len(payment.finance - {payment.payee}) > 1 else "nobody"
    if not payment.finance or any(not _reasons_not_to_say_alone(payment, how, who) for who in payment.finance):
        return "one"
    return "two" if len(payment.finance - {payment.payee}) > 1 else "nobody"


def says_it_with_another(payment: ByHand, how: str, who: UUID) -> bool:
    """PAY-12: whether this person's word counts only once somebody else has said the same."""
    alone = not payment.paid_again and not _reasons_not_to_say_alone(payment, how, who)
    return who != payment.payee and who_is_left(payment, how) == "two" and not alone


def is_first_of_two(payment: ByHand, how: str, who: UUID) -> bool:
    """PAY-12: whether their word waits now for somebody else's."""
    others = {by for by, said in payment.said if said == how} - {who, payment.payee}
    return says_it_with_another(payment, how, who) and not others


def others_differ(payment: ByHand, how: str, who: UUID) -> bool:
    """PAY-12: whether somebody else's word that waits says something else, so that neither counts."""
    return any(said != how and by != who and not _is_over(payment, said, by) for by, said in payment.said)


def words_differ(payment: ByHand) -> bool:
    """PAY-12: as others_differ(), of two words that were said."""
    return any(others_differ(payment, how, who) and not _is_over(payment, how, who) for who, how in payment.said)


def _is_over(payment: ByHand, how: str, who: UUID) -> bool:
    """Whether this word was about a state that has passed."""
    return bool(_reasons_not_to_speak(payment, how, who)) or not says_it_with_another(payment, how, who)


def is_the_only_one(payment: ByHand, who: UUID) -> bool:
    """PAY-12: whether this person may say what became of it, and everybody else with the finance role made or sent it
    or is paid by it."""
    others = payment.finance - {who}
    return (
        bool(others) and not reasons_not_to_say(payment, who) and all(reasons_not_to_say(payment, by) for by in others)
    )


def nobody_brings(payments: Sequence[ByHand]) -> bool:
    """PAY-12: whether everybody with the finance role made or sent this, or is paid by it, so that nobody may bring
    what the bank says of it."""
    finance = frozenset(person for payment in payments for person in payment.finance)
    return bool(finance) and all(any(reasons_not_to_say(each, who) for each in payments) for who in finance)


def reasons_to_leave_it_to_another(payment: ByHand, how: str, who: UUID) -> list[Reason]:
    """PAY-10, PAY-12: why somebody's word about how a payment ended does not count, not even together with
    another's. Nobody may say that it was not paid while a line says that it left."""
    if payment.line_waits and ENDS_AS.get(how) == "rejected":
        return [line_first(payment.line_waits)]
    return [] if says_it_with_another(payment, how, who) else _reasons_not_to_say_alone(payment, how, who)


_WORDS: dict[str, tuple[str, ...]] = {"paid": ("came-back",), PERHAPS_GONE: ("paid", "not-paid"), "made": ("not-paid",)}
_HANDED = {"came-back": "taken-back", "paid": "handed-over"}


def what_can_be_said(payment: ByHand) -> tuple[str, ...]:
    """PAY-12: what can be said of a payment in its present state (How)."""
    if (payment.noted_twice and payment.state != "paid") or (payment.state == "paid" and payment.is_known_to_be_back):
        return ()
    words = _WORDS.get(payment.state, ("paid",))
    if payment.is_not_with_them and payment.code == "lost":
        words = ("paid", "came-back")
    return words if payment.method == TRANSFER else tuple(_HANDED.get(word, word) for word in words)


def says_nothing_new(payment: ByHand, how: str, who: UUID) -> bool:
    """PAY-12: their word does not count, or they have said it already and it waits for somebody else's."""
    if payment.state == "made":
        return bool(reasons_to_leave_it_to_another(payment, how, who)) or _waits_for_another(payment, how, who)
    return bool(reasons_not_to_end_by_hand(payment, how, who)) or _waits_for_another(payment, how, who)


def _waits_for_another(payment: ByHand, how: str, who: UUID) -> bool:
    if words_differ(payment) and any(by == who for by, _ in payment.said):
        return False
    return (who, how) in payment.said and is_first_of_two(payment, how, who)


def who_can_say_nothing(payments: Sequence[ByHand]) -> frozenset[UUID]:
    """PAY-10, PAY-12: who can say nothing about any of these payments, among those with the finance role or involved
    in them. They are not asked to."""
    concerned = frozenset(person for each in payments for person in each.concerned)
    return frozenset(
        person
        for person in concerned
        if all(says_nothing_new(each, how, person) for each in payments for how in what_can_be_said(each))
    )


def reasons_not_to_dismiss(payments: Iterable[ByHand], who: UUID, given_by: UUID | None = None) -> list[Reason]:
    """PAY-10, PAY-12: a second person says that a line of the account's statement is none of our payments, just as
    for any other decision about it. payments: those that it may be about. given_by: who brought a line that names
    payments, and so is not that second person."""
    if any(reasons_not_to_say(payment, who) for payment in payments):
        text = (
            "You made or sent a payment that this line may be about, or it pays you. So a second person must say "
            "that the line is not about it."
        )
        return [Reason("PAY-12", text, "payment")]
    if who == given_by:
        text = (
            "You brought this statement, and the line names a payment of ours. So a second person must say that it is "
            "not about it."
        )
        return [Reason("PAY-12", text, "payment")]
    return []


def dismisses_with_another(payments: Sequence[ByHand], who: UUID, given_by: UUID | None = None) -> bool:
    """PAY-12: if everyone with the finance role made or sent one of these, or brought the line, two of them who say
    the same count as one uninvolved person; a payee never counts."""
    payees = {payment.payee for payment in payments}
    finance = frozenset(person for payment in payments for person in payment.finance)
    nobody_alone = bool(finance) and all(reasons_not_to_dismiss(payments, each, given_by) for each in finance)
    return nobody_alone and who in finance - payees and len(finance - payees) > 1


def reasons_not_to_bring(payments: Iterable[ByHand], who: UUID, *, paid: bool = True) -> list[Reason]:
    """PAY-10, PAY-12: a second person brings the bank's answer or statement, too. payments: those that it ends in
    any way. Who took one out of its run may bring the bank's word about it. paid: whether it says that they were
    paid; if not, nobody may bring it who could have given the bank another such file."""
    for payment in payments:
        if who == payment.payee:
            return [Reason("PAY-10", "This says how a payment to you ended, so somebody else must bring it.", "answer")]
        if reasons_not_to_say(payment, who):
            return [
                Reason(
                    "PAY-12",
                    "You made or sent this run, so a second person must bring what the bank says of it.",
                    "answer",
                )
            ]
        if not paid and payment.state == PERHAPS_GONE and who in payment.fetched_by:
            return [
                Reason(
                    "PAY-12",
                    "You fetched a file of this run, so somebody who did not must bring that the bank did not pay it.",
                    "answer",
                )
            ]
    return []
