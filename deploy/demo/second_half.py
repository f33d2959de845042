"""Steps 8 to 10: feedback and its answers, the closed loop, and the claim's whole way."""

import re

from deploy.demo.play import Story, subject_of, wait_for
from deploy.demo.visitor import NotAsExpected, Visitor


def give_feedback(story: Story) -> None:
    """Both give feedback, one anonymously; one is answered "we did", one "we did not, because"; both hear; the board
    shows both."""
    named, anonymous = story.facts["feedback"]["named"], story.facts["feedback"]["anonymous"]
    driver, coordinator = story.person("driver"), story.person("coordinator")
    give(driver, story.kept["opportunity"], named["text"], named=True)
    with story.somebody() as guest:
        give(guest, story.kept["opportunity"], anonymous["text"], named=False)
        found = re.search(r"Your code is\s*([A-Z0-9-]+)", guest.page.text)
        if found is None:
            raise NotAsExpected(f"no code on {guest.page.described()}")
        code = found[1]
    story.saw("One gave feedback with her name, one without: he has a code")
    for given in (named, anonymous):
        answer(coordinator, given)
    mail = story.next_mail("driver", "what you told us")
    driver.open("/feedback/mine")
    driver.open(driver.page.links("/feedback/mine/")[0])
    driver.expect(named["response"])
    story.saw(f"She hears by mail (“{subject_of(mail)}”) and reads the answer")
    with story.somebody() as guest:
        guest.open("/feedback/look-up")
        guest.fill(code=code).press("Look it up")
        guest.expect(anonymous["response"])
        story.saw("He reads his answer with the code, without signing in")
        guest.open("/feedback/board")
        guest.expect(named["text"], named["response"], anonymous["text"], anonymous["response"], "We did", "Because")
        story.saw("The public board shows both: what we did, and what we did not and why")


def give(giver: Visitor, opportunity: str, text: str, *, named: bool, may_cross: bool | None = None) -> None:
    """One question a page. may_cross: whether the host may read it, if it is another organisation's."""
    giver.open(f"/feedback/give?opportunity={opportunity}")
    giver.fill(about="opportunity").press("Continue")
    giver.fill(words=text).press("Continue")
    giver.fill(named="yes" if named else "no").press("Continue")
    if may_cross is not None:
        giver.fill(may_cross="yes" if may_cross else "no").press("Continue")
    giver.fill(may_show="yes").press("Continue")
    if named:
        giver.fill(hear_by="email").press("Continue")
    giver.expect(text)
    giver.press("Send")
    giver.expect("We have your feedback")


def answer(coordinator: Visitor, given: dict[str, str]) -> None:
    coordinator.open("/feedback/staff")
    item = next(
        (each for each in coordinator.page.links("/feedback/staff/") if _is(coordinator, each, given["text"])), None
    )
    if item is None:
        raise NotAsExpected(f"“{given['text']}” is not among the feedback that waits")
    coordinator.open(item)
    coordinator.follow("Answer it")
    coordinator.fill(ending=given["answer"], text=given["response"], said=given["text"], checked="yes").press(
        "Send the answer"
    )
    coordinator.expect("Answered")


def _is(coordinator: Visitor, path: str, text: str) -> bool:
    if not re.fullmatch(r"/feedback/staff/[0-9a-f-]{36}", path):
        return False
    coordinator.open(path)
    return text in coordinator.page.text


def close(story: Story) -> None:
    """What is missing is listed until nothing is; then it is closed, and people are thanked."""
    coordinator = story.person("coordinator")

    def loops_are_closed() -> bool:
        return not any("claim" in item or "feedback" in item for item in still_missing(story))

    wait_for("the news that claims and feedback are settled", loops_are_closed)
    missing = still_missing(story)
    coordinator.expect("What is still missing")
    story.saw(f"Listed as missing: {'; '.join(missing)}")
    coordinator.follow("Write the outcome")
    coordinator.fill(outcome=story.facts["outcome"]["text"]).press("Save")
    coordinator.press("I have thanked people")
    coordinator.press("I have asked if they want to stay involved")
    coordinator.expect("Nothing is missing")
    coordinator.follow("Close it")
    coordinator.press("Close it")
    coordinator.expect("It was closed on")
    mail = story.next_mail("voucher_taker", "thank")
    with story.somebody() as visitor:
        visitor.open(f"/opportunities/{story.kept['opportunity']}")
        visitor.expect(story.facts["outcome"]["text"])
    story.saw(f"Nothing is missing any more; the outcome is public, and a mail says: “{subject_of(mail)}”")


def still_missing(story: Story) -> list[str]:
    """What the coordinator's page lists as missing at this moment."""
    page = story.person("coordinator").open(f"{story.kept['staff']}/close")
    return [item.get_text(" ", strip=True) for item in page.soup.select("#missing li")]


def follow_the_claim(story: Story) -> None:
    """The claim's whole way, on the operators' page and from `chorus trace`."""
    operator, claim = story.person("operator"), story.kept["driver_claim"]

    def whole() -> dict[str, object] | None:
        answer = story.place.operator.get(f"/operator/api/claims/{claim}")
        found = answer.json() if answer.status_code == 200 else {}
        done = {step["what"] for step in found.get("steps", [])}
        one_graph = (
            not story.undisturbed or found.get("spans", {}).get("graphs") == 1
        )  # the last spans come a moment later
        return (
            found
            if found.get("whole") and one_graph and {"record-attendance", "notifications.message-sent.v1"} <= done
            else None
        )

    way = wait_for("the claim's whole way", whole)
    steps: list[dict[str, str]] = way["steps"]  # pyrefly: ignore
    services = sorted({step["service"] for step in steps})
    operator.open(f"/operator/claims/{claim}")
    operator.expect("record-attendance", "claim-paid")
    story.saw(
        f"The operators' page shows {len(steps)} steps in {len(services)} services ({', '.join(services)}), each with "
        "its cause"
    )
    spans: dict[str, int] = way["spans"]  # pyrefly: ignore
    if story.undisturbed:
        story.saw(f"{spans['received']} spans of it came over OTLP, in one graph of parents and links")
    personal = [story.address(part) for part in story.people] + [
        story.facts["need"]["words"],
        story.facts["bank_details"]["account_number"],
    ]
    shown = operator.page.text
    if any(each in shown for each in personal):
        raise NotAsExpected("the operators' page shows something personal")
    story.saw("Nothing personal stands on it")
