"""Letters by post, for people who chose them: what goes by post, printing, posting, and one that comes back."""

import io
import re
import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pikepdf
import psutil
import pypdfium2
import pytest
from httpx import AsyncClient

from services.notifications.domain.channels import Card, channels_for
from services.notifications.domain.messages import MESSAGES, Kind
from services.notifications.domain.offers import Offer
from services.notifications.domain.posting import comes_in_time, is_posted, post_by
from services.notifications.gateways import letters, paper, rendering
from services.notifications.use_cases import handover, messages, posting
from shared.db import new_id
from tests.notifications.calls import NOON, run
from tests.notifications.post import BY_POST, HERS, Held, ahead, client, held, listed, open_ids, states  # noqa: F401
from tests.notifications.support import (
    SOON,
    World,
    cancelled,
    card,
    opportunity_created,
    place_taken,
    session,
    settings,
)
from tests.notifications.test_texts_by_phone import ways_to_say
from tests.notifications.texts import SETTINGS, VERSIONS, draft
from tests.support.apps import signed_in


def test_not_01_letters_stand_in_the_app_too_and_what_is_no_letter_stands_there_alone():
    by_post = Card(new_id(), channels=frozenset({"letter"}), reached_by_message=False)
    assert channels_for(by_post, Kind.PLACES) == ("letter", "in-app")
    assert channels_for(by_post, Kind.REMINDERS) == ("in-app",)
    assert channels_for(by_post, Kind.ACCOUNT) == ("in-app",)
    assert channels_for(Card(new_id(), channels=frozenset({"email"})), Kind.PLACES) == ("email",)


def test_not_01_and_fb_09_work_reminders_accounts_and_what_may_be_about_who_prints_it_go_by_no_post():
    assert {name for name in MESSAGES if not is_posted(name)} == {
        name
        for name, message in MESSAGES.items()
        if message.kind in (Kind.REMINDERS, Kind.ACCOUNT, Kind.WORK, Kind.SAFEGUARDING) or message.own_eyes
    } - {"contact-entered"}, "PAY-13: that goes to the address held before"


@pytest.mark.parametrize(
    ("days", "in_time"),
    [(0.3, False), (2, False), (5, False), (6, True), (20, True)],  # NOON is a Friday
)
def test_not_08_what_begins_within_four_working_days_is_too_soon_for_the_post(days: float, in_time: bool):
    begins = NOON + timedelta(days=days)
    assert comes_in_time("opportunity-changed", NOON, [NOON - timedelta(days=1), begins]) == in_time
    assert comes_in_time("claim-paid", NOON, [])
    assert comes_in_time("opportunity-created", NOON, [begins, NOON + timedelta(days=30)]), "it is in time for the next"


def test_not_08_a_letter_is_in_the_post_by_the_end_of_the_next_working_day():
    assert post_by(NOON) == datetime(2026, 12, 7, 17, tzinfo=UTC)


async def test_not_01_whoever_chose_letters_gets_one_and_nobody_rings(ahead: World):
    me = await ahead.knows("Amina", **BY_POST)
    published = opportunity_created()
    event = await ahead.hear(published, place_taken(published, me))
    await ahead.hear(cancelled(published, me))
    assert await ahead.told() == [
        ("Amina", "opportunity-cancelled", "in-app"),
        ("Amina", "opportunity-cancelled", "letter"),
        ("Amina", "opportunity-created", "in-app"),
        ("Amina", "opportunity-created", "letter"),
        ("Amina", "place-taken", "in-app"),
        ("Amina", "place-taken", "letter"),
    ]
    assert event and await listed(ahead) == [("opportunity-cancelled", "letter", "chosen")], "the newest says it all"
    states = await ahead.rows("SELECT template, state FROM messages WHERE channel = 'letter'")
    assert {(row.template, row.state) for row in states} == {
        ("opportunity-created", "withheld"),
        ("place-taken", "withheld"),
        ("opportunity-cancelled", "queued"),
    }
    assert await ahead.broken() == {}


async def test_not_08_what_the_post_is_too_slow_for_is_rung(ahead: World):
    me = await ahead.knows("Amina", **BY_POST)
    bola = await ahead.knows("Bola", channels=["letter"], reached_by_message=True)
    published = opportunity_created(sessions=(session(NOON + timedelta(days=1)),))
    await ahead.hear(published, place_taken(published, me), place_taken(published, bola))
    await ahead.hear(cancelled(published, me, bola))
    assert await listed(ahead) == [("opportunity-cancelled", "phone", "too-soon")] * 2
    assert "letter" not in {channel for _, _, channel in await ahead.told()}


async def test_not_08_a_letter_that_nobody_printed_in_time_is_rung(ahead: World):
    await ahead.knows("Amina", **BY_POST)
    await ahead.hear(opportunity_created())
    await run(ahead, posting.ring_what_the_post_misses)
    assert await listed(ahead) == [("opportunity-created", "letter", "chosen")]
    ahead.at(SOON - timedelta(days=2))
    await run(ahead, posting.ring_what_the_post_misses)
    assert await listed(ahead) == [("opportunity-created", "phone", "too-soon")]
    assert await states(ahead) == {"withheld"}
    assert await ahead.broken() == {}


async def test_not_08_letters_are_not_counted_as_told(ahead: World):
    await ahead.knows("Amina", **BY_POST)
    await ahead.knows("Bola", channels=["letter"], reached_by_message=True)
    await ahead.knows("Cai", channels=["email", "letter"], reached_by_message=True)
    offer = Offer("tender-panel", "in-person", "Fenland", frozenset())
    for days, counts in ((20, (1, 2, 0)), (2, (1, 0, 2))):
        starts = [NOON + timedelta(days=days)]
        found = await ahead.do(messages.who_would_hear, offer, starts)
        assert (found.by_message, found.by_letter, found.by_phone) == counts
        assert len(found.to_ring) == counts[2]


async def test_not_02_nobody_who_chose_nothing_sees_a_change(ahead: World):
    await ahead.knows("Amina", channels=["in-app"], reached_by_message=False)
    await ahead.knows("Bola", channels=["email"], reached_by_message=True)
    await ahead.hear(opportunity_created())
    assert await listed(ahead) == [("opportunity-created", "phone", "no-address")]
    assert await ahead.told() == [("Amina", "opportunity-created", "in-app"), ("Bola", "opportunity-created", "email")]


async def test_not_02_who_chooses_another_way_gets_no_letter_and_is_told_in_that_way(ahead: World):
    me = await ahead.knows("Amina", **BY_POST)
    published = opportunity_created()
    await ahead.hear(published, place_taken(published, me))
    await ahead.card(me, card("Amina", version=2, channels=["in-app"], reached_by_message=False))
    assert ("place-taken", "letter", "chosen") not in await listed(ahead)
    assert {row.state for row in await ahead.rows("SELECT state FROM messages WHERE channel = 'letter'")} == {
        "withheld"
    }
    await ahead.card(me, card("Amina", version=3, channels=["email"], reached_by_message=True))
    assert await ahead.broken() == {}


async def test_peo_04_in_a_pause_letters_of_news_are_not_posted(ahead: World):
    me = await ahead.knows("Amina", **BY_POST)
    await ahead.hear(opportunity_created())
    await ahead.card(me, card("Amina", version=2, paused=True, **BY_POST))
    assert await listed(ahead) == []


async def test_not_01_a_mail_that_waits_becomes_a_letter_for_who_chooses_letters(ahead: World):
    me = await ahead.knows("Amina", channels=["email"], reached_by_message=True)
    await ahead.hear(opportunity_created())
    await ahead.card(me, card("Amina", version=2, **BY_POST))
    [mail] = await ahead.rows("SELECT message_id FROM messages WHERE channel = 'email'")
    lease = new_id()
    await run(ahead, lambda tx: handover.lease_messages(tx, lease, 9))
    await run(ahead, lambda tx: handover.record_outcome(tx, lease, mail.message_id, "unwanted"))
    assert await listed(ahead) == [("opportunity-created", "letter", "chosen")]


# --- printed, posted, come back ---


async def test_not_01_a_day_s_letters_are_one_tagged_pdf_with_each_address_in_its_window(
    client: AsyncClient, ahead: World, held: Held
):
    me = await ahead.knows("Amina", **BY_POST)
    discreet = await ahead.knows("Bola", **BY_POST, discreet=True)
    held.addresses |= {me: HERS, discreet: HERS.replace("Amina Field", "Bola ‹*#panic(1)› Żak 李")}
    published = opportunity_created(title="#panic(1) $x$ *bold* cafe")
    await ahead.hear(published, place_taken(published, me), place_taken(published, discreet))
    assert "Post letters to 2 people" in (await client.get("/")).text
    shown = (await client.get("/notifications/staff/letters")).text
    assert "Print these 2 letters" in shown and "In the post by Monday 7 December 2026" in shown
    assert "Mill Lane" not in shown and "Mill Lane" not in (await client.get(f"/notifications/staff/letters/{me}")).text
    printed = await client.post("/notifications/staff/letters/print", data={"calls": await open_ids(ahead)})
    assert printed.headers["content-type"] == "application/pdf" and "no-store" in printed.headers["cache-control"]
    pdf = pypdfium2.PdfDocument(printed.content)
    pages = [each.get_textpage().get_text_range() for each in pdf]
    begun = [number for number, text in enumerate(pages) if "PE13 1AB" in text]
    assert len(begun) == 2 and all(number % 2 == 0 for number in begun), "each begins on an odd page"
    whole = "\n".join(pages)
    assert "Flat 2, 5 Mill Lane" in whole and "Ring us on 01632 960001" in whole and "Friday 4 December 2026" in whole
    assert "#panic(1) $x$ *bold* cafe" in whole, "nobody's words are run"
    assert "http" not in whole and "Tell me" not in whole and "Sign in" not in whole
    hers = "\n".join(pages[begun[0] : begun[1]]) if "Amina" in pages[begun[0]] else "\n".join(pages[begun[1] :])
    theirs = whole.replace(hers, "")
    assert "cafe" in hers and "cafe" not in theirs, "NOT-04"
    name = settings(Path(), "postgresql://x").organisation_name
    assert name in hers and name not in theirs
    with pikepdf.open(io.BytesIO(printed.content)) as tagged:
        assert tagged.Root.MarkInfo.Marked and "/StructTreeRoot" in tagged.Root and tagged.Root.Lang == "en-GB"
    box = [pdf[begun[0]].get_textpage().get_charbox(at) for at in range(len(pages[begun[0]]))]
    at = pages[begun[0]].index("Flat 2")
    from_top = (pdf[begun[0]].get_height() - box[at][3]) / 72 * 25.4
    assert 46 < from_top < 92, "in the window of a DL envelope"
    assert len(await ahead.rows("SELECT 1 FROM steps WHERE what = 'contact-details-read'")) == 2
    stored = str(await ahead.rows("SELECT messages::text FROM messages UNION ALL SELECT calls::text FROM calls"))
    assert "Mill Lane" not in stored + str(
        await ahead.rows("SELECT steps::text FROM steps UNION ALL SELECT body FROM outbox")
    )
    assert await states(ahead, "place-taken") == {"queued"}, "it is not sent yet"


async def test_not_01_a_letter_is_sent_when_somebody_says_that_they_posted_it_and_twice_is_once(
    client: AsyncClient, ahead: World, held: Held
):
    me = await ahead.knows("Amina", **BY_POST)
    held.addresses[me] = HERS
    await ahead.hear(opportunity_created())
    ids = {"calls": await open_ids(ahead)}
    early = await client.post("/notifications/staff/letters/posted", data=ids)
    assert early.status_code == 422 and "Print these letters first" in early.text
    await client.post("/notifications/staff/letters/print", data=ids)
    assert "I posted these" in (await client.get("/notifications/staff/letters")).text
    for _ in range(2):
        assert (await client.post("/notifications/staff/letters/posted", data=ids)).status_code == 303
    [letter] = await ahead.rows("SELECT state, version FROM messages WHERE channel = 'letter'")
    assert (letter.state, letter.version) == ("sent", 1)
    [sent] = await ahead.events("letter-posted")
    assert sent["template"] == "opportunity-created"
    [step] = await ahead.steps("letter-posted")
    assert step.actor_id is not None and step.facts["person_id"] == str(me)
    assert "Letter to" not in (await client.get("/notifications/staff/letters")).text
    assert await ahead.broken() == {}


async def test_not_06_a_letter_that_comes_back_failed_and_somebody_rings(client: AsyncClient, ahead: World, held: Held):
    me = await ahead.knows("Amina", **BY_POST)
    held.addresses[me] = HERS
    await ahead.hear(opportunity_created())
    ids = {"calls": await open_ids(ahead)}
    await client.post("/notifications/staff/letters/print", data=ids)
    await client.post("/notifications/staff/letters/posted", data=ids)
    assert "It came back" in (await client.get("/notifications/staff/letters/posted")).text
    for _ in range(2):
        back = await client.post("/notifications/staff/letters/came-back", data={"call": ids["calls"][0]})
        assert back.status_code == 303
    assert await listed(ahead) == [("opportunity-created", "phone", "failed")]
    [letter] = await ahead.rows("SELECT state, reason FROM messages WHERE channel = 'letter'")
    assert (letter.state, letter.reason) == ("failed", "came-back")
    assert len(await ahead.steps("letter-came-back")) == 1
    shown = (await client.get(f"/notifications/staff/calls/{me}")).text
    assert "A letter to them came back" in shown
    assert await ahead.broken() == {}


async def test_not_06_without_an_address_nothing_is_printed_and_somebody_rings(client: AsyncClient, ahead: World):
    await ahead.knows("Amina", **BY_POST)
    await ahead.hear(opportunity_created())
    answer = await client.post("/notifications/staff/letters/print", data={"calls": await open_ids(ahead)})
    assert answer.status_code == 303
    assert await listed(ahead) == [("opportunity-created", "phone", "failed")]
    assert await ahead.broken() == {}


async def test_not_08_while_people_is_away_nothing_is_printed_and_every_letter_waits(
    client: AsyncClient, ahead: World, held: Held
):
    await ahead.knows("Amina", **BY_POST)
    await ahead.hear(opportunity_created())
    held.away = True
    answer = await client.post("/notifications/staff/letters/print", data={"calls": await open_ids(ahead)})
    assert answer.status_code == 303
    assert await listed(ahead) == [("opportunity-created", "letter", "chosen")]


async def test_not_08_a_printed_letter_that_is_not_needed_any_more_says_so(
    client: AsyncClient, ahead: World, held: Held
):
    me = await ahead.knows("Amina", **BY_POST)
    held.addresses[me] = HERS
    published = opportunity_created()
    await ahead.hear(published)
    [call] = await open_ids(ahead)
    await client.post("/notifications/staff/letters/print", data={"calls": [call]})
    [message] = await ahead.rows("SELECT message_id FROM messages WHERE channel = 'in-app'")
    await run(ahead, lambda tx: messages.mark_read(tx, message.message_id, me))
    shown = (await client.get("/notifications/staff/letters")).text
    assert "They have read it in the app" in shown or "they have read it in the app" in shown
    assert (await client.post("/notifications/staff/letters/not-posted", data={"call": call})).status_code == 303
    assert await listed(ahead) == []
    [letter] = await ahead.rows("SELECT state FROM messages WHERE channel = 'letter'")
    assert letter.state == "withheld"


async def test_not_08_only_coordinators_see_letters(client: AsyncClient, ahead: World):
    signed_in(client, "finance", person_id=await ahead.knows("Fin", roles=["finance"]))
    for path in ("", "/posted", f"/{new_id()}"):
        assert (await client.get(f"/notifications/staff/letters{path}")).status_code == 403


# --- the words ---


@pytest.mark.parametrize("template", sorted(name for name in MESSAGES if is_posted(name)))
@pytest.mark.parametrize("version", VERSIONS)
def test_not_01_what_is_read_out_on_the_telephone_is_written_as_from_all_of_us(template: str, version: str):
    for facts in ways_to_say(template, most=60):
        written = letters.on_paper(draft(template, version, **facts), SETTINGS, ())
        words = " ".join([written.subject, *(line.text for line in written.body)])
        assert not re.search(r"\b(?:[Ss]ign in|page|click|there\.|[Yy]ou can read|read it soon)\b", words), words
        assert not re.search(r"\b(I|me|my|together now)\b", words), words
        assert "http" not in words + " ".join(line.text for line in written.foot)


async def test_not_01_whoever_ticks_no_letter_is_asked_which(client: AsyncClient):
    asked = await client.post("/notifications/staff/letters/posted", data={})
    assert asked.status_code == 422 and "Tick the letters that you posted" in asked.text


async def test_not_06_a_letter_says_where_to_return_it_and_the_list_asks_for_the_address_if_there_is_none(
    client: AsyncClient, ahead: World, held: Held
):
    me = await ahead.knows("Amina", **BY_POST, discreet=True)
    held.addresses[me] = HERS
    await ahead.hear(opportunity_created())
    assert "we hold no postal address of our own" in (await client.get("/notifications/staff/letters")).text
    ours = "Unit 4, The Old Maltings, 12 Very Long Station Road, Wisbech St Mary, PE13 4ZZ"
    client._transport.app.state.service.settings.postal_address = ours  # pyrefly: ignore
    assert "we hold no postal address" not in (await client.get("/notifications/staff/letters")).text
    assert ours in (await client.get("/contact")).text
    printed = await client.post("/notifications/staff/letters/print", data={"calls": await open_ids(ahead)})
    page = pypdfium2.PdfDocument(printed.content)[0]
    text = page.get_textpage().get_text_range()
    assert f"Return to: {ours}" in " ".join(text.split())
    for words in ("PE13 4ZZ", "Flat 2"):
        box = page.get_textpage().get_charbox(text.index(words))
        from_top = (page.get_height() - box[3]) / 72 * 25.4
        assert (46 < from_top < 92) == (words == "Flat 2"), "theirs alone is in the window"


async def test_not_08_a_print_that_takes_too_long_is_stopped_and_the_next_one_goes_on(
    client: AsyncClient, ahead: World, held: Held, monkeypatch: pytest.MonkeyPatch
):
    me = await ahead.knows("Amina", **BY_POST)
    held.addresses[me] = HERS
    await ahead.hear(opportunity_created())
    ids = {"calls": await open_ids(ahead)}
    monkeypatch.setattr(paper, "SECONDS", 0.01)
    assert (await client.post("/notifications/staff/letters/print", data=ids)).status_code == 303
    assert not [each for each in psutil.Process().children() if "typesetting" in " ".join(each.cmdline())]
    assert await ahead.rows("SELECT 1 FROM calls WHERE printed_at IS NOT NULL") == []
    assert "typst" not in sys.modules, "what runs in our own process cannot be stopped"
    monkeypatch.setattr(paper, "SECONDS", 30)
    assert (await client.post("/notifications/staff/letters/print", data=ids)).status_code == 200


async def test_not_08_what_typst_refuses_is_said(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(paper, "_FONT", "")
    sheet = paper.Sheet(1, ["A"], rendering.Letter("", (), ()), discreet=False)
    with pytest.raises(paper.CannotPrint):
        await paper.as_pdf([sheet], NOON.date(), SETTINGS)
