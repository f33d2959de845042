"""What comes next: the story ends when every session is over, so this gives people who look around something to
join."""

import csv

from deploy.demo.administrators import import_twice
from deploy.demo.play import Story, wait_for
from deploy.demo.sharing import in_list, press_share

FILE = "next.csv"


def share(story: Story) -> None:
    """The host imports a small spreadsheet; what it shares is in every list, the rest only in its own."""
    with (story.place.files / FILE).open(newline="", encoding="utf-8") as file:
        titles = [row["Title"] for row in csv.DictReader(file)]
    added = import_twice(story, "opportunities", FILE)["added"]
    with story.somebody() as visitor:
        visitor.open("/opportunities")
        visitor.expect(*titles).expect_not("nothing to join")
    story.saw(f"{FILE}: {added} rows added, and all stand in SUN's list")
    shared, coordinator = story.facts["network"]["next"], story.person("coordinator")
    for title, offer in shared.items():
        press_share(coordinator, coordinator.open("/opportunities/staff").path_of(title), **offer)
    for neighbour in story.neighbours.values():
        with neighbour.somebody() as visitor:
            for title in shared:
                wait_for(
                    f"“{title}” in {neighbour.place.called}'s list",
                    lambda visitor=visitor, title=title: in_list(visitor, title),
                )
            visitor.expect_not(*(title for title in titles if title not in shared))
    story.saw(
        f"SUN shares {len(shared)} of them: they stand in the lists of "
        f"{', '.join(each.place.called for each in story.neighbours.values())}"
    )
