"""The network's first steps: SUN shares an opportunity, it is in the neighbours' lists, and their people hear of it
from home."""

from email.message import EmailMessage

from deploy.demo.administrators import import_people, import_twice
from deploy.demo.first_half import begin_opportunity, complete_opportunity, news_of
from deploy.demo.play import Story, id_in, link_in, subject_of, text_of, wait_for
from deploy.demo.visitor import NotAsExpected, Visitor


def import_files(story: Story) -> None:
    """Each neighbour's own people and rates: nobody and nothing of SUN's."""
    for neighbour in story.neighbours.values():
        rows = {
            "people": import_people(neighbour)["added"],
            "rates": import_twice(neighbour, "rates", "rates.csv")["added"],
        }
        story.saw(f"{neighbour.place.called}: {rows['people']} people and {rows['rates']} rates, in its own databases")


def share(story: Story) -> None:
    """The host's coordinator publishes one with a single place, says what the host pays back, and shares it."""
    facts = story.facts["network"]["opportunity"]
    answers = dict(facts["answers"])
    coordinator = story.person("coordinator")
    begin_opportunity(coordinator, facts["title"], **answers.pop("title"))
    here = coordinator.page.path
    day = story.day_of_session(facts["weeks_ahead"])
    complete_opportunity(coordinator, here, answers, day, facts)
    coordinator.open(f"{here}/publish")
    coordinator.press("Publish")
    story.kept |= {"shared_staff": here, "shared": id_in(here), "shared_day": day}
    for neighbour in story.neighbours.values():
        with neighbour.somebody() as visitor:
            visitor.open("/opportunities")
            visitor.expect_not(facts["title"])
    story.saw("Published at SUN alone, it stands in no neighbour's list")
    press_share(coordinator, here, **story.facts["network"]["offer"])
    for name, neighbour in story.neighbours.items():
        look_and_trust(neighbour, facts["title"], story.place.called)
        with neighbour.somebody() as visitor:
            story.kept[f"{name}_listing"] = listing = wait_for(
                f"it in {neighbour.place.called}'s list", lambda visitor=visitor: in_list(visitor, facts["title"])
            )
            visitor.open(listing)
            visitor.expect(story.place.called, facts["title"], answers["summary"]["summary"], facts["venue"])
            visitor.expect_not(facts["joining"], answers["contact"]["contact_how"])
        story.saw(
            f"{neighbour.place.called}'s coordinator looked at it first; now it is listed, hosted by "
            f"{story.place.called}, without how to join or whom to ring"
        )


def look_and_trust(neighbour: Story, title: str, host: str) -> None:
    """A neighbour's coordinator reads the first thing that a host shares, shows it, and trusts the host from then on
    (NET-01)."""
    coordinator = neighbour.person("coordinator")

    def waits() -> bool:
        text = coordinator.open("/opportunities/staff/network").text
        return title in text and "Nobody has looked" in text

    wait_for(f"it among what {neighbour.place.called} looks at first", waits)
    with neighbour.somebody() as visitor:
        visitor.open("/opportunities")
        visitor.expect_not(title)
    coordinator.press("Show it")
    coordinator.press(f"Trust what {host} shares")
    coordinator.expect("Trusted")


def press_share(coordinator: Visitor, here: str, **offer: str) -> None:
    coordinator.open(here)
    coordinator.follow("Share with the network")
    coordinator.fill(share="true", **offer).press("Save")
    coordinator.expect("Shared")


def in_list(visitor: Visitor, title: str) -> str | None:
    """The path of an opportunity's page, once it is in the public list."""
    try:
        return visitor.open("/opportunities").path_of(title)
    except NotAsExpected:
        return None


def tell_people(story: Story) -> None:
    """Those who have not ruled out its kind hear from their own organisation, with an address there; one who did does
    not."""
    facts = story.facts["network"]["opportunity"]
    viewpoint, suffolk = story.at("viewpoint"), story.at("suffolk")
    mail = None
    for there, part in ((viewpoint, "guest"), (viewpoint, "reader"), (suffolk, "guest")):
        mail = wait_for(
            f"a mail about it to {there.address(part)}",
            lambda there=there, part=part: news_of(there, there.address(part), story.kept["shared_day"]),
        )
        _is_from_home(mail, there, story)
    assert mail is not None
    story.saw(
        f"Three mails from Viewpoint and Suffolk User Forum; one says: “{subject_of(mail)}”, and leads to "
        f"{link_in(mail, '/opportunities/')} there"
    )
    if any(facts["title"] in text_of(mail) for mail in viewpoint.mails("ruled_it_out")):
        raise NotAsExpected("somebody who ruled out its kind was told")
    story.saw("Whoever ruled out workshops at Viewpoint was not told")


def _is_from_home(mail: EmailMessage, home: Story, host: Story) -> None:
    """Its addresses are the home organisation's, and it names the host."""
    text = text_of(mail)
    if host.place.site in text or home.place.site not in text:
        raise NotAsExpected(f"the mail “{subject_of(mail)}” does not come from {home.place.called}")
    if host.place.called not in text:
        raise NotAsExpected(f"the mail “{subject_of(mail)}” does not say that {host.place.called} is the host")
