"""Steps 1 to 4: from an empty page to a filled-in register."""

import csv
from datetime import date, datetime, timedelta
from email.message import EmailMessage

from icalendar import Calendar

from deploy.demo.administrators import import_people, import_twice
from deploy.demo.play import HERE, Story, id_in, link_in, part_of, says, subject_of, wait_for
from deploy.demo.visitor import NotAsExpected, Visitor
from shared.clock import LONDON

IMPORTS = (
    ("people", "people.csv"),
    ("rates", "rates.csv"),
    ("budgets", "budgets.csv"),
    ("opportunities", "opportunities.csv"),
    ("feedback", "feedback.csv"),
)


def import_files(story: Story) -> None:
    """The organisation's own spreadsheets go in, and go in twice without a change."""
    for kind, name in IMPORTS:
        first = import_people(story) if kind == "people" else import_twice(story, kind, name)
        story.saw(f"{name}: {first['added']} rows added; imported again: nothing changed")


def publish(story: Story) -> None:
    """A coordinator writes it, is shown what is missing, completes and publishes it."""
    facts = story.facts["opportunity"]
    answers = dict(facts["answers"])
    coordinator = story.person("coordinator")
    begin_opportunity(coordinator, facts["title"], **answers.pop("title"))
    here = coordinator.page.path
    coordinator.expect("Still missing before you can publish", "days or more to plan")
    coordinator.open(f"{here}/publish")
    coordinator.expect("There is a problem")
    story.saw("Publishing too early is refused, and the page lists what is missing")
    day = story.day_of_session(facts["weeks_ahead"])
    complete_opportunity(coordinator, here, answers, day, facts)
    coordinator.open(here)
    coordinator.expect_not("Still missing")
    coordinator.open(f"{here}/publish")
    coordinator.press("Publish")
    story.kept |= {"staff": here, "opportunity": id_in(here), "day": day}
    with story.somebody() as visitor:
        visitor.open("/opportunities")
        visitor.follow(facts["title"])
        shown = [field for fields in answers.values() for field in fields.values() if len(field) > 20]
        visitor.expect(facts["title"], facts["venue"], *shown).expect_not(facts["joining"])
        story.saw(f"A visitor reads the whole of it on {visitor.page.path}, but not how to join")


def begin_opportunity(coordinator: Visitor, title: str, **more: str) -> None:
    coordinator.open("/opportunities/staff/new")
    coordinator.fill(title=title, **more).press("Save")


def complete_opportunity(
    coordinator: Visitor, here: str, answers: dict[str, dict[str, str]], day: date, session: dict[str, str]
) -> None:
    """Answer the questions of the task list at `here`, one after another, and add one session."""
    for item, fields in answers.items():
        coordinator.open(f"{here}/items/{item}")
        coordinator.fill(**fields).press("Save")
    coordinator.open(f"{here}/sessions")
    coordinator.fill(**{"day-day": str(day.day), "day-month": str(day.month), "day-year": str(day.year)})
    coordinator.fill(**{name: session[name] for name in ("starts", "ends", "venue", "joining")}).press(
        "Add this session"
    )


def tell_people(story: Story) -> None:
    """Those who have not ruled it out get a mail with a calendar entry; one who ruled out its kind does not."""
    told = [row for row in participants() if not rules_it_out(row)]
    mails = {}
    for row in told:
        mails[row["email"]] = wait_for(f"a mail about it to {row['email']}", lambda row=row: news(story, row["email"]))
    example = mails[story.address("driver")]
    story.kept["link"] = link_in(example, story.kept["opportunity"])
    story.saw(f"{len(mails)} mails read from the catcher; one says: “{subject_of(example)}”, with a calendar entry")
    for row in participants():
        if row not in told and news(story, row["email"]):
            raise NotAsExpected(f"{row['email']} ruled it out and was told all the same")
    if story.address("ruled_it_out") in mails:
        raise NotAsExpected("the story's own person who ruled it out is among those told")
    story.saw("Nobody who ruled out its kind, area or time was told")


def participants() -> list[dict[str, str]]:
    """The rows of people.csv that are participants with an address."""
    with (HERE / "people.csv").open(newline="", encoding="utf-8") as file:
        rows = [
            {name.strip().lower(): value.strip() for name, value in row.items() if name} for row in csv.DictReader(file)
        ]
    return [
        row
        for row in rows
        if row["email"] and "participant" in row["roles"].lower() and "email" in (row["channels"].lower() or "email")
    ]


def rules_it_out(row: dict[str, str]) -> bool:
    """Whether a row rules out the story's opportunity: a tender panel, everywhere, on a weekday in the daytime."""
    return "tender" in row["ruled out kinds"].lower() or "weekday" in row["ruled out times"].lower()


def news(story: Story, address: str) -> EmailMessage | None:
    return news_of(story, address, story.kept["day"])


def news_of(story: Story, address: str, day: date) -> EmailMessage | None:
    """A mail not yet looked at with a calendar entry of that day. (A discreet one has no title in it.)"""
    for mail in story.mails_to(address):
        if any(part.get_content_type() == "text/calendar" for part in mail.walk()) and f"{day:%Y%m%d}" in part_of(
            mail, "text/calendar"
        ):
            return mail
    return None


def take_places(story: Story) -> None:
    """Two take a place; one asks for easy read; it is promised, and marked met."""
    need = story.facts["need"]
    driver, voucher_taker, coordinator = (
        story.person("driver"),
        story.person("voucher_taker"),
        story.person("coordinator"),
    )
    driver.open(story.kept["link"])
    driver.follow("Take part")
    driver.fill(needs=[need["asked"]], words=need["words"]).press("Take a place")
    driver.expect("You have a place", "We have not answered yet", story.facts["opportunity"]["joining"])
    story.kept["driver_place"] = driver.page.path
    voucher_taker.open(story.kept["link"])
    voucher_taker.follow("Take part")
    voucher_taker.press("Take a place")
    voucher_taker.expect("You have a place")
    story.kept["voucher_place"] = voucher_taker.page.path
    voucher_taker.open(story.kept["driver_place"], status=404)
    story.saw("Each sees their own place; the other's address answers 404")
    entry = part_of(story.next_mail("driver", "place"), "text/calendar")
    if "BEGIN:VEVENT" not in entry:
        raise NotAsExpected("no calendar entry for the place")
    needs = f"{story.kept['staff']}/needs"
    coordinator.open(needs)
    coordinator.expect(need["words"])
    for each in coordinator.page.links(f"{needs}/"):  # what was ticked, and what was written beside it
        coordinator.open(each)
        coordinator.fill(answer="promised").press("Save")
    driver.open(story.kept["driver_place"])
    driver.expect("We will do this")
    wait_for("the answer among the driver's messages", lambda: says(driver, "/notifications/messages", "an answer"))
    coordinator.open(needs)
    coordinator.press("It is ready")
    driver.open(story.kept["driver_place"])
    driver.expect("This is ready")
    story.saw("The one who asked reads on her own page: promised, then ready; a message told her to look")


def hold_session(story: Story) -> None:
    """Business time moves on; the coordinator fills in the register."""
    coordinator = story.person("coordinator")
    coordinator.open(story.kept["staff"])
    coordinator.follow("Register")
    register = coordinator.page.path
    coordinator.expect("when the session has started")
    day = story.kept["day"]
    before = at_time(day, "09:00") - timedelta(days=1)
    for moment in (before, at_time(day, story.facts["opportunity"]["ends"]) + timedelta(minutes=10)):
        story.move_to(moment)
    reminder = story.next_mail("voucher_taker", "tomorrow")
    story.saw(f"The day before, a reminder came: “{subject_of(reminder)}”")
    coordinator.open(register)
    places = {"driver": id_in(story.kept["driver_place"]), "voucher_taker": id_in(story.kept["voucher_place"])}
    for part, minutes in story.facts["attendance"].items():
        coordinator.fill(**{f"present-{places[part]}": "yes", f"minutes-{places[part]}": str(minutes)})
    coordinator.press("Save the register")
    coordinator.expect("2 people")
    story.saw(
        f"The register shows {story.facts['attendance']['driver']} and {story.facts['attendance']['voucher_taker']} "
        "minutes"
    )


def at_time(day: date, time: str) -> datetime:
    """ "10:30" on a day, in London."""
    hour, minute = map(int, time.split(":"))
    return datetime(day.year, day.month, day.day, hour, minute, tzinfo=LONDON)


def event_of(calendar: str) -> tuple[datetime, int]:
    """When the first event of a calendar file starts, and its number: a later one replaces an earlier one."""
    found = Calendar.from_ical(calendar).walk("VEVENT")
    if not found:
        raise NotAsExpected("a calendar file without an event")
    return found[0].decoded("DTSTART"), int(found[0].decoded("SEQUENCE", 0))
