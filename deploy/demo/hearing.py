"""What the network shows to everyone, and what a guest said and heard."""

import json
from xml.etree import ElementTree

import httpx
from icalendar import Calendar

from deploy.demo.play import Story, subject_of, wait_for
from deploy.demo.second_half import answer, give
from deploy.demo.visitor import NotAsExpected, Visitor

FEEDS = ("calendar.ics", "atom.xml", "rpde")


def read_feeds(story: Story) -> None:
    """Another website reads the feeds: the host's own, and those of the network at its neighbours."""
    title = story.facts["network"]["opportunity"]["title"]
    for neighbour in story.neighbours.values():
        for feed in FEEDS:
            _holds(f"{neighbour.place.site}/opportunities/feeds/network/{feed}", title, there=True)
            _holds(f"{neighbour.place.site}/opportunities/feeds/{feed}", title, there=False)
    for feed in FEEDS:
        _holds(f"{story.place.site}/opportunities/feeds/{feed}", title, there=True)
    story.saw(
        "Calendar, Atom and RPDE of the network hold it at both neighbours; their own feeds do not; "
        f"{story.place.called}'s own do"
    )
    with story.at("viewpoint").somebody() as visitor:
        visitor.open(story.kept["viewpoint_listing"])
        found = visitor.page.soup.find("script", type="application/ld+json")
        event = json.loads(found.get_text()) if found else {}
        if title not in json.dumps(event, ensure_ascii=False) or "Event" not in json.dumps(event):
            raise NotAsExpected("the listing's page holds no schema.org Event")
    story.saw("Its page at Viewpoint says in schema.org's words what it is")


def _let_it_go(reader: Visitor, text: str) -> None:
    """Somebody at home reads what would leave, and sees that nobody else is named in it."""

    def task() -> str | None:
        found = [link for link in reader.open("/").links("/feedback/staff/") if link.endswith("/release")]
        return found[0] if found else None

    reader.open(wait_for("the task to read what would leave", task))
    reader.expect(text, "gets exactly these words")
    reader.fill(checked="yes").press("Let them go to")
    reader.expect("It goes now")


def _holds(url: str, title: str, *, there: bool) -> None:
    answer = httpx.get(url, timeout=20, trust_env=False)
    if answer.status_code != 200:
        raise NotAsExpected(f"{url} answers {answer.status_code}")
    if any(title in each for each in _titles(url, answer)) != there:
        raise NotAsExpected(f"{url} {'does not hold' if there else 'holds'} “{title}”")


def _titles(url: str, feed: httpx.Response) -> list[str]:
    """What the entries of a feed are called, read as its own readers do."""
    if url.endswith(".ics"):
        return [str(event.get("SUMMARY", "")) for event in Calendar.from_ical(feed.text).walk("VEVENT")]
    if url.endswith(".xml"):
        return [
            title.text or ""
            for title in ElementTree.fromstring(feed.content).iter("{http://www.w3.org/2005/Atom}title")
        ]
    return [item["data"]["name"] for item in feed.json()["items"] if item["state"] == "updated"]


def feedback(story: Story) -> None:
    """A guest says how it was, at home, and reads exactly what would cross; so does somebody there, who lets it go; the
    host reads it without a name and answers; she hears the answer from home."""
    given, viewpoint = story.facts["network"]["feedback"], story.at("viewpoint")
    guest, coordinator = viewpoint.person("guest"), story.person("coordinator")
    give(guest, story.kept["viewpoint_listing"].rpartition("/")[2], given["text"], named=True, may_cross=True)
    _let_it_go(viewpoint.person("coordinator"), given["text"])

    def item() -> str | None:
        for path in coordinator.open("/feedback/staff").links("/feedback/staff/"):
            if given["text"] in coordinator.open(path).text:
                return path
        return None

    wait_for("her words among the host's feedback", item)
    coordinator.expect_not("Edie", "Farthing")
    answer(coordinator, given)
    mail = viewpoint.next_mail("guest", "what you told us")
    guest.open("/feedback/mine")
    guest.open(guest.page.links("/feedback/mine/")[0])
    guest.expect(given["response"])
    story.saw(f"SUN reads and answers without knowing who it was; Viewpoint's mail says: “{subject_of(mail)}”")
