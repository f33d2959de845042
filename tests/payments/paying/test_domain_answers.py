"""PAY-12: what a bank says of a file, its batches and its payments, and which of it counts."""

from collections.abc import Sequence
from datetime import UTC, datetime

import pytest

from services.payments.owing.domain import bank_reasons
from services.payments.owing.domain.bank_reasons import BankReason, code_in
from services.payments.paying.domain import answer_words, answers, applying
from services.payments.paying.domain.answers import BankAnswer, Batch, Outcome, SentPayment, StatusLine

MORNING, NOON, EVENING = (datetime(2026, 11, 24, hour, tzinfo=UTC) for hour in (9, 12, 18))


def sent(number: int = 1, state: str = "sent", pence: int = 1500, ended_at: datetime | None = None) -> SentPayment:
    return SentPayment(f"CH-{number}", pence, state, ended_at)


def paid(number: int = 1, pence: int | None = 1500, status: str = "ACSC") -> StatusLine:
    return StatusLine(f"CH-{number}", status, amount_pence=pence)


def rejected(number: int = 1, code: str = "AC04", **reason: str) -> StatusLine:
    return StatusLine(f"CH-{number}", "RJCT", [BankReason(code, **reason)] if code or reason else [])


def answer(
    *lines: StatusLine,
    file: str = "",
    to: str = "RUN-1",
    batch: str = "",
    reasons: Sequence[BankReason] = (),
    **more: object,
) -> BankAnswer:
    """batch: the status of the one batch that holds the lines; reasons: of the file."""
    return BankAnswer("B1", to, file, reasons, [Batch(to, batch, lines=lines)], **more)  # pyrefly: ignore


@pytest.mark.parametrize(
    ("given", "payments", "says"),
    [
        (answer(paid()), [sent()], None),
        (answer(paid(pence=None)), [sent()], None),
        (answer(paid(), to="RUN-2"), [sent()], "another payment run"),
        (answer(paid(2)), [sent()], "not in this run"),
        (answer(StatusLine("", "ACSC")), [sent()], "not in this run"),
        (answer(paid(pence=1499)), [sent()], "An amount"),
        (answer(paid(), rejected()), [sent()], "more than once: CH-1"),
        (
            BankAnswer("B1", "RUN-1", batches=[Batch("RUN-1", lines=[paid()]), Batch("RUN-1", lines=[rejected()])]),
            [sent()],
            "more than once: CH-1",
        ),
        (BankAnswer("B1", "RUN-1", batches=[Batch("RUN-9", "RJCT")]), [sent()], "a batch that is not in this run"),
        (answer(paid(), original_payments=2), [sent()], "another number"),
        (answer(paid(), original_pence=1600), [sent()], "another sum"),
        (answer(paid(), original_payments=1, original_pence=1500), [sent()], None),
        (answer(rejected()), [sent(state="paid")], None),
        (answer(rejected(), written_at=MORNING), [sent(state="paid")], "older than one"),
        (answer(rejected(), written_at=EVENING), [sent(state="paid")], None),
        (answer(paid()), [sent(state="rejected")], None),
        (answer(paid()), [sent(state="returned")], None),
        (answer(paid()), [sent(state="paid")], None),
        (answer(rejected()), [sent(state="rejected")], None),
        (answer(rejected()), [sent(state="returned")], None),
        (answer(paid(status="PDNG")), [sent(state="paid")], None),
        (answer(file="RJCT"), [sent(state="paid")], "something else than an earlier one"),
        (answer(batch="RJCT"), [sent(state="paid")], "something else than an earlier one"),
        (answer(file="ACSC"), [sent(), sent(2)], None),
        (answer(file="PDNG"), [sent(state="paid")], None),
    ],
)
def test_pay_12_an_answer_agrees_with_the_run_or_is_refused(
    given: BankAnswer, payments: list[SentPayment], says: str | None
) -> None:
    reasons = applying.reasons_not_to_apply(given, ["RUN-1"], payments, NOON)
    if says is None:
        assert reasons == []
    else:
        assert (
            [reason.rule for reason in reasons] == ["PAY-12"]
            and says in reasons[0].text
            and reasons[0].field == "answer"
        )


PAID, BACK = Outcome("CH-1", "paid"), Outcome("CH-1", "rejected", "AC04")


def ours(number: int = 1, code: str = "", state: str = "rejected") -> Outcome:
    return Outcome(f"CH-{number}", state, code, is_ours=True)  # pyrefly: ignore


@pytest.mark.parametrize(
    ("given", "payments", "expected"),
    [
        (answer(paid(), rejected(2)), [sent(), sent(2)], [PAID, Outcome("CH-2", "rejected", "AC04")]),
        (answer(paid(status="ACCC")), [sent()], [PAID]),
        (answer(paid(status="ACSP")), [sent()], []),
        (answer(paid(status="PDNG"), paid(2)), [sent(), sent(2)], [Outcome("CH-2", "paid")]),
        (answer(paid(status="XYZ1")), [sent()], []),
        (answer(paid()), [sent(state="paid")], []),
        (answer(StatusLine("CH-1", "ACSC", [BankReason("AC04")])), [sent()], [PAID]),
        (answer(file="ACSC"), [sent(), sent(2)], [PAID, Outcome("CH-2", "paid")]),
        (answer(file="RJCT"), [sent(), sent(2, "rejected")], [ours()]),
        (answer(file="ACSP"), [sent()], []),
        # The lowest that speaks
        (answer(paid(status="ACSP"), file="ACSC"), [sent()], []),
        (answer(rejected(), file="ACSC"), [sent(), sent(2)], [BACK, Outcome("CH-2", "paid")]),
        (answer(paid(), file="RJCT"), [sent(), sent(2)], [PAID, ours(2)]),
        (answer(rejected(), file="PART"), [sent(), sent(2)], [BACK]),
        (answer(rejected(), batch="ACSC", file="PART"), [sent(), sent(2)], [BACK, Outcome("CH-2", "paid")]),
        (
            answer(StatusLine("CH-1", "", [BankReason("AC04")]), batch="RJCT"),
            [sent()],
            [BACK],
        ),
        (
            answer(StatusLine("CH-1", "", [BankReason("AC01")]), file="RJCT"),
            [sent()],
            [Outcome("CH-1", "rejected", "AC01")],
        ),
        (answer(StatusLine("CH-1", "", [BankReason("AM04")]), file="RJCT"), [sent()], [ours(code="AM04")]),
        (answer(StatusLine("CH-1", "", [BankReason("AC04")]), batch="RJCT"), [sent(state="paid")], []),
        # Our own faults ask nobody
        (answer(file="RJCT", reasons=[BankReason("FF01")]), [sent()], [ours(code="FF01")]),
        (answer(file="RJCT", reasons=[BankReason("AC04")]), [sent()], [ours(code="AC04")]),
        (
            BankAnswer("B", "RUN-1", batches=[Batch("RUN-1", "RJCT", [BankReason("AM04")])]),
            [sent()],
            [ours(code="AM04")],
        ),
        (
            BankAnswer("B", "RUN-1", batches=[Batch("RUN-1", "RJCT", [BankReason("AM04")], [rejected(code="")])]),
            [sent()],
            [ours(code="AM04")],
        ),
        (answer(rejected(code="ZZ99")), [sent()], [ours(code="ZZ99")]),
        (answer(StatusLine("CH-1", "CANC")), [sent()], [ours()]),
        (answer(StatusLine("CH-1", "RJCT", [BankReason("NARR"), BankReason("AC04")])), [sent()], [BACK]),
        (answer(rejected(code="", proprietary="7b")), [sent()], [Outcome("CH-1", "rejected", "NARR")]),
        (answer(rejected(code="")), [sent()], [Outcome("CH-1", "rejected")]),
        # Blocks that do not agree leave what they do not name
        (
            BankAnswer(
                "B",
                "RUN-1",
                batches=[Batch("RUN-1", "ACSC", lines=[paid()]), Batch("RUN-1", "RJCT", lines=[rejected(2)])],
            ),
            [sent(3)],
            [],
        ),
        # What was confirmed and comes back
        (answer(rejected()), [sent(state="paid")], [Outcome("CH-1", "returned", "AC04")]),
        (answer(rejected()), [sent(state="rejected")], []),
    ],
)
def test_pay_12_what_an_answer_ends(given: BankAnswer, payments: list[SentPayment], expected: list[Outcome]) -> None:
    assert list(answers.read(given, payments).outcomes) == expected


@pytest.mark.parametrize(
    ("given", "says"),
    [
        (answer(file="ACSP"), "This answer ends nothing. 1 still wait"),
        (answer(), "This answer ends nothing."),
        (answer(file="XYZ1"), "by XYZ1"),
        (answer(paid(status="QQQQ")), "by QQQQ"),
    ],
)
def test_pay_12_an_answer_that_ends_nothing_says_so(given: BankAnswer, says: str) -> None:
    reading = answers.read(given, [sent()])
    assert reading.pending == 1 and says in " ".join(reading.warnings)


def test_pay_12_an_answer_that_ends_all_warns_of_nothing() -> None:
    assert answers.read(answer(paid()), [sent()]).warnings == []


@pytest.mark.parametrize(
    ("code", "says"),
    [
        ("AC01", "does not know this account number"),
        ("AC03", "does not know this account number"),
        ("AC04", "This account is closed"),
        ("AC06", "cannot take payments now"),
        ("AG01", "this kind of payment"),
        ("BE01", "name does not go with"),
        ("RC01", "does not know this sort code"),
        ("AGNT", "does not know this sort code"),
        ("AM04", "something at our end"),
        ("FF01", "something at our end"),
        ("DU03", "something at our end"),
        ("XX99", "something at our end"),
        ("", "did not say why"),
        ("NARR", "in words of its own"),
    ],
)
def test_pay_12_a_rejected_payment_has_a_plain_reason(code: str, says: str) -> None:
    assert says in bank_reasons.plain_reason(code)


def test_pay_12_finance_reads_the_code_in_words() -> None:
    assert bank_reasons.for_finance("AC04") == "account closed (AC04)"
    assert bank_reasons.for_finance("DU01") == "this file was sent before (DU01)"
    assert bank_reasons.for_finance("XX99") == "the bank’s code (XX99)"
    assert bank_reasons.for_finance("") == ""


@pytest.mark.parametrize(
    ("reason", "code"),
    [
        (BankReason("AC04", "X", "Closed"), "AC04"),
        (BankReason(), ""),
        (BankReason("NARR"), ""),
        (BankReason("MS03"), "MS03"),
        (BankReason("", "ac04"), "AC04"),
        (BankReason("", "ACCOUNT_CLOSED"), "AC04"),
        (BankReason("NARR", "", "The account is closed."), "AC04"),
        (BankReason("", "7", "Invalid sort code"), "RC01"),
        (BankReason("", "", "No such account"), "AC01"),
        (BankReason("", "", "Account number not found"), "AC01"),
        (BankReason("", "", "Name mismatch"), "BE01"),
        (BankReason("", "R10", "Insufficient funds"), "AM04"),
        (BankReason("", "7B"), "NARR"),
        (BankReason("MS03", "", "Refused on review"), "NARR"),
    ],
)
def test_pay_12_a_reason_in_the_banks_own_words_is_a_reason(reason: BankReason, code: str) -> None:
    assert bank_reasons.code_of(reason) == code
    said = reason.proprietary or reason.information
    assert not (said and "did not say why" in bank_reasons.plain_reason(bank_reasons.code_of(reason)))


OURS_IN_WORDS = [
    ("Debtor account closed", "AC05"),
    ("Account of debtor is closed", "AC05"),
    ("DebtorAccountClosed", "AC05"),
    ("Closed account (debtor)", "AC05"),
    ("Debit account blocked", "AG08"),
    ("Originator account frozen", "AG08"),
    ("Your account is blocked", "AG08"),
    ("Remitter account number not found", "AC02"),
    ("Payer: no such account", "AC02"),
    ("Originator sort code invalid", "RC03"),
    ("Ordering party name mismatch", "BE05"),
    ("Ordering customer's name does not match", "BE05"),
    ("Daily limit exceeded", "AM14"),
    ("Payment limit exceeded", "AM14"),
    ("Amount exceeds your daily limit", "AM14"),
    ("Not authorised", "DS02"),
    ("Unauthorized", "DS02"),
    ("Signatory missing", "DS02"),
    ("Insufficient funds", "AM04"),
    ("Insufficient balance", "AM04"),
    ("Not enough money", "AM04"),
    ("No funds available", "AM04"),
    ("Second signature missing", "DS02"),
    ("Approval missing", "DS02"),
    ("Cut-off time missed", "TM01"),
    ("Batch outside the cut-off window", "TM01"),
    ("Invalid execution date", "DT01"),
    ("Service user number invalid", "AG08"),
    ("Account to be debited is closed", "AC05"),
    ("Account debited blocked", "AG08"),
    ("Balance too low", "AM04"),
    ("Account overdrawn", "AM04"),
    ("Signatures missing", "DS02"),
    ("Mandate missing", "DS02"),
    ("Source account blocked", "AG08"),
    ("Daily maximum reached", "AM14"),
    ("Wrong account debited", "AC02"),
    ("Payer not permitted", "NARR"),
    ("File rejected by bank", "NARR"),
]
PAYEES_IN_WORDS = [
    ("Account closed", "AC04"),
    ("Account is now closed", "AC04"),
    ("Closed account", "AC04"),
    ("Account closed. Your payment was returned", "AC04"),
    ("Beneficiary account closed", "AC04"),
    ("Beneficiary's account (11112222) closed", "AC04"),
    ("Account closed, returned to remitter", "AC04"),
    ("Beneficiary account closed; remitter informed", "AC04"),
    ("Payee account blocked. Refer to payer", "AC06"),
    ("Recipient a/c frozen", "AC06"),
    ("Creditor name mismatch", "BE01"),
    ("Receiving account number not found", "AC01"),
    ("No account with this number", "AC01"),
    ("No account", "AC01"),
    ("Invalid account number", "AC01"),
    ("Creditor sort code invalid", "RC01"),
]
"""What names the payee's account and says what is wrong with it."""
UNREADABLE = [
    "Beneficiary limit exceeded",
    "Payee not authorised",
    "Rejected on review",
    "Contact the originator",
    "Contact the bank",
    "Customer account closed",
    "Client account frozen",
    "Closed for business",
    "Branch closed on a bank holiday",
    "System closed",
    "Clearing closed, account not debited",
    "Account not debited, clearing closed",
    "Blocked by the fraud team",
    "Payment blocked",
    "No account was debited",
    "Rejected by the risk engine",
    "Approver not available",
    "Sanctions screening",
    "Creditor agent unknown",
    "Holder of account deceased",
    "Account transferred",
    "Weekend",
    "7B",
    "Rücküberweisung",
    "Gwrthodwyd gan y banc",
]
"""What says nothing that we know of anybody's account: finance looks, and nobody is asked to check anything."""


@pytest.mark.parametrize("words", UNREADABLE)
@pytest.mark.parametrize("iso", ["", "NARR", "MS03"])
def test_pay_12_words_that_we_cannot_read_never_blame_the_payee(words: str, iso: str) -> None:
    [outcome] = answers.read(answer(rejected(code=iso, information=words)), [sent()]).outcomes
    assert (outcome.reason_code, outcome.asks_payee) == ("NARR", False)
    assert "heck your" not in bank_reasons.plain_reason(answer_words.code_for_its_owner(outcome))


@pytest.mark.parametrize(
    ("words", "code", "is_ours"),
    [(*each, True) for each in OURS_IN_WORDS] + [(*each, False) for each in PAYEES_IN_WORDS],
)
@pytest.mark.parametrize("iso", ["", "NARR", "MS03"])
def test_pay_12_whose_account_the_banks_words_are_about(words: str, code: str, is_ours: bool, iso: str) -> None:
    """Our own faults never ask the payee to check anything."""
    [outcome] = answers.read(answer(rejected(code=iso, information=words)), [sent()]).outcomes
    assert (outcome.reason_code, outcome.is_ours, outcome.asks_payee) == (code, is_ours, not is_ours)
    read = answer_words.code_for_its_owner(outcome)
    assert ("at our end" in (bank_reasons.BECAUSE.get(read) or bank_reasons.plain_reason(read))) is is_ours


@pytest.mark.parametrize(
    ("code", "words", "means", "is_ours"),
    [
        ("AC04", "Debtor account closed", "AC05", True),
        ("AC06", "Debit account blocked", "AG08", True),
        ("AC01", "Remitter account", "AC02", True),
        ("AC03", "Debtor account", "AC03", False),  # it is the creditor's by name
        ("AC04", "Creditor account closed", "AC04", False),
        ("AC04", "Returned to originator", "AC04", False),
        ("AC04", "", "AC04", False),
    ],
)
def test_pay_12_a_code_that_may_mean_either_account_means_ours_where_the_words_say_so(
    code: str, words: str, means: str, is_ours: bool
) -> None:
    [outcome] = answers.read(answer(rejected(code=code, information=words)), [sent()]).outcomes
    assert (outcome.reason_code, outcome.is_ours) == (means, is_ours)


@pytest.mark.parametrize("written_at", [MORNING, EVENING, None])
@pytest.mark.parametrize("level", ["file", "batch", "payment"])
def test_pay_12_the_bank_s_paid_is_no_old_news_against_a_word_that_it_was_not(
    written_at: datetime | None, level: str
) -> None:
    said = {of: "ACSC" if of == level else "" for of in ("file", "batch", "payment")}
    lines = [paid()] if level == "payment" else []
    told = BankAnswer("B", "RUN-1", said["file"], (), [Batch("RUN-1", said["batch"], (), lines)], written_at)
    payments = [SentPayment("CH-1", 1500, "rejected", NOON)]
    reading = answers.read(told, payments)
    assert applying.reasons_not_to_apply(told, ["RUN-1"], payments) == []
    assert reading.went_out == ["CH-1"] and not reading.warnings


def test_pay_12_what_stands_in_a_file_made_anew_and_was_paid_by_the_earlier_one_is_looked_at() -> None:
    assert answers.read(answer(paid()), [sent(state="made")], taken_out=[]).went_out == ["CH-1"]
    assert answers.read(answer(paid()), [sent()], taken_out=[]).went_out == []


def test_pay_12_words_that_only_name_a_sort_code_blame_nobody() -> None:
    assert code_in("Payment to this sort code, account and amount was made on 28 February") == ""
    assert code_in("Sort code not found") == code_in("Invalid sort code") == "RC01"
