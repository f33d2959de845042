"""What staff write in free words for everybody names nobody (NET-02, OPP-16)."""

from datetime import timedelta
from typing import Any

import httpx
import pytest

from services.opportunities.ending.use_cases import ending
from services.opportunities.people.domain import names_standing_in
from services.opportunities.publishing.use_cases import changing
from services.opportunities.publishing.use_cases.publishing import publish
from services.opportunities.sharing.use_cases import sharing
from services.opportunities.words.domain import Offer, reasons_against_public_words
from services.opportunities.writing.use_cases import NewSession, add_session, write_texts
from shared.reasons import Refused
from tests.opportunities.support import TEXTS, World
from tests.opportunities.visitors import here_running, post, shown, staff_signed_in  # noqa: F401

CARDS = [
    ("Pip Purslow", ""),
    ("Bo", "Bo van der Berg, Fenland, with us since 2024, our number AB12"),
    ("Will", ""),
    ("Siân Ó Bríain", ""),
]
PERSONAL = [
    "Pip Purslow takes the supporter seat.",
    "PIP  PURSLOW is ill.",
    "Ring 07700 900124.",
    "Write to pip10@example.org.",
    "It is at her home now, PE13 1AB.",
    "Ring 447700900124.",
    "Ring 07700|900|124.",
    "Write to pip10 at example dot org.",
]


@pytest.mark.parametrize(
    ("text", "found"),
    [("pip purslow is ill", ["Pip Purslow"]), ("Pip\nPurslow", ["Pip Purslow"]), ("Pip Purslows", []),
     ("It will move", []), ("Sian O Briain is away", ["Siân Ó Bríain"]), ("SIÂN Ó BRÍAIN", ["Siân Ó Bríain"]),
     ("Purslow, Pip has left", ["Pip Purslow"]), ("Pip-Purslow", ["Pip Purslow"]), ("Bo Berg came", ["Bo Berg"]),
     ("Bo van der Berg is away", ["Bo van der Berg"]), ("Bo is away", []), ("", []),
     ("Pip Purslow’s kitchen", ["Pip Purslow"])],
)  # fmt: skip
def test_net_02_whole_names_of_ours_are_found_in_a_text(text: str, found: list[str]):
    assert names_standing_in(text, CARDS) == found


def test_net_02_our_own_number_and_what_the_page_says_may_stand_in_public_words():
    assert reasons_against_public_words("reason", "Ring us on 01632 960 123.", named=[], ours=["01632 960123"]) == []
    (one,) = reasons_against_public_words("reason", "Ring her on 01632 960124.", named=[], ours=["01632 960123"])
    assert one.field == "reason" and "phone number" in one.text


async def each_way(here: World, said: str) -> list[Any]:
    """What staff write for everybody, each with something of its own to write it about."""
    host, policy = here.service.settings.host, here.service.settings.policy
    starts_at = here.now + timedelta(days=40)
    plan = NewSession(starts_at, starts_at + timedelta(hours=1), "Online")
    moved, texts, added, gone, whole, ended, told, drafted, short = [
        await here.published(number=2) for _ in range(7)
    ] + [await here.draft(), await here.draft(in_days=3)]
    first = (await here.session_ids(moved))[0]
    await here.do(write_texts, short, {"notice_reason": said})
    return [
        (changing.change_session, moved, first, plan, said, host),
        (changing.change_texts, texts, "contact", {"contact_role": "coordinator"}, said, host),
        (changing.change_texts, texts, "contact", {"contact_role": said}, "Somebody else does it.", host),
        (changing.add_session_later, added, plan, said, host),
        (changing.cancel_session, gone, (await here.session_ids(gone))[0], said, host),
        (changing.cancel, whole, said, host),
        (publish, short, policy, host),
        (write_texts, drafted, {"contact_role": said}),
        (ending.write_outcome, told, said, host),
        (ending.finish, ended, said, host),
    ]


@pytest.mark.parametrize("said", PERSONAL)
async def test_net_02_nobodys_name_number_or_address_stands_in_why_something_changed(here: World, said: str):
    await here.person("Pip Purslow")
    for use_case, *arguments in await each_way(here, said):
        with pytest.raises(Refused) as refused:
            await here.do(use_case, *arguments)
        assert any(reason.rule == "NET-02" for reason in refused.value.reasons), use_case
    assert not [*await here.events("opportunity-changed"), *await here.events("opportunity-cancelled")]


async def test_net_02_words_that_name_nobody_are_told_as_before(here: World):
    await here.person("Pip Purslow")
    for use_case, *arguments in (await each_way(here, "The heating broke. Ring us on 07700 900123."))[:6]:
        await here.do(use_case, *arguments)
    assert len(await here.events("opportunity-cancelled")) == 1


async def test_net_01_a_text_that_others_read_gets_no_number_when_it_is_changed_later(here: World):
    host = here.service.settings.host
    shared, at_home = await here.published(), await here.published()
    await here.do(sharing.share, shared, Offer(), host)
    texts = {"expected": f"{TEXTS['expected']} Ring 07700 900125."}
    with pytest.raises(Refused) as refused:
        await here.do(changing.change_texts, shared, "purpose", texts, "It is clearer.", host)
    assert [reason.field for reason in refused.value.reasons] == ["expected"]
    await here.do(changing.change_texts, at_home, "purpose", texts, "It is clearer.", host)


async def test_opp_16_the_page_says_who_reads_the_reason_and_keeps_what_was_typed(
    here: World, staff: httpx.AsyncClient
):
    opportunity_id = await here.published()
    base = f"/opportunities/staff/{opportunity_id}"
    asked = (await staff.get(f"{base}/change/contact")).text
    assert "everyone can read it on the public page. Name nobody." in asked
    typed = {"contact_role": "coordinator", "contact_how": "Ring 07700 900123.", "reason": "Ring Pip on 07700 900124."}
    answer = await post(staff, f"{base}/change/contact", 422, **typed)
    assert "Take out the phone number" in answer.text and "Ring Pip on 07700 900124." in answer.text


@pytest.mark.parametrize("venue", ["Pip Purslow’s kitchen", "The hall. Ring 07700 900321."])
async def test_net_02_nobodys_name_or_number_stands_in_where_a_session_is(here: World, venue: str):
    await here.person("Pip Purslow")
    opportunity_id, draft = await here.published(), await here.draft()
    (first,), host = await here.session_ids(opportunity_id), here.service.settings.host
    starts_at = here.now + timedelta(days=41)
    plan = NewSession(starts_at, starts_at + timedelta(hours=1), venue)
    for use_case, *arguments in [
        (changing.change_session, opportunity_id, first, plan, "The library is shut.", host),
        (changing.add_session_later, opportunity_id, plan, "More came.", host),
        (add_session, draft, plan),
    ]:
        with pytest.raises(Refused):
            await here.do(use_case, *arguments)
    there = NewSession(starts_at, starts_at + timedelta(hours=1), "The hall, 4 Elm Row, PE13 1AB")
    await here.do(changing.change_session, opportunity_id, first, there, "The library is shut.", host)


async def test_net_02_what_is_published_names_nobody_who_takes_part_and_may_name_staff(here: World):
    await here.person("Pip Purslow")
    await here.person("Cora Coombe", "coordinator")
    named, staff = await here.draft(title="What Pip Purslow lived through"), await here.draft(led_by="Cora Coombe")
    with pytest.raises(Refused):
        await here.publish(named)
    await here.publish(staff)


async def test_opp_02_the_role_stands_alone_however_it_is_written(here: World):
    opportunity_id = await here.published(contact_role="our  coordinator")
    said = [(await here.row("SELECT contact_role FROM opportunities"))[0]]
    for role in ("The involvement worker", "an ally", "ourselves"):
        texts = {"contact_role": role, "contact_how": "Ring 07700 900456."}
        await here.do(
            changing.change_texts, opportunity_id, "contact", texts, "Jo left us.", here.service.settings.host
        )
        said.append((await here.row("SELECT contact_role FROM opportunities"))[0])
    assert said == ["coordinator", "involvement worker", "ally", "ourselves"]


async def test_net_02_publishing_asks_about_a_number_in_what_everybody_reads(here: World, staff: httpx.AsyncClient):
    page = f"/opportunities/staff/{await here.draft(upset='Ring Tansy Bloom on 07700 900555.')}/publish"
    assert "phone number in the text “If somebody gets upset”. Everyone can read it." in await shown(staff, page)
    assert "phone number in the" not in await shown(staff, f"/opportunities/staff/{await here.draft()}/publish")
