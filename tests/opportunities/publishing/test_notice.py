"""Notice that is counted again (OPP-03)."""

from datetime import timedelta

import pytest

from services.opportunities.publishing.use_cases import changing
from services.opportunities.writing.use_cases import NewSession
from shared.identity import Role
from shared.web.filters import day
from tests.opportunities.series import POLICY
from tests.opportunities.support import World


@pytest.mark.parametrize(
    ("days", "counted", "reason"), [(1, 1, "The room is free then."), (20, 20, ""), (50, None, "")]
)
async def test_opp_03_a_session_that_is_moved_nearer_counts_its_notice_anew(
    days: int, counted: int | None, reason: str, here: World
):
    opportunity_id = await here.published(in_days=40)
    (session_id,) = await here.session_ids(opportunity_id)
    starts_at = (here.now + timedelta(days=days)).replace(second=0, microsecond=0)
    plan = NewSession(starts_at, starts_at + timedelta(hours=1), "The library")
    await here.do(
        changing.change_session,
        opportunity_id,
        session_id,
        plan,
        "The room is free then.",
        here.service.settings.host,
        POLICY,
    )
    rows = await here.dicts("SELECT days_given, days_expected, reason FROM notice_counts WHERE because = 'moved'")
    assert rows == ([{"days_given": counted, "days_expected": 14, "reason": reason}] if counted else [])
    (event,) = await here.events("opportunity-changed")
    assert event["short_notice_reason"] == reason
    failures = [step.facts["failure"] for step in await here.steps("notice-counted")]
    assert failures == [False, counted == 1] if counted else [False]
    assert await here.broken() == {}


async def test_opp_03_staff_read_what_was_true_when_it_was_published_and_what_each_move_did(here: World):
    opportunity_id = await here.published(in_days=20)
    (session_id,) = await here.session_ids(opportunity_id)
    visitor = here.visitor(Role.COORDINATOR)
    assert "too short for many" not in (await visitor.get(f"/opportunities/staff/{opportunity_id}")).text
    said = []
    for days in (10, 2, 1):
        starts_at = (here.now + timedelta(days=days)).replace(second=0, microsecond=0)
        plan = NewSession(starts_at, starts_at + timedelta(hours=1), "The library")
        why = "The room is free then."
        asked = (opportunity_id, session_id, plan, why, here.service.settings.host, POLICY)
        await here.do(changing.change_session, *asked)
        count, to = ("1 day’s" if days == 1 else f"{days} days’"), day(starts_at)
        said.append(f"On {day(here.now)} a session was moved nearer, with {count} notice of {to}.")
    shown = (await visitor.get(f"/opportunities/staff/{opportunity_id}")).text
    assert [each in shown for each in said] == [False, True, True], "10 days are short, and no failure"
    assert "it was published, with" not in shown and shown.count("too short for many people") == 1
    assert "Please ring anyone" in shown
    await here.do(changing.cancel, opportunity_id, "No money.")
    assert "Please ring anyone" not in (await visitor.get(f"/opportunities/staff/{opportunity_id}")).text
