"""What comes back is finance's to pay again (PAY-12): the payee's own task, if they had one, is over."""

from services.notifications.domain.tasks import tasks_opened_by, tasks_settled_by


def test_pay_12_what_is_owed_again_returns_to_finance_and_ends_the_payees_task() -> None:
    assert "pay-claim" in tasks_opened_by("claim-owed-again")
    assert "check-payment-details" in tasks_settled_by("claim-owed-again")
    assert "pay-claim" not in tasks_settled_by("claim-owed-again")
