"""What the policy page says besides figures (PAY-20, PAY-16)."""

from dataclasses import replace

import pytest

from services.payments.policy.domain import Rates, how_one_is_paid, what_is_not_paid, who_looks_after_what
from tests.payments.support import World

OURS = Rates(target_working_days=3, limit_days=10, receipt_days=60)


def test_pay_20_how_one_is_paid_is_said_with_our_own_days():
    said = " ".join(how_one_is_paid(OURS))
    assert "within 3 working days" in said and "within 10 days" in said and "within 60 days" not in said
    assert "within 60 days" in " ".join(who_looks_after_what(OURS))


def test_pay_20_benefits_are_the_persons_own():
    assert any("benefits" in each and "You look after" in each for each in who_looks_after_what(OURS))


@pytest.mark.parametrize("pays", [0, 1])
def test_pay_20_what_is_not_paid_follows_what_we_decided(pays: int):
    said = what_is_not_paid(replace(OURS, pays_other_expenses=pays))
    assert said[0] == "The time that you travel." and ("Costs other than travel." in said) is not bool(pays)


async def test_pay_20_the_public_page_says_it_all(site: World):
    text = (await site.visitor().get("/payments/policy")).text
    for each in (*how_one_is_paid(Rates()), *who_looks_after_what(Rates()), *what_is_not_paid(Rates())):
        assert each in text, each
    assert "If we cancel within 24 hours of the start" in text
