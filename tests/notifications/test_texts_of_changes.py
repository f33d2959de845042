"""What the texts of opportunities say: another organisation's, changed, cancelled, waited for, travelled to."""

import re
from dataclasses import replace
from datetime import UTC, datetime
from types import SimpleNamespace
from uuid import UUID

import pytest
from textstat import textstat

from services.notifications.gateways import letters, rendering
from tests.notifications.texts import (
    EVERY_TEXT,
    HIGHEST_GRADE,
    SESSION,
    SETTINGS,
    TEMPLATES,
    VERSIONS,
    draft,
    letter,
    mail,
    texts_of,
    words,
)

NOT_NAMED_FOR_ONE = ("claim-", "concern-", "safeguarding-", "feedback-due", "feedback-words", "feedback-news")
NOT_OF_AN_OPPORTUNITY = (
    "opportunity-closed",
    "bank-details-changed",
    "roles-asked",
    "roles-answered",
    "second-step-changed",
    "contact-entered",
)


# --- another organisation's (NET-02) ---

LISTING = {"title": "Choosing who runs the cafe", "host": "SUN"}


@pytest.mark.parametrize(("template", "version"), EVERY_TEXT)
def test_not_05_a_nine_year_old_can_read_the_texts_about_another_organisations(template: str, version: str):
    found = letter(template, version, **LISTING)
    read = [line for line in [*found.body, *found.foot] if line.shape != "link"]
    assert textstat.automated_readability_index(words(read)) <= HIGHEST_GRADE[version]


@pytest.mark.parametrize("version", ["plain", "easy-read"])
def test_net_02_the_news_of_a_listing_and_its_foot_say_who_holds_it_and_that_nobody_there_learns_their_name(
    version: str,
):
    found = letter("opportunity-created", version, **LISTING)
    body, foot = words(list(found.body)), words(list(found.foot))
    assert "SUN is running this." in body and "You can take part through us." in body
    assert "Nobody there is told your name" in body or "They are not told your name" in body
    assert "SUN" in foot and "Nobody there is told your name" in foot.replace("nobody there", "Nobody there")
    assert "involvement worker" not in body


@pytest.mark.parametrize(
    "template",
    [name for name in TEMPLATES if not name.startswith(NOT_NAMED_FOR_ONE) and name not in NOT_OF_AN_OPPORTUNITY],
)
@pytest.mark.parametrize("version", ["plain", "easy-read"])
def test_net_02_whoever_holds_it_is_named_where_it_helps_and_our_own_texts_name_nobody(template: str, version: str):
    assert "SUN" in words(list(letter(template, version, **LISTING).body))
    assert "SUN" not in words([*letter(template, version).body, *letter(template, version).foot])


@pytest.mark.parametrize("template", TEMPLATES)
@pytest.mark.parametrize("version", VERSIONS[2:])
def test_not_04_a_discreet_mail_does_not_name_the_host_either(template: str, version: str):
    shown = texts_of(mail(template, version, host="Mind the Gap"))
    assert "Mind the Gap" not in shown


# --- changes and cancellations (OPP-16, NOT-05) ---


@pytest.mark.parametrize("version", ["plain", "easy-read"])
def test_opp_16_a_change_says_what_it_is_now_what_it_was_and_why(version: str):
    text = rendering.as_text(letter("opportunity-changed", version))
    for said in (
        "Monday 28 December 2026",
        SESSION.venue,
        "Monday 21 December 2026",
        "Room 9, the addiction centre",
        "The room was not free.",
        "involvement worker",
    ):
        assert said in text, said


@pytest.mark.parametrize("version", ["plain", "easy-read"])
@pytest.mark.parametrize(
    ("changed", "says", "says_not"),
    [
        ("time", "When and where it is now", ("Who to ask", "What it is for")),
        ("place", "When and where it is now", ("Who to ask", "What it is for")),
        ("contact", "Who to ask", ("When and where", "What it is for")),
        ("purpose", "What it is for", ("When and where", "Who to ask")),
    ],
)
def test_opp_16_a_change_speaks_of_what_changed_and_of_nothing_else(
    version: str, changed: str, says: str, says_not: tuple[str, ...]
):
    text = words(list(letter("opportunity-changed", version, changed=[changed]).body))
    assert says in text
    assert not [word for word in says_not if word in text]


@pytest.mark.parametrize("version", ["plain", "easy-read"])
def test_opp_16_each_text_that_changed_is_named_with_what_it_was_and_what_it_is(version: str):
    of_room = {"about": "room", "name": "What we ask of each other", "was": "Be kind.", "now": "Be kind and quiet."}
    text = words(list(letter("opportunity-changed", version, changed=["purpose"], texts=[of_room]).body))
    assert "How it works in the room" in text and "Before: Be kind." in text and "Now: Be kind and quiet." in text
    assert "What it is for" not in text and "It was called" not in text
    joining = {"about": "joining", "name": "How to join", "was": "", "now": ""}
    text = words(list(letter("opportunity-changed", version, changed=["place"], texts=[joining]).body))
    assert "How you join has changed. Your page says how." in text
    not_said = of_room | {"was": "", "now": ""}
    text = words(list(letter("opportunity-changed", version, changed=["purpose"], texts=[not_said]).body))
    assert "What we ask of each other. This has changed." in text and "Before" not in text


@pytest.mark.parametrize("version", ["plain", "easy-read"])
def test_opp_16_another_way_to_reach_the_same_person_is_not_called_somebody_else(version: str):
    text = words(list(letter("opportunity-changed", version, changed=["contact"], contact_was="").body))
    assert "omeone else" not in text and "It is still the involvement worker." in text
    before = words(list(letter("opportunity-changed", version, changed=["contact"], contact_was="old worker").body))
    assert "omeone else" in before and "it was the old worker." in before


@pytest.mark.parametrize("version", ["plain", "easy-read"])
def test_opp_16_who_waits_for_a_place_is_not_told_that_they_have_one(version: str):
    text = words(list(letter("opportunity-changed", version, held=False, answer_by=None).body)).lower()
    assert "you have a place" not in text and "place back" not in text and "waiting list" in text


@pytest.mark.parametrize("template", ["opportunity-changed", "opportunity-cancelled"])
def test_opp_16_without_a_reason_nothing_stands_where_it_would(template: str):
    for version in ("plain", "easy-read"):
        text = words(list(letter(template, version, reason="", were=[], title_was="").body))
        assert "Here is why" not in text and "Why." not in text and "before" not in text


@pytest.mark.parametrize("version", VERSIONS)
def test_not_05_a_cancellation_says_not_to_travel(version: str):
    assert "Please do not travel" in words(list(letter("opportunity-cancelled", version).body))


EARLIER = SimpleNamespace(
    session_id=UUID(int=41),
    starts_at=datetime(2026, 11, 21, 14, tzinfo=UTC),
    ends_at=datetime(2026, 11, 21, 15, 30, tzinfo=UTC),
    venue="Room 2, the library",
)
"""Over when the message was written."""


@pytest.mark.parametrize("version", VERSIONS)
def test_not_08_a_cancellation_names_no_session_that_was_over_when_it_was_written(version: str):
    whole = replace(draft("opportunity-cancelled", version), sessions=[EARLIER, SESSION])
    part = replace(draft("opportunity-changed", version, were=[]), sessions=[SESSION], sessions_gone=[EARLIER])
    for of in (whole, part):
        text = words([*letters.letter(of, SETTINGS, by_mail=True).body])
        assert "21 November" not in text and "28 December" in text, text
    assert "Please do not travel" in words([*letters.letter(whole, SETTINGS, by_mail=True).body])
    assert "do not travel" not in words([*letters.letter(part, SETTINGS, by_mail=True).body])


@pytest.mark.parametrize("version", VERSIONS)
def test_not_08_nobody_is_told_not_to_travel_once_all_is_over(version: str):
    over = replace(draft("opportunity-cancelled", version), sessions=[EARLIER])
    text = words([*letters.letter(over, SETTINGS, by_mail=True).body])
    assert "will not happen" in text.lower() and "travel" not in text and "calendar" not in text, text


@pytest.mark.parametrize("held", [True, False])
def test_not_08_the_ring_page_names_no_session_that_was_over_either(held: bool):
    of = replace(draft("opportunity-cancelled", "plain", held=held), sessions=[EARLIER, SESSION])
    text = words([*letters.full_letter(of, SETTINGS, by_phone=True).body])
    assert "21 November" not in text and "28 December" in text


@pytest.mark.parametrize("version", VERSIONS)
def test_opp_05_who_waits_reads_their_number_and_what_happens_next(version: str):
    text = words(list(letter("place-queued", version).body))
    assert "number 2" in text and "when it is your turn" in text


@pytest.mark.parametrize("version", ["plain", "easy-read"])
def test_opp_05_who_gets_no_place_reads_where_the_reason_stands(version: str):
    links = [line.url for line in letter("place-refused", version).body]
    assert f"https://voice.example/opportunities/places/{UUID(int=12)}" in links


@pytest.mark.parametrize("version", ["plain", "easy-read"])
def test_opp_07_nobody_is_asked_by_mail_what_they_have_told_us(version: str):
    says = {
        asked: words([*letter("place-taken", version, help_asked=asked).body]) for asked in ("no", "waits", "answered")
    }
    asks = "Is there something that would help you" if version == "plain" else "Do you need help to take part?"
    assert {asked for asked, text in says.items() if asks in text} == {"no"}
    assert "We will answer" in says["waits"] and "on your page" in says["answered"]
    assert "We will answer" not in words([*letter("place-taken", version, help_asked="waits", host="SUN").body])
    assert "?" not in " ".join(line.text for line in letter("claim-paid", "plain").body)


@pytest.mark.parametrize("version", ["plain", "easy-read", "discreet-plain", "discreet-easy-read"])
def test_opp_12_nobody_is_asked_again_whom_staff_asked_whether_they_want_to_stay(version: str):
    for asked in (False, True):
        said = words([*letter("opportunity-closed", version, asked_to_stay=asked).body])
        assert (re.search("stay involved|do more", said) is None) == asked


@pytest.mark.parametrize("version", ["plain", "easy-read"])
@pytest.mark.parametrize("template", ["claim-opened", "session-reminder"])
def test_pay_02_no_message_of_an_online_session_asks_for_travel(version: str, template: str):
    for mode, asked in (("online", False), ("in-person", True), ("both", True)):
        text = words(list(letter(template, version, because="", mode=mode).body))
        assert bool(re.search("travel|fare|miles|ticket", text)) is asked, text


@pytest.mark.parametrize("version", ["plain", "easy-read"])
def test_pay_02_travel_is_promised_only_where_somebody_travels(version: str):
    for mode, promised in (("online", False), ("in-person", True), ("both", True)):
        text = words(list(letter("opportunity-created", version, mode=mode).body))
        assert ("fares" in text or "travel" in text) is promised and "We pay you for your time" in text


@pytest.mark.parametrize("version", VERSIONS)
def test_opp_19_a_cancelled_session_is_called_cancelled_with_its_day_and_nobody_is_asked_for_their_place(version: str):
    gone = SimpleNamespace(
        **vars(SESSION) | {"session_id": UUID(int=8), "starts_at": datetime(2026, 12, 21, 14, tzinfo=UTC)}
    )
    of = replace(draft("opportunity-changed", version, changed=["time"], were=[gone]), sessions_gone=[gone])
    found = letters.letter(of, SETTINGS, by_mail=True)
    text = words(list(found.body))
    assert "cancelled" in text.lower() and "Monday 21 December 2026" in text and "do not travel" in text
    assert (
        "give your place back" not in text
        and "not like this any more" not in text
        and "There is a change" not in found.subject
    )
    assert "Monday 28 December 2026" in text
    if version in ("plain", "easy-read"):
        assert found.subject.startswith("Cancelled: ") and "Monday 21 December 2026" in found.subject


@pytest.mark.parametrize("version", VERSIONS)
@pytest.mark.parametrize("template", ["place-taken", "opportunity-changed", "opportunity-cancelled"])
def test_opp_07_nobody_reads_of_travel_to_something_online(template: str, version: str):
    gone = {"changed": ["time"], "help_asked": "waits", "mode": "online", "title": "A talk"}
    it = replace(draft(template, version, **gone), sessions_gone=[SESSION], sessions=[])
    online = words(list(letters.letter(it, SETTINGS, by_mail=True).body))
    assert "travel" not in online, online
