"""Layout, navigation, banners, redirects, static files and how values are written."""

import re
from datetime import UTC, date, datetime
from pathlib import Path
from uuid import UUID

import httpx
import pytest
from markupsafe import escape

from shared.identity import SignIn
from shared.web import local_path, redirect
from shared.web.addresses import on_this_site
from shared.web.filters import codes, day, minutes, moment, reachable, time
from shared.web.helping import theirs
from shared.web.navigation import current, links_for
from shared.web.statics import asset
from shared.web.templating import environment
from tests.support.reading import reading_age_of


def test_a_guests_code_stays_on_one_line_and_the_words_around_it_stay_text() -> None:
    assert (
        codes("A guest from <Sun>, G-7F3K: Breaks")
        == 'A guest from &lt;Sun&gt;, <span class="chorus-code">G-7F3K</span>: Breaks'
    )
    assert codes("Peg-7F3KX, G-7F3, AG-7F3K") == "Peg-7F3KX, G-7F3, AG-7F3K"


def test_values_are_written_in_words_and_in_londons_time() -> None:
    assert day(date(2026, 12, 3)) == "Thursday 3 December 2026"
    assert day(datetime(2026, 7, 1, 23, 30, tzinfo=UTC)) == "Thursday 2 July 2026"
    assert moment(datetime(2026, 7, 1, 9, 30, tzinfo=UTC)) == "Wednesday 1 July 2026 at 10:30am"
    assert [
        time(datetime(2026, 1, 1, hour, minute, tzinfo=UTC))
        for hour, minute in ((0, 0), (0, 5), (12, 0), (12, 1), (14, 0), (11, 59))
    ] == [
        "midnight",
        "12:05am",
        "midday",
        "12:01pm",
        "2pm",
        "11:59am",
    ]
    assert [minutes(count) for count in (0, 1, 59, 60, 61, 90, 120)] == [
        "0 minutes",
        "1 minute",
        "59 minutes",
        "1 hour",
        "1 hour 1 minute",
        "1 hour 30 minutes",
        "2 hours",
    ]
    with pytest.raises(ValueError, match="time zone"):
        time(datetime(2026, 1, 1))  # noqa: DTZ001


ELSEWHERE = [
    "//",
    "/..//evil.example",
    "/.//evil.example",
    "/x/../..//evil.example",
    "/%2e%2e//evil.example",
    "/%2E./%2fevil.example",
    "/%5cevil.example",
    "/x/%5C..",
    "/%2fevil.example",
    "/..",
    "/x%0d%0aSet-Cookie:%20a=b",
    "/%09/evil.example",
    "/\x7f",
    "//[",
]
"""What some browser would follow out of this site, or might."""


@pytest.mark.parametrize(
    ("location", "becomes"),
    [
        ("http://evil.example/people/me", "/people/me"),
        ("https://evil.example:8080/people/me?a=%2Fb", "/people/me?a=%2Fb"),
        ("//evil.example/people/me", "/people/me"),
        ("http://evil.example//other.example", "/"),
        ("http://evil.example", "/"),
        ("http://[", "/"),
        ("javascript:alert(1)", "/"),
        ("/payments/claims?page=2", "/payments/claims?page=2"),
        *[(each, "/") for each in ELSEWHERE],
    ],
)
def test_an_answer_sends_nobody_to_another_organisation(location: str, becomes: str) -> None:
    assert on_this_site(location) == becomes


@pytest.mark.parametrize("good", ["/", "/payments/claims?page=2", "/a//b", "/people/sign-in?next=%2Fpayments"])
def test_a_path_on_this_site_is_kept(good: str) -> None:
    assert local_path(good) == good


@pytest.mark.parametrize(
    "bad",
    [
        "",
        None,
        "payments",
        "//evil.example",
        "///evil.example",
        "/\\evil.example",
        "\\\\evil.example",
        "https://evil.example",
        "/\t/evil.example",
        "/\n/x",
        "javascript:alert(1)",
        "/ok\r\nSet-Cookie: a=b",
        " /x",
        *ELSEWHERE,
    ],
)
def test_an_address_elsewhere_is_not_followed(bad: str | None) -> None:
    assert local_path(bad) is None
    if bad:
        with pytest.raises(ValueError, match="stays on this site"):
            redirect(bad)


async def test_a_confirmation_is_shown_once(client: httpx.AsyncClient) -> None:
    await client.post("/test/travel", data={"miles": "12", "how": "none"})
    shown = await client.get("/test/travel")
    assert "We added your travel. Thank you – it’s saved." in shown.text
    assert shown.headers["cache-control"] == "no-store"
    assert "We added your travel" not in (await client.get("/test/travel")).text


async def test_the_confirmations_cookie_is_short_lived_and_closed_to_scripts(client: httpx.AsyncClient) -> None:
    answer = await client.post("/test/travel", data={"miles": "12", "how": "none"})
    cookie = answer.headers["set-cookie"].lower()
    for part in ("__host-banner=", "secure", "httponly", "samesite=lax", "path=/", "max-age=60"):
        assert part in cookie


@pytest.mark.parametrize("value", ["%%%", "PHNjcmlwdD4=", "/w==", "a" * 5000])
async def test_a_banner_that_somebody_made_up_is_text_at_most(client: httpx.AsyncClient, value: str) -> None:
    answer = await client.get("/test/travel", headers={"cookie": f"__Host-banner={value}"})
    assert answer.status_code == 200
    assert "<script>" not in answer.text


async def test_a_page_for_somebody_is_kept_by_no_browser_and_shows_their_ways(client: httpx.AsyncClient) -> None:
    mine, anyones = await client.get("/test/mine"), await client.get("/test/travel")
    assert mine.headers["cache-control"] == "no-store"
    assert "no-store" not in anyones.headers["cache-control"]
    assert "My claims" in mine.text and "Sign out" in mine.text and "Sign in" not in mine.text
    assert "My claims" not in anyones.text and "Sign out" not in anyones.text and "Sign in" in anyones.text


async def test_peo_02_whoever_is_helping_sees_so_on_every_page_and_can_stop(client: httpx.AsyncClient) -> None:
    helping, mine = (await client.get("/test/mine?helping=true")).text, (await client.get("/test/mine")).text
    assert "You are helping someone" in helping and "You are helping someone" not in mine
    assert 'action="/people/session/stop-helping"' in helping
    assert (
        'You are helping <a class="govuk-link" href="/people/me">Robin &lt;Marsh&gt;</a> (our number 1234-5678).'
        in (await client.get("/test/mine?helping=named")).text
    )
    assert "Their claims" in helping and "My claims" not in helping and "/opportunities/staff" not in helping


def test_navigation_shows_each_role_its_ways_in() -> None:
    assert [link.href for link in links_for(["participant"])] == [
        "/",
        "/opportunities",
        "/opportunities/mine",
        "/payments/claims",
        "/notifications/messages",
        "/feedback/give",
        "/feedback/mine",
    ]
    assert [link.href for link in links_for(["finance"])] == [
        "/",
        "/payments/runs",
        "/payments/recharges",
        "/notifications/messages",
    ]
    assert {link.href for link in links_for(None)} == {"/opportunities", "/feedback/board", "/feedback/give"}
    every = links_for(["participant", "coordinator", "approver", "finance", "operator", "administrator"])
    assert len({link.href for link in every}) == len(every) == len({link.text for link in every})


def test_navigation_marks_the_longest_address_that_fits() -> None:
    links = links_for(["participant"])
    assert current(links, "/opportunities/mine") == "/opportunities/mine"
    assert current(links, "/opportunities/0199") == "/opportunities"
    assert current(links, "/payments/claims/0199") == "/payments/claims"
    assert current(links, "/") == "/"
    assert current(links, "/help-now") is None


async def test_the_link_to_the_page_that_is_open_is_marked_wherever_it_stands(client: httpx.AsyncClient) -> None:
    shown = (await client.get("/help-now")).text
    assert len(re.findall(r'href="/help-now" aria-current="page"', shown)) == 2 == shown.count("aria-current")


@pytest.mark.parametrize(
    ("said", "shown"),
    [
        ("My claims", "Their claims"),
        ("Your bank account", "Their bank account"),
        ("Only you see this. We pay you, if you like.", "Only they see this. We pay them, if they like."),
        ("Is it yours? Then I am glad.", "Is it theirs? Then they are glad."),
        ("Was it you? What needs you?", "Was it them? What needs them?"),
        ("You were there. Thank you for it.", "They were there. We thank them for it."),
        ("I have changed my mind", "They have changed their mind"),
        (
            '<a href="/people/me" class="my-you">No, keep me</a>',
            '<a href="/people/me" class="my-you">No, keep them</a>',
        ),
    ],
)
def test_peo_02_a_helper_reads_whose_it_is(said: str, shown: str) -> None:
    helper, herself = (SignIn(UUID(int=1), UUID(int=2), frozenset(), acting_for=of) for of in (UUID(int=3), None))
    assert [theirs(said, who) for who in (helper, herself, None)] == [shown, said, said]


def test_peo_02_the_tag_says_our_words_of_them_and_leaves_what_people_wrote_and_what_is_for_the_helper() -> None:
    env = environment(Path(__file__).parent / "templates")
    shown = env.from_string(
        "{% theirs %}<p>We pay you for “{{ title }}”.</p>{{ 'If you like' }}"
        """{% if helping %}You help.{% endif %}{{ "You do" if helping else "You are paid" }}{% endtheirs %}"""
    )
    helper, herself = (SignIn(UUID(int=1), UUID(int=2), frozenset(), acting_for=of) for of in (UUID(int=3), None))
    said = [shown.render(who=who, title="How are you?", helping=who == helper) for who in (helper, herself)]
    assert said == [
        "<p>We pay them for “How are you?”.</p>If they likeYou help.You do",
        "<p>We pay you for “How are you?”.</p>If you likeYou are paid",
    ]


async def test_static_files_are_compressed_and_kept_for_ever_under_their_version(client: httpx.AsyncClient) -> None:
    answer = await client.get(asset("chorus.css"), headers={"accept-encoding": "gzip"})
    assert answer.headers["content-encoding"] == "gzip"
    assert "immutable" in answer.headers["cache-control"]
    assert answer.headers["content-type"].startswith("text/css")
    plain = await client.get(asset("chorus.css"), headers={"accept-encoding": "identity"})
    assert "content-encoding" not in plain.headers
    assert plain.text == answer.text
    other = await client.get("/static/0000/chorus.css")
    assert (other.status_code, other.headers["cache-control"]) == (200, "no-cache")


@pytest.mark.parametrize("name", ["nothing.css", "%2E%2E/pages.py", "..%2Fpages.py", "vendor.lock.json", ""])
async def test_nothing_else_is_a_static_file(client: httpx.AsyncClient, name: str) -> None:
    assert (await client.get(f"/static/x/{name}")).status_code == 404


async def test_no_crown_and_no_gds_font_come_along(client: httpx.AsyncClient) -> None:
    styles = (await client.get(asset("chorus.css"))).text
    for word in ("GDS Transport", "Frutiger", "crown", "nhs"):
        assert word.lower() not in styles.lower()
    assert "Atkinson Hyperlegible Next" in styles


async def test_help_now_names_those_who_answer_at_any_hour(client: httpx.AsyncClient) -> None:
    answer = await client.get("/help-now")
    for number in ("tel:999", "tel:111", "tel:116123"):
        assert f'href="{number}"' in answer.text
    assert "option 2" in answer.text


@pytest.mark.parametrize("path", ["/help-now", "/easy-read", "/accessibility"])
async def test_the_pages_at_the_foot_are_for_anyone_and_read_easily(client: httpx.AsyncClient, path: str) -> None:
    answer = await client.get(path)
    assert answer.status_code == 200
    assert reading_age_of(answer.text) <= 6


@pytest.mark.parametrize(
    ("roles", "path", "under"),
    [
        ({"participant"}, "/opportunities/places/7f3a", "/opportunities/mine"),
        ({"coordinator"}, "/opportunities/places/7f3a", "/opportunities/staff"),
        ({"finance"}, "/opportunities/places/7f3a", None),
        ({"approver"}, "/payments/confirm-details", "/payments/approve"),
        ({"approver", "finance"}, "/payments/confirm-details", "/payments/runs"),
        ({"participant"}, "/payments/bank-details/change", "/payments/claims"),
        ({"finance"}, "/payments/bank-statement", "/payments/runs"),
        ({"finance"}, "/payments/bank-statements", None),
        ({"coordinator"}, "/notifications/staff/calls", "/"),
        ({"coordinator"}, "/notifications/messages/7f3a", "/notifications/messages"),
    ],
)
def test_navigation_marks_the_way_in_to_which_a_page_belongs(roles: set[str], path: str, under: str | None) -> None:
    assert current(links_for(roles), path) == under


@pytest.mark.parametrize(
    ("said", "rings"),
    [
        ("Ring 01632 960123.", ["01632960123"]),
        ("+44 (0)7700 900123 or 07700 900456", ["+447700900123", "07700900456"]),
        ("https://video.example/07700900123?room=07700900456", []),
        ("Sort code 12-34-56, account 12345678, on 12 December 2026 at 10:30am", []),
        ("<b>07700 900123</b>", ["07700900123"]),
        (
            "Write to <b>sam.o'neill+care@sun.example</b>, or sam@sun.example.",
            ["sam.o%27neill+care@sun.example", "sam@sun.example"],
        ),
        ("https://sun.example/?to=sam@sun.example or sam@sun", []),
    ],
)
def test_a_telephone_number_or_email_address_is_a_link_that_reaches_it(said: str, rings: list[str]) -> None:
    shown = str(reachable(said))
    assert re.findall(r'href="(?:tel|mailto):([^"]+)"', shown) == rings and "<b>" not in shown
    assert re.sub(r"</?a[^>]*>", "", shown) == str(escape(said))
