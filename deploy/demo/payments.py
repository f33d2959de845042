"""Steps 5 to 7: claims that open by themselves, an approval that happens once, a payment run and the bank's answer."""

import csv
import io
from concurrent.futures import ThreadPoolExecutor

from deploy.demo import bank
from deploy.demo.play import HERE, Story, id_in, link_in, subject_of, text_of, wait_for
from deploy.demo.second_half import still_missing
from deploy.demo.visitor import FilledForm, NotAsExpected, Page, Visitor, photo
from shared.money import pounds


def fill_in_claims(story: Story) -> None:
    """Each claim is filled in as far as known; one adds miles and a fare, the other chooses vouchers."""
    expected, travel = story.facts["expected"], story.facts["travel"]
    driver, voucher_taker = story.person("driver"), story.person("voucher_taker")
    for part, visitor in (("driver", driver), ("voucher_taker", voucher_taker)):
        claim = link_in(story.next_mail(part, "claim"), "/payments/claims/")
        story.kept[f"{part}_claim_page"], story.kept[f"{part}_claim"] = claim, id_in(claim)
        visitor.open(claim)
        visitor.expect(pounds(expected["driver_participation" if part == "driver" else "voucher_participation"]))
    story.saw(
        f"Two claims opened by themselves: {pounds(expected['driver_participation'])} and "
        f"{pounds(expected['voucher_participation'])}"
    )
    claim = story.kept["driver_claim_page"]
    voucher_taker.open(claim, status=404)
    driver.open(f"{claim}/miles")
    driver.fill(miles=travel["miles"]).press("Add these miles")
    driver.expect(pounds(expected["mileage"]))
    driver.open(f"{claim}/fare")
    driver.fill(what=travel["fare_description"], amount=travel["fare"]).press("Add it")
    receipt_page = driver.page.path
    driver.open(claim)
    driver.expect(pounds(expected["fare"]), "receipt")
    waiting = driver.page.text
    driver.open(f"{claim}/check")
    story.saw(
        f"{travel['miles']} miles are {pounds(expected['mileage'])}; the fare waits and says why, the rest can go on"
    )
    driver.open(receipt_page)
    driver.fill(receipt=photo(HERE / "receipt.jpg")).press("Send the receipt")
    if driver.page.text == waiting:
        raise NotAsExpected("the receipt changed nothing")
    choose(driver, claim, "bank-transfer")
    give_bank_details(driver, claim, story.facts["bank_details"])
    driver.open(f"{claim}/check")
    driver.expect(pounds(expected["driver_first_payment"]))
    driver.press("Send my claim")
    story.saw(
        f"With a photo of the receipt it is accepted; she sends her claim of {pounds(expected['driver_first_payment'])}"
    )
    claim = story.kept["voucher_taker_claim_page"]
    choose(voucher_taker, claim, "vouchers")
    voucher_taker.open(f"{claim}/check")
    voucher_taker.press("Send my claim")
    story.saw("The other chooses vouchers and sends his")
    wait_for(
        "the open claims among what is missing", lambda: any("claim" in item.lower() for item in still_missing(story))
    )
    story.saw("The coordinator's list of what is missing names the open claims")


def choose(visitor: Visitor, claim: str, recognition: str) -> None:
    visitor.open(f"{claim}/thanks")
    visitor.fill(recognition=recognition).press("Continue")


def give_bank_details(visitor: Visitor, claim: str, details: dict[str, str]) -> None:
    """They are shown masked ever after."""
    visitor.open(f"/payments/bank-details/change?claim={id_in(claim)}")
    visitor.fill(**details).press("Save")
    visitor.open("/payments/bank-details")
    visitor.expect(details["account_number"][-4:]).expect_not(details["account_number"])


def approve(story: Story) -> None:
    """Somebody who is neither claimant approves; a second click and a second approver change nothing, and are
    answered."""
    expected = story.facts["expected"]
    approver, second = story.person("approver"), story.person("second_approver")
    claim = story.kept["driver_claim"]
    wait_for(
        "the claims in the approver's list",
        lambda: claim in "".join(approver.open("/payments/approve").links("/payments/approve/")),
    )
    for visitor in (approver, second):
        visitor.open(f"/payments/approve/{claim}")
    answers = at_once([(visitor, visitor.form("Approve")) for visitor in (approver, second)])
    done, told = sorted(answers, key=lambda page: page.status)
    if (done.status, told.status) != (200, 422) or "already decided" not in told.text:
        raise NotAsExpected(f"two approvers at one moment got {done.described()} and {told.described()}")
    story.saw("Two approvers at the same moment: one approves, the other is told that somebody has already decided")
    claim = story.kept["voucher_taker_claim"]
    approver.open(f"/payments/approve/{claim}")
    form = approver.form("Approve")
    first, again = (send(approver, form) for _ in range(2))
    if first.status != 200 or again.status != 200 or pounds(expected["voucher_payment"]) not in again.text:
        raise NotAsExpected(f"a double click got {first.described()} and {again.described()}")
    story.saw(f"A double click approves {pounds(expected['voucher_payment'])} once, and both get the same answer")


def send(visitor: Visitor, form: FilledForm) -> Page:
    """Send a form as it stands; whatever comes back."""
    return Page(visitor.client.post(form.address, data=form.data, files=form.files or None))


def at_once(sends: list[tuple[Visitor, FilledForm]]) -> list[Page]:
    """Several people press at the same moment."""
    with ThreadPoolExecutor(len(sends)) as threads:
        return [future.result() for future in [threads.submit(send, *each) for each in sends]]


def pay(story: Story) -> None:
    """A payment run: a bank file that the bank reads again, its answer, a voucher list; claims become paid; people are
    told."""
    finance = story.person("finance")
    finance.open("/payments/runs")
    form = finance.form("Make a payment run")
    run = send(finance, form)
    if send(finance, form).path != run.path:
        raise NotAsExpected("a second click made a second payment run")
    finance.open(run.path)
    file = _fetch_files(story, finance, run.path)
    finance.open(f"{run.path}/sent")
    finance.press("It was sent")
    answer = ("answer.xml", bank.answer(file, story.now()), "application/xml")
    second = story.person("second_approver")
    second.open(run.path)
    second.fill(answer=answer).press("Read the answer")
    second.expect("1 paid")
    [handed] = [link for link in second.open(run.path).links(f"{run.path}/payments/") if link.endswith("/confirm")]
    second.open(handed)
    second.press("It was handed over")
    _people_hear(story)
    finance.open("/payments/ledger")
    finance.expect("balances")
    story.saw("The ledger balances")


def _fetch_files(story: Story, finance: Visitor, run: str) -> bank.PaymentFile:
    """Fetches a run's bank file and voucher list, and checks their sums. run: its address. Returns the file as the bank
    reads it."""
    expected = story.facts["expected"]
    file = bank.read(finance.client.get(f"{run}/bank-file.xml").content)
    paid = [(payment.pence, payment.account_number) for payment in file.payments]
    if paid != [(expected["driver_first_payment"], story.facts["bank_details"]["account_number"])]:
        raise NotAsExpected(
            f"the bank file pays {[pence for pence, _ in paid]}, not {expected['driver_first_payment']}"
        )
    vouchers = list(csv.DictReader(io.StringIO(finance.client.get(f"{run}/vouchers.csv").content.decode("utf-8-sig"))))
    if [row["Amount"] for row in vouchers] != [pounds(expected["voucher_payment"]).removeprefix("£")]:
        raise NotAsExpected(f"the voucher list says {vouchers}")
    story.saw(
        f"One bank file (pain.001) with {pounds(paid[0][0])}, read again by the bank; one voucher of "
        f"{pounds(expected['voucher_payment'])}"
    )
    return file


def _people_hear(story: Story) -> None:
    """Each hears by mail and on their claim's page that their money went."""
    expected = story.facts["expected"]
    for part, sum_of, words, on_page in (
        ("driver", "driver_first_payment", "paid", "Paid"),
        ("voucher_taker", "voucher_payment", "sent", "Given or sent"),
    ):
        mail = story.next_mail(part, f"{pounds(expected[sum_of])} has been {words}")
        visitor = story.person(part)
        visitor.open(story.kept[f"{part}_claim_page"])
        visitor.expect(on_page)
        story.saw(f"A mail to the {part.replace('_', ' ')} says: “{subject_of(mail)}”; the claim's page says it too")
        if story.facts["bank_details"]["account_number"] in text_of(mail):
            raise NotAsExpected("a mail shows an account number")
