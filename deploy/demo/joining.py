"""A fourth organisation comes while the others run (NET-05)."""

import re

from deploy.client.clock import ClockProblem, move
from deploy.demo.play import Story, Theatre, wait_for
from deploy.demo.sharing import in_list
from deploy.demo.visitor import NotAsExpected

SHORT_NAME = "newcomer"


def join(story: Story) -> None:
    """It gets the history of what is open, and nothing of what was cancelled; nobody else was restarted."""
    facts = story.facts["network"]
    if story.welcome is None:
        raise NotAsExpected("there is nobody to join: the region did not say who")
    before = {name: _started(neighbour) for name, neighbour in story.neighbours.items()}
    place = story.welcome(SHORT_NAME, facts["newcomer"]["name"])
    newcomer = story.beside(SHORT_NAME, place, {})
    try:
        move(place.operator, story.now())  # a new instance knows nothing of the time that the demo has skipped
    except ClockProblem as problem:
        raise NotAsExpected(str(problem)) from None
    wait_for("what was shared, before its coordinator", lambda: _look_at_all(place))
    with newcomer.somebody() as visitor:
        wait_for("what is open in the newcomer's list", lambda: in_list(visitor, facts["opportunity"]["title"]))
        visitor.expect_not(facts["cancelled"]["title"])
    if before != {name: _started(story.at(name)) for name in before}:
        raise NotAsExpected("somebody was restarted")
    story.saw(
        f"{place.called} lists what was shared before it came, and not what was cancelled; nobody else was restarted"
    )


def _look_at_all(place: Theatre) -> bool:
    """Nobody works there yet, so the command line's coordinator shows what waits, and trusts its hosts. True once there
    was something."""
    text = place.operator.get("/opportunities/staff/network", headers={"accept": "text/html"}).text
    waiting = re.findall(
        r'/opportunities/staff/network/([0-9a-f-]{36})/hide.*?name="read" value="([0-9]+)"', text, re.DOTALL
    )
    for listing_id, read in dict(waiting).items():
        place.operator.post(f"/opportunities/staff/network/{listing_id}/hide", data={"hidden": "false", "read": read})
    for trusting in dict.fromkeys(
        re.findall(r"/opportunities/staff/network/organisations/[a-z0-9-]+/trust", text) if waiting else []
    ):
        place.operator.post(trusting, data={"trust": "true"})
    return bool(waiting)


def _started(story: Story) -> str:
    """When an organisation's process began, as it says itself."""
    return story.place.operator.get("/opportunities/operator/state").json()["running_since"]
