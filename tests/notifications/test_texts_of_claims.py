"""What the texts of a claim say: what was paid or agreed, what waits, and that no day is promised which may not
hold."""

from typing import get_args
from uuid import UUID

import pytest

from shared.events import Event
from shared.events.payments import ClaimApproved, ClaimOpened, ClaimOwedAgain, ClaimPaid, ClaimWithdrawn
from tests.notifications.texts import VERSIONS, letter, words

SESSION_DAY = "Thursday 3 December 2026"
"""Of which day it is: a message may always say so."""
MONEY_METHODS = ("bank-transfer", "vouchers", "cash", "cheque")


def no_day_in(text: str) -> bool:
    return "2026" not in text.replace(SESSION_DAY, "")


@pytest.mark.parametrize(
    ("recognition", "said"),
    [
        ("bank-transfer", "£20.90 has been paid into your bank"),
        ("cash", "£20.90 has been given to you in cash"),
        ("cheque", "£20.90 has been given or sent to you as a cheque"),
        ("vouchers", "£20.90 has been sent to you in vouchers"),
    ],
)
def test_pay_12_the_payee_reads_what_was_paid(recognition: str, said: str):
    for version in ("plain", "easy-read"):
        found = letter("claim-paid", version, recognition=recognition)
        assert said in words(list(found.body))
        assert found.subject.startswith("£20.90 has been") and (" paid" in found.subject) is ("paid" in said)


@pytest.mark.parametrize("version", VERSIONS[:2])
@pytest.mark.parametrize("because", ["lost", "taken-back", "came-back"])
def test_pay_12_what_was_handed_over_is_not_said_to_be_paid_again(because: str, version: str):
    found = letter("claim-owed-again", version, because=because)
    assert ("pay" in found.subject) is (because == "came-back")


@pytest.mark.parametrize("version", VERSIONS[:2])
def test_pay_14_a_claim_agreed_in_part_says_what_was_not_agreed_and_what_waits_for_a_receipt(version: str):
    found = letter("claim-approved", version)
    text = words(list(found.body))
    assert (
        found.subject == "Part of your claim is agreed: £20.90"
        and "Good news" not in text
        and "anything more" not in text
    )
    assert "could not say yes to £4.50" in text and "£3.10 more" in text and "receipt" in text and "£20.90" in text
    assert {f"https://voice.example/payments/claims/{UUID(int=11)}", "https://voice.example/payments/claims"} <= {
        line.url for line in found.body
    }
    refused = words(list(letter("claim-approved", version, waiting_lines=0, waiting_pence=0).body))
    assert "£4.50" in refused and "receipt" not in refused and "anything more" not in refused and "wrong?" in refused
    waiting = words(list(letter("claim-approved", version, not_agreed_pence=0).body))
    assert "£3.10" in waiting and "could not" not in waiting and "anything more" not in waiting


@pytest.mark.parametrize("version", VERSIONS[:2])
@pytest.mark.parametrize("template", ["claim-approved", "claim-refused", "claim-withdrawn"])
def test_pay_14_who_reads_that_we_did_not_agree_reads_whom_to_ask(template: str, version: str):
    assert "Reply to us" in words(list(letter(template, version).body))


@pytest.mark.parametrize("version", VERSIONS[2:])
def test_pay_14_a_discreet_mail_of_a_claim_agreed_in_part_is_no_good_news_either(version: str):
    found = letter("claim-approved", version)
    assert found.subject == "About your form"
    assert (
        "not" in words(list(found.body))
        and "still missing" in words(list(found.body))
        and "Good news" not in words(list(found.body))
    )


@pytest.mark.parametrize("version", VERSIONS)
def test_pay_14_a_claim_agreed_in_full_is_good_news(version: str):
    found = letter("claim-approved", version, not_agreed_pence=0, waiting_lines=0, waiting_pence=0)
    text = words(list(found.body))
    assert "Good news" in text and "could not" not in text and "missing" not in text and "Part of" not in found.subject


# --- what a part of a claim, an online session and a cancelled session say ---


@pytest.mark.parametrize("version", ["plain", "easy-read"])
def test_pay_05_a_part_that_waits_for_a_receipt_says_so_and_is_no_new_claim(version: str):
    part = letter("claim-opened", version, because="receipt", waiting_pence=250)
    text = words(list(part.body))
    assert part.subject.startswith("We need a receipt from you") and "receipt" in text and "£2.50" in text
    assert "Thank you for taking part" not in text and "We have started a claim" not in text
    whole = words(list(letter("claim-opened", version, because="", waiting_pence=0).body))
    assert "Thank you for taking part" in whole and "receipt" not in whole


def every(event: type[Event], field: str) -> tuple[str, ...]:
    """Every value that this field of the event may have."""
    return get_args(event.model_fields[field].annotation)


OPENED = [{"because": value} for value in every(ClaimOpened, "because")] + [
    {"because": "", "else_because": value} for value in every(ClaimOpened, "else_because")
]
SAYS_OF_OPENED = {
    "": ["Thank you for taking part"],
    "receipt": ["receipt"],
    "correction": ["put right", "put it right"],
    "another-look": ["You asked us to look again", "don't need to do anything", "do not need to do anything"],
    "rest": ["in two parts", "is paid"],
    "reopened": ["is open again"],
}
"""What each value of `because` says, in one of these words at least."""


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("why", OPENED, ids=lambda why: "-".join(why.values()))
def test_pay_14_every_reason_why_a_claim_opens_has_a_text_of_its_own(version: str, why: dict[str, str]):
    value = why.get("else_because") or why["because"]
    found = letter("claim-opened", version, **why)
    text = words(list(found.body))
    assert value in SAYS_OF_OPENED
    if not version.startswith("discreet"):
        assert any(said in text for said in SAYS_OF_OPENED[value]), text
        assert (" three things" in text or "Add your travel" in text) is (value == "")
        assert all(
            other == value or SAYS_OF_OPENED[other][0] not in text for other in ("", "another-look", "rest", "reopened")
        )
    if value == "another-look":
        assert "form for you to check" not in text and "check" not in found.subject and "send it" not in text.lower()


@pytest.mark.parametrize("version", VERSIONS)
def test_pay_16_whose_session_we_cancelled_late_is_not_thanked_for_coming(version: str):
    text = words(list(letter("claim-opened", version, because="", ground="cancelled-session").body))
    assert "cancelled" in text and "Thank you for" not in text and ("form" in text or "claim" in text)


@pytest.mark.parametrize("version", VERSIONS)
def test_pay_16_a_late_cancelling_of_something_unpaid_promises_no_pay_for_time(version: str):
    told = {"because": "", "ground": "cancelled-session", "paid": False}
    text = words(list(letter("claim-opened", version, **told).body))
    assert "all the same" not in text and "was planned" not in text


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("template", ["claim-owed-again", "claim-withdrawn", "claim-approved"])
def test_pay_12_a_message_of_what_the_bank_may_have_paid_already_promises_no_day(version: str, template: str):
    because = "came-back" if template == "claim-owed-again" else "register"
    nothing_left_out = {"not_agreed_pence": 0, "waiting_lines": 0, "waiting_pence": 0}
    text = words(list(letter(template, version, because=because, waits_for_bank=True, **nothing_left_out).body))
    assert no_day_in(text) and "You will have it" not in text and "You will get it again" not in text
    if not version.startswith("discreet"):
        assert "You may have some of" in text and "bank" not in text and "find that out first" in text


@pytest.mark.parametrize("version", VERSIONS)
def test_pay_12_what_the_bank_had_paid_before_is_not_called_a_register_put_right(version: str):
    for template, facts in (("claim-refused", {}), ("claim-withdrawn", {"in_part": True}), ("claim-withdrawn", {})):
        text = words(list(letter(template, version, because="register", bank_paid=True, **facts).body))
        if template == "claim-refused" or facts:
            assert "register" not in text
        if facts:
            assert "look at it again" not in text and no_day_in(text)


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize(
    ("template", "event"),
    [("claim-owed-again", ClaimOwedAgain), ("claim-withdrawn", ClaimWithdrawn), ("claim-approved", ClaimApproved)],
)
def test_pay_09_a_message_of_what_its_owner_holds_promises_no_day(version: str, template: str, event: type[Event]):
    for because in every(event, "because") if "because" in event.model_fields else ("",):
        found = letter(
            template, version, because=because, on_hold=True, not_agreed_pence=0, waiting_lines=0, waiting_pence=0
        )
        text = words(list(found.body))
        assert no_day_in(text) and "You will have it by" not in text
        if template != "claim-withdrawn" and not version.startswith("discreet"):
            assert (
                "You asked us to hold" in text
                and "let it go" in text
                and "do not need to do anything" not in text
                and "need to do anything" not in text
            )
        let_go_on = words(
            list(
                letter(
                    template,
                    version,
                    because=because,
                    on_hold=False,
                    not_agreed_pence=0,
                    waiting_lines=0,
                    waiting_pence=0,
                ).body
            )
        )
        assert version.startswith("discreet") or "Saturday 12 December 2026" in let_go_on


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("rest", every(ClaimPaid, "recognition"))
def test_pay_08_a_part_that_is_paid_says_what_is_still_to_come_and_how(version: str, rest: str):
    if rest == "none":
        return  # leaves by no way
    pence = 450 if rest in MONEY_METHODS else 0
    found = letter(
        "claim-paid", version, recognition="vouchers", amount_pence=1250, rest_pence=pence, rest_recognition=rest
    )
    text = words(list(found.body))
    assert "still to come" in text and found.subject != "All done"
    if not version.startswith("discreet"):
        how = {
            "bank-transfer": "into your bank",
            "cash": "in cash",
            "cheque": "by cheque",
            "vouchers": "in vouchers",
        }.get(rest, rest.split("-")[0])
        assert (
            "£12.50 has been sent to you in vouchers" in text
            and how in text
            and ("£4.50" in text) is bool(pence)
            and "£0.00" not in text
        )
    assert "still to come" not in words(list(letter("claim-paid", version, rest_recognition=None).body))


@pytest.mark.parametrize("version", ["plain", "easy-read"])
@pytest.mark.parametrize("recognition", ["training", "volunteering-role", "award"])
def test_pay_08_thanks_that_are_not_money_are_not_told_as_a_sum(version: str, recognition: str):
    found = letter("claim-paid", version, recognition=recognition, amount_pence=0)
    assert "£" not in words(list(found.body)) + found.subject and recognition.split("-")[0] in words(list(found.body))


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("template", ["claim-approved", "claim-withdrawn", "claim-paid"])
@pytest.mark.parametrize("recognition", [*every(ClaimPaid, "recognition"), None])
@pytest.mark.parametrize("not_agreed", [0, 450])
def test_pay_08_no_message_of_a_claim_speaks_of_no_pounds(
    version: str, template: str, recognition: str | None, not_agreed: int
):
    """Thanks that are no money are named; where there are none, no day is promised for them."""
    if template == "claim-paid" and recognition not in ("training", "volunteering-role", "award"):
        return  # leaves by no way, or as money
    found = letter(
        template,
        version,
        recognition=recognition,
        amount_pence=0,
        not_agreed_pence=not_agreed,
        waiting_lines=0,
        waiting_pence=0,
    )
    text = words(list(found.body)) + found.subject
    assert "£0.00" not in text
    if template == "claim-approved" and not version.startswith("discreet"):
        is_given = recognition in ("training", "volunteering-role", "award")
        assert ((recognition or "").split("-")[0] in text) if is_given else "There is no money to pay for it" in text
        assert ("12 December" in text) is is_given


@pytest.mark.parametrize("version", ["plain", "easy-read"])
def test_pay_08_thanks_that_are_no_money_are_named_beside_what_is_paid_back(version: str):
    found = letter(
        "claim-approved",
        version,
        recognition="training",
        amount_pence=450,
        not_agreed_pence=0,
        waiting_lines=0,
        waiting_pence=0,
    )
    assert "£4.50, and training" in words(list(found.body))


@pytest.mark.parametrize("version", ["plain", "easy-read"])
@pytest.mark.parametrize("was_agreed", [True, False])
def test_pay_17_a_claim_that_the_register_ends_is_not_told_as_agreed_if_nobody_agreed(version: str, was_agreed: bool):
    text = words(list(letter("claim-refused", version, because="register", was_agreed=was_agreed).body))
    assert ("We said yes" in text) is was_agreed and "What we wrote down" in text and "look again" not in text
    assert "look again" in words(list(letter("claim-refused", version, because="").body))
    assert "£11.17" in text, "what stands in the first claim"
    assert "first claim" not in words(
        list(letter("claim-refused", version, because="register", first_claim_pence=0).body)
    )


@pytest.mark.parametrize("version", VERSIONS)
def test_pay_13_an_agreed_claim_whose_account_waits_for_a_call_promises_no_day(version: str):
    facts = {"not_agreed_pence": 0, "waiting_lines": 0, "waiting_pence": 0}
    text = words(list(letter("claim-approved", version, details_wait=True, **facts).body))
    assert no_day_in(text) and "anything more" not in text
    assert "check" in text
    if not version.startswith("discreet"):
        assert "no number" in text
    facts["not_agreed_pence"] = 100
    text = words(list(letter("claim-approved", version, details_wait=True, **facts).body))
    assert no_day_in(text) and "check" in text


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("waits", ["details_wait", "person_waits", "asks_details"])
@pytest.mark.parametrize("template", ["claim-approved", "claim-owed-again", "claim-withdrawn"])
def test_pay_07_no_message_of_a_claim_promises_a_day_while_something_comes_first(
    version: str, waits: str, template: str
) -> None:
    facts = {"not_agreed_pence": 0, "waiting_lines": 0, "waiting_pence": 0, "because": "came-back"}
    text = words(list(letter(template, version, **facts, **{waits: True}).body))
    assert no_day_in(text) and "last day" not in text.lower()
    assert "not do anything" not in text and "not need to do" not in text and "anything more" not in text
    if not (version.startswith("discreet") and template == "claim-withdrawn"):
        first = {"asks_details": ("bank details", "need something from you first")}.get(waits, ("ring", "check"))
        assert any(each in text for each in first)


@pytest.mark.parametrize("version", VERSIONS)
def test_pay_10_an_agreed_claim_of_somebody_whom_we_ring_first_promises_no_day(version: str):
    facts = {"not_agreed_pence": 0, "waiting_lines": 0, "waiting_pence": 0, "recognition": "vouchers"}
    text = words(list(letter("claim-approved", version, person_waits=True, **facts).body))
    assert no_day_in(text) and "anything more" not in text
    if not version.startswith("discreet"):
        assert "rings you" in text and "no number" in text


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("waits", ["details_wait", "person_waits"])
def test_pay_10_a_claim_taken_back_promises_no_day_before_we_have_rung_its_owner(version: str, waits: str):
    text = words(list(letter("claim-withdrawn", version, **{waits: True}).body))
    assert no_day_in(text) and "last day" not in text
    assert version.startswith("discreet") or "one of us rings or meets you" in text


@pytest.mark.parametrize("version", VERSIONS)
def test_pay_13_who_did_not_enter_their_account_reads_that_somebody_did(version: str):
    found = letter("bank-details-changed", version, first=True)
    text = words(list(found.body))
    assert "entered" in found.subject and "changed" not in text and "tell us at once" in text.lower()


@pytest.mark.parametrize("version", VERSIONS[:2])
def test_pay_12_who_gets_vouchers_reads_how_they_come(version: str):
    by_mail = words(list(letter("claim-paid", version, recognition="vouchers").body))
    assert "in vouchers, by email" in by_mail and "a mail of their own" in by_mail
    by_hand = words(list(letter("claim-paid", version, recognition="vouchers", has_email=False).body))
    assert "by email" not in by_hand and "gives them to you" in by_hand
    assert "vouchers" not in words(list(letter("claim-paid", version, recognition="bank-transfer").body))


@pytest.mark.parametrize("version", VERSIONS[:2])
def test_pay_14_a_part_that_waits_beside_what_was_refused_does_not_say_that_the_rest_goes_on(version: str):
    told = {"because": "receipt", "waiting_pence": 240}
    refused = words(list(letter("claim-opened", version, rest_refused=True, **told).body))
    assert "goes on" not in refused and "still pay this part" in refused
    assert "goes on" in words(list(letter("claim-opened", version, **told).body))


@pytest.mark.parametrize("version", VERSIONS)
def test_pay_14_a_refused_claim_says_the_sum_and_what_may_still_be_paid(version: str):
    told = {"because": "", "not_agreed_pence": 1500}
    text = words(list(letter("claim-refused", version, waiting_pence=240, **told).body))
    discreet = version.startswith("discreet")
    assert "still missing" in text if discreet else "£15.00" in text and "£2.40" in text and "receipt" in text
    whole = words(list(letter("claim-refused", version, waiting_pence=0, **told).body))
    assert "missing" not in whole and "receipt" not in whole and "more" not in whole


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("template", ["claim-refused", "claim-withdrawn"])
def test_opp_18_no_mail_speaks_of_a_register_where_there_may_be_none(template: str, version: str):
    """Something that was written down by phone or post has none."""
    text = words(list(letter(template, version, because="register", in_part=True, title="A talk").body))
    assert "register" not in text.casefold(), text


@pytest.mark.parametrize("version", VERSIONS[:2])
def test_pay_08_a_sum_that_comes_in_two_ways_says_which_part_comes_by_which(version: str):
    ways = {"recognition": "vouchers", "amount_pence": 437, "not_agreed_pence": 100}
    apart = words(
        list(letter("claim-approved", version, **ways, rest_pence=270, rest_recognition="bank-transfer").body)
    )
    assert all(each in apart for each in ("£1.67", "in vouchers", "£2.70", "into your bank", "for your costs"))
    assert "for your costs" not in words(list(letter("claim-approved", version, **ways).body))
