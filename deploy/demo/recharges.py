"""Money between organisations: home pays its own participant, the host pays back, a statement settles the month
(NET-03)."""

from datetime import date, datetime, timedelta

from deploy.demo import bank
from deploy.demo.payments import choose, give_bank_details
from deploy.demo.play import Story, id_in, link_in, says, subject_of, wait_for
from deploy.demo.visitor import NotAsExpected, Visitor
from shared.clock import LONDON
from shared.money import pounds


def pay_at_home(story: Story) -> None:
    """The claim opens by itself at the rate that the host advertised; approved and paid by the home organisation, from
    its own bank file."""
    network, viewpoint = story.facts["network"], story.at("viewpoint")
    expected, guest = network["expected"], viewpoint.person("guest")
    claim = link_in(viewpoint.next_mail("guest", "claim"), "/payments/claims/")
    guest.open(claim)
    guest.expect(pounds(expected["participation"]))
    story.saw(
        f"At Viewpoint her claim of {pounds(expected['participation'])} opened by itself, at the rate that SUN "
        "advertised"
    )
    guest.open(f"{claim}/miles")
    guest.fill(miles=network["travel"]["miles"]).press("Add these miles")
    guest.expect(pounds(expected["mileage"]))
    choose(guest, claim, "bank-transfer")
    give_bank_details(guest, claim, network["bank_details"])
    guest.open(f"{claim}/check")
    guest.expect(pounds(expected["payment"]))
    guest.press("Send my claim")
    approver, finance = viewpoint.person("approver"), viewpoint.person("finance")
    page = f"/payments/approve/{id_in(claim)}"
    wait_for(
        "the claim in the approver's list",
        lambda: page in approver.open("/payments/approve").links("/payments/approve/"),
    )
    approver.open(page)
    approver.press("Approve")
    finance.open("/payments/runs")
    finance.press("Make a payment run")
    run = finance.page.path
    file = bank.read(finance.client.get(f"{run}/bank-file.xml").content)
    paid = [(payment.pence, payment.account_number) for payment in file.payments]
    if paid != [(expected["payment"], network["bank_details"]["account_number"])]:
        raise NotAsExpected(f"Viewpoint's bank file pays {[pence for pence, _ in paid]}, not {expected['payment']}")
    finance.open(f"{run}/sent")
    finance.press("It was sent")
    approver.open(run)
    approver.fill(answer=("answer.xml", bank.answer(file, viewpoint.now()), "application/xml")).press("Read the answer")
    approver.expect("1 paid")
    mail = viewpoint.next_mail("guest", f"{pounds(expected['payment'])} has been paid")
    story.saw(f"Viewpoint's approver and finance pay it from Viewpoint's own bank file: “{subject_of(mail)}”")


def recharge(story: Story) -> None:
    """What the host agreed to pay back is in both ledgers."""
    viewpoint = story.at("viewpoint")
    words = pounds(story.facts["network"]["expected"]["recharge"])
    for there, what in ((viewpoint, "What others owe us"), (story, "What we owe others")):
        finance = there.person("finance")
        wait_for(
            f"the recharge at {there.place.called}",
            lambda finance=finance, what=what: says(finance, "/payments/recharges", f"{what}: {words}"),
        )
        finance.open("/payments/ledger")
        finance.expect("balances")
    story.saw(f"{words} stands at Viewpoint as owed by SUN, and at SUN as owed to Viewpoint; both ledgers balance")


def settle(story: Story) -> None:
    """The month ends: the statement is issued and agreed by itself, paid by the host, and received."""
    viewpoint = story.at("viewpoint")
    words = pounds(story.facts["network"]["expected"]["recharge"])
    story.move_to(_next_month(story.now().date()))
    pages = {}
    for there in (viewpoint, story):
        finance = there.person("finance")
        pages[there.place.called] = wait_for(
            f"the statement at {there.place.called}", lambda finance=finance: _statement(finance)
        )
    home, host = viewpoint.person("finance"), story.person("finance")
    wait_for("both sides' totals", lambda: says(home, pages["Viewpoint"], f"Their figures {words}"))
    home.expect(f"Our figures {words}", "Difference £0.00")
    host.open(pages["SUN"])
    host.expect(f"Our figures {words}", "Difference £0.00")
    story.saw(f"After the month's end the statement says {words} on both sides, without a difference")
    host.follow("We have paid it")
    host.press("Yes, we have paid it")
    wait_for("that they say they paid", lambda: says(home, pages["Viewpoint"], "They say they paid"))
    home.follow("The money has come in")
    home.press("Yes, the money has come in")
    for there in (viewpoint, story):
        finance = there.person("finance")
        finance.open("/payments/ledger")
        finance.expect("balances")
        wait_for(
            "nothing owed",
            lambda finance=finance: (
                says(finance, "/payments/recharges", "owe us: £0.00")
                and says(finance, "/payments/recharges", "owe others: £0.00")
            ),
        )
    story.saw("SUN has paid it, Viewpoint has it: nothing is owed any more, and both ledgers balance")


def _statement(finance: Visitor) -> str | None:
    """The address of the only statement."""
    found = finance.open("/payments/recharges").links("/payments/recharges/statements/")
    return found[0] if found else None


def _next_month(day: date) -> datetime:
    """The morning of the first of the month after."""
    first = (day.replace(day=1) + timedelta(days=32)).replace(day=1)
    return datetime(first.year, first.month, 1, 9, tzinfo=LONDON)
