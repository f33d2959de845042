"""The first two administrators, what a list asks them for, and the one confirming what the other asked."""

import asyncio
import csv

from deploy.client.administrators import make_administrator
from deploy.client.imports import ImportProblem, send
from deploy.demo.play import Story
from deploy.demo.visitor import NotAsExpected
from shared.reasons import Refused

PARTS = ("administrator", "second_administrator")


def import_people(story: Story) -> dict[str, int]:
    """The command line makes two administrators; the list asks them for its other staff's roles; they answer on
    pages."""
    with (story.place.files / "people.csv").open(newline="", encoding="utf-8-sig") as file:
        rows = [row for row in csv.DictReader(file) if "administrator" in row["Roles"]]
    for part, row in zip(PARTS, rows, strict=True):
        if part in story.people:  # made when this story was last told
            continue
        try:
            asyncio.run(make_administrator(story.place.people_database, row["Email"], row["Name"]))
        except Refused as why:
            raise NotAsExpected(
                f"{row['Email']} was not made an administrator: {'; '.join(reason.text for reason in why.reasons)}"
            ) from None
        story.people[part] = row["Email"]
    counts = import_twice(story, "people", "people.csv")
    _give_roles(story)
    return counts


def _give_roles(story: Story) -> None:
    """One asks for every role that the list names, the other confirms each. It signs some of them out."""
    first, second = PARTS
    asked = story.person(first).open("/people/staff/roles").links("/people/staff/roles/")
    own = [request for request in asked if "Only they could confirm this" in story.person(first).open(request).text]
    for asks, confirms, requests in (
        (first, second, [each for each in asked if each not in own]),
        (second, first, own),
    ):
        asker, confirmer = story.person(asks), story.person(confirms)
        for request in requests:
            asker.open(request)
            asker.press("Ask for this")
            asker.open(request)
            asker.expect("Another administrator has to confirm it")
        for request in requests:
            confirmer.open(request)
            confirmer.press("Confirm")
        for part in PARTS:
            story.leave(part)
    story.person(first).open("/people/staff/roles")
    story.person(first).expect("Nothing waits")
    story.leave(first)
    story.saw(f"{len(asked)} roles that need two: asked by one administrator, confirmed by another")


def import_twice(story: Story, kind: str, name: str) -> dict[str, int]:
    """Returns what the first time did."""
    data = (story.place.files / name).read_bytes()
    try:
        first, second = send(story.place.operator, kind, data), send(story.place.operator, kind, data)
    except ImportProblem as problem:
        raise NotAsExpected(f"{name} was not taken: {problem} {problem.rows[:3]}") from None
    if second["added"] or second["changed"]:
        raise NotAsExpected(f"{name} imported twice changed something: {second}")
    return first
