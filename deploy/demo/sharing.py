"""The network's first steps: the neighbours are there, SUN shares an opportunity, and their people hear of it from home."""

from deploy.demo.first_half import import_twice
from deploy.demo.play import Story


def import_files(story: Story) -> None:
    """Each neighbour's own people and rates: nobody and nothing of SUN's."""
    for neighbour in story.neighbours.values():
        rows = {kind: import_twice(neighbour, kind, f"{kind}.csv")["added"] for kind in ("people", "rates")}
        story.saw(f"{neighbour.place.called}: {rows['people']} people and {rows['rates']} rates, in its own databases")
