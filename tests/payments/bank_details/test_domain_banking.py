"""Accounts that can exist, what a bank says, and what we take as a receipt."""

import pytest

from services.payments.bank_details.domain import banking, confirming
from services.payments.bank_details.domain.banking import ModulusTable, Weights
from services.payments.bank_details.gateways.modulus import load_table
from services.payments.receipts import domain as receipts
from services.payments.receipts.domain import Kind, Upload
from shared.db import new_id

TABLE = load_table()

# The worked examples of Pay.UK's "Validating account numbers", by what they show.
PASS = [
    ("089999", "66374958", "modulus 10"),
    ("107999", "88837491", "modulus 11"),
    ("202959", "63748472", "modulus 11 and double alternate"),
    ("871427", "46238510", "exceptions 10 and 11, the first check passes"),
    ("872427", "46238510", "exceptions 10 and 11, the second check passes"),
    ("871427", "09123496", "exception 10, ab is 09 and g is 9"),
    ("871427", "99123496", "exception 10, ab is 99 and g is 9"),
    ("820000", "73688637", "exception 3, c is 6"),
    ("827999", "73988638", "exception 3, c is 9"),
    ("827101", "28748352", "exception 3, c is neither"),
    ("134020", "63849203", "exception 4"),
    ("118765", "64371389", "exception 1"),
    ("200915", "41011166", "exception 6"),
    ("938611", "07806039", "exception 5"),
    ("938600", "42368003", "exception 5 with a substitute"),
    ("938063", "55065200", "exception 5, both remainders are nothing"),
    ("772798", "99345694", "exception 7"),
    ("086090", "06774744", "exception 8"),
    ("309070", "02355688", "exceptions 2 and 9, the first check passes"),
    ("309070", "12345668", "exceptions 2 and 9, the first fails and the second passes"),
    ("309070", "12345677", "exceptions 2 and 9, a is not 0 and g is not 9"),
    ("309070", "99345694", "exceptions 2 and 9, a is not 0 and g is 9"),
    ("074456", "12345112", "exceptions 12 and 13, the first passes"),
    ("070116", "34012583", "exceptions 12 and 13, modulus 11"),
    ("074456", "11104102", "exceptions 12 and 13, modulus 10"),
    ("180002", "00000190", "exception 14"),
    ("000000", "12345678", "a sort code that no line names"),
]
FAIL = [
    ("938063", "15764273", "exception 5, the first check digit is right and the second is not"),
    ("938063", "15764264", "exception 5, the first check digit is wrong and the second is right"),
    ("938063", "15763217", "exception 5, the first remainder is 1"),
    ("118764", "64371388", "exception 1"),
    ("203099", "66831036", "modulus 11 passes, double alternate does not"),
    ("203099", "58716970", "modulus 11 does not pass, double alternate does"),
    ("089999", "66374959", "modulus 10"),
    ("107999", "88837493", "modulus 11"),
]


@pytest.mark.parametrize(("sort_code", "account", "shows"), PASS, ids=[case[2] for case in PASS])
def test_pay_13_accounts_that_can_exist(sort_code: str, account: str, shows: str) -> None:
    assert banking.modulus_agrees(sort_code, account, TABLE)


@pytest.mark.parametrize(("sort_code", "account", "shows"), FAIL, ids=[case[2] for case in FAIL])
def test_pay_13_accounts_that_cannot_exist(sort_code: str, account: str, shows: str) -> None:
    assert not banking.modulus_agrees(sort_code, account, TABLE)


def only(*weights: Weights) -> ModulusTable:
    return ModulusTable(weights, {})


ONES = (0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 1, 1, 1, 1)


@pytest.mark.parametrize(
    ("account", "agrees"), [("46", True), ("45678900", False), ("00000037", True), ("00000036", False)]
)
def test_pay_13_a_plain_modulus(account: str, agrees: bool) -> None:
    assert (
        banking.modulus_agrees("100000", account.zfill(8), only(Weights("100000", "100000", "MOD10", ONES))) is agrees
    )


def test_pay_13_a_line_holds_from_its_first_to_its_last_sort_code() -> None:
    table = only(Weights("100001", "100003", "MOD10", ONES))
    assert [banking.modulus_agrees(code, "00000001", table) for code in ("100000", "100001", "100003", "100004")] == [
        True,
        False,
        False,
        True,
    ]


def test_pay_13_only_the_first_two_lines_count() -> None:
    line = Weights("100000", "100000", "MOD10", ONES)
    assert len(only(line, line, line).checks_for("100000")) == 2


@pytest.mark.parametrize(
    ("account", "agrees"), [("00000019", True), ("00000190", True), ("00000191", True), ("00000198", False)]
)
def test_pay_13_exception_14_moves_the_digits_when_the_last_is_0_1_or_9(account: str, agrees: bool) -> None:
    """By its weights alone 00000019 is 2*1 + 1*9 = 11."""
    weights = Weights("180002", "180002", "MOD11", (0, 0, 0, 0, 0, 0, 8, 7, 6, 5, 4, 3, 2, 1), 14)
    assert banking.modulus_agrees("180002", account, only(weights)) is agrees


@pytest.mark.parametrize(
    ("account", "agrees"),
    [
        ("40000011", True),
        ("80000022", True),
        ("30000011", False),
        ("90000022", False),
        ("40000012", False),
        ("50000077", True),
    ],
)
def test_pay_13_exception_6_leaves_foreign_currency_accounts(account: str, agrees: bool) -> None:
    """All weights 1 and modulus 11: none of these adds up by itself."""
    assert banking.modulus_agrees("200000", account, only(Weights("200000", "200000", "MOD11", ONES, 6))) is agrees


@pytest.mark.parametrize(
    ("account", "agrees"),
    [
        ("01000000", False),
        ("01000090", False),
        ("09000090", False),
        ("99000091", False),
        ("09000092", True),
        ("98000090", False),
    ],
)
def test_pay_13_exception_10_sets_the_first_weights_to_nothing_for_09_and_99_with_g_9(
    account: str, agrees: bool
) -> None:
    """With weights of 1 for all of u to h, modulus 11: 9 + 2 is 11 once a and b count for nothing."""
    weights = Weights("000000", "000000", "MOD11", (1,) * 14, 10)
    assert banking.modulus_agrees("000000", account, only(weights)) is agrees


def test_pay_13_exception_7_does_so_for_g_9_alone() -> None:
    weights = Weights("000000", "000000", "MOD11", (1,) * 14, 7)
    assert banking.modulus_agrees("000000", "12000092", only(weights))
    assert not banking.modulus_agrees("000000", "12000083", only(weights))


@pytest.mark.parametrize(("exception", "account"), [(10, "98000097"), (0, "99000096")])
def test_pay_13_no_weight_is_set_to_nothing_for_any_other_account(exception: int, account: str) -> None:
    """9 + 8 + 9 + 7 and 9 + 9 + 9 + 6 are 33; without their first two digits neither is a multiple of 11."""
    assert banking.modulus_agrees("000000", account, only(Weights("000000", "000000", "MOD11", (1,) * 14, exception)))


def test_pay_13_exception_4_compares_with_the_last_two_digits_as_one_number() -> None:
    weights = (*ONES[:12], 0, 0)
    table = only(Weights("100000", "100000", "MOD11", weights, 4))
    accounts = ("19000010", "19000001", "10000010", "10000001")
    assert [banking.modulus_agrees("100000", account, table) for account in accounts] == [True, False, False, True]


def test_pay_13_exception_5_meets_a_remainder_of_2_with_a_9() -> None:
    table = only(Weights("100000", "100000", "MOD11", (*ONES[:12], 0, 0), 5))
    assert [
        banking.modulus_agrees("100000", account, table) for account in ("20000090", "20000080", "00000000", "10000000")
    ] == [True, False, True, False]


def test_pay_13_a_line_with_too_few_weights_is_an_error_and_not_an_answer() -> None:
    with pytest.raises(ValueError, match="shorter"):
        banking.modulus_agrees("100000", "00000001", only(Weights("100000", "100000", "MOD10", ONES[:13])))


def test_pay_13_exceptions_8_and_9_check_as_another_sort_code() -> None:
    u_to_z = (1, 1, 1, 1, 1, 1, 0, 0, 0, 0, 0, 0, 0, 1)
    for exception, digits in ((8, 0 + 9 + 0 + 1 + 2 + 6), (9, 3 + 0 + 9 + 6 + 3 + 4)):
        table = only(Weights("555555", "555555", "MOD10", u_to_z, exception))
        assert banking.modulus_agrees("555555", f"0000000{-digits % 10}", table)
        assert not banking.modulus_agrees("555555", f"0000000{(1 - digits) % 10}", table)


def test_digits_are_taken_out_of_what_people_type() -> None:
    assert banking.digits_of(" 20-29\u201159\t") == "202959"
    assert banking.digits_of("20\u00a029\u201359") == "202959"
    assert banking.digits_of("20.29/59 X") == "20.29/59X"
    assert banking.digits_of("٦٦٣٧٤٩٥٨") == "66374958"


@pytest.mark.parametrize(
    ("name", "sort_code", "account", "fields"),
    [
        ("Alex", "089999", "66374958", []),
        (" ", "089999", "66374958", ["account_name"]),
        ("Alex", "08999", "66374958", ["sort_code"]),
        ("Alex", "0899999", "66374958", ["sort_code"]),
        ("Alex", "08999a", "66374958", ["sort_code"]),
        ("Alex", "\u0660\u0668\u0669\u0669\u0669\u0669", "66374958", ["sort_code"]),
        ("Alex", "000000", "12345", ["account_number"]),
        ("Alex", "000000", "123456", []),
        ("Alex", "000000", "12345678", []),
        ("Alex", "000000", "123456789", ["account_number"]),
        ("Alex", "000000", "1234567x", ["account_number"]),
        ("Alex", "000000", "\u0661\u0662\u0663\u0664\u0665\u0666\u0667\u0668", ["account_number"]),
        ("Alex", "089999", "66374959", ["account_number"]),
        ("", "1", "2", ["account_name", "sort_code", "account_number"]),
    ],
)
def test_pay_13_what_is_wrong_with_bank_details_is_said_by_field(
    name: str, sort_code: str, account: str, fields: list[str]
) -> None:
    reasons = banking.reasons_not_to_take_details(name, sort_code, account, TABLE)
    assert [reason.field for reason in reasons] == fields
    assert {reason.rule for reason in reasons} <= {"PAY-13"}


def test_pay_13_a_short_account_number_is_checked_with_zeros_before_it() -> None:
    table = only(Weights("100000", "100000", "MOD10", ONES))
    assert banking.reasons_not_to_take_details("Alex", "100000", "000037", table) == []
    assert banking.reasons_not_to_take_details("Alex", "100000", "000036", table) != []


def test_pay_13_what_is_shown_and_what_waits() -> None:
    assert banking.masked("4958") == "ending 4958"
    nothing = {"changes_earlier_details": False, "entered_by_another": False, "introduced_by_another": False}
    assert not confirming.needs_confirmation(**nothing)
    for why in nothing:
        assert confirming.needs_confirmation(**nothing | {why: True})


def test_pay_13_details_are_confirmed_by_somebody_else_in_one_of_two_ways() -> None:
    owner, staff = new_id(), new_id()
    waiting = confirming.ToConfirm("unconfirmed", owner, owner)
    for how in ("in-person", "rang-known-number"):
        assert confirming.reasons_not_to_confirm_details(waiting, how, staff, "held") == []
    for state, how, who, says in [
        ("confirmed", "in-person", staff, "not waiting"),
        ("replaced", "in-person", staff, "not waiting"),
        ("unconfirmed", "in-person", owner, "your own"),
        ("unconfirmed", "by-email", staff, "how you confirmed"),
    ]:
        [reason] = confirming.reasons_not_to_confirm_details(confirming.ToConfirm(state, owner, owner), how, who)
        assert reason.rule == "PAY-13" and says in reason.text


# PAY-05: receipts


@pytest.mark.parametrize("size", [1, 10_000_000])
@pytest.mark.parametrize("kind", [Kind.PICTURE, Kind.PDF])
def test_pay_05_a_picture_and_a_pdf_are_taken_as_a_receipt(size: int, kind: Kind) -> None:
    assert receipts.reasons_not_to_take_receipt(Upload(size, kind)) == []


@pytest.mark.parametrize(
    ("start", "kind"),
    [
        (b"\xff\xd8\xff\xe0", Kind.PICTURE),
        (b"\x00\x00\x00\x18ftypheic", Kind.PICTURE),
        (b"\x00\x00\x00\x18ftypmsf1\x00\x00\x00\x00hevcheic", Kind.PICTURE),
        (b"\x00\x00\x00\x20ftypisom\x00\x00\x02\x00isomiso2mp41", Kind.OTHER),
        (b"II*\x00", Kind.PICTURE),
        (b"MM\x00*", Kind.PICTURE),
        (b"RIFF\x00\x00\x00\x00WEBP", Kind.PICTURE),
        (b"RIFF\x00\x00\x00\x00WAVE", Kind.OTHER),
        (b"%PDF-1.7", Kind.PDF),
        (b"x" * 1024 + b"%PDF-1.7", Kind.PDF),
        (b"x" * 1100 + b"%PDF-1.7", Kind.OTHER),
        (b"  <SVG", Kind.SVG),
        (b"", Kind.OTHER),
    ],
)
def test_pay_05_what_a_file_is_is_seen_by_its_first_bytes(start: bytes, kind: Kind) -> None:
    assert receipts.looks_like(start) is kind


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [(0, 0, True), (0, 0b1111, True), (0, 0b11111, False), (None, 0, False), (0, None, False), (None, None, False)],
)
def test_pay_13_the_same_photo_saved_again_is_known(one: int | None, other: int | None, same: bool) -> None:
    assert receipts.same_picture(one, other) is same
