"""Who is told, and how, one sentence each (NOT-03, NOT-08)."""

import pytest

from services.opportunities.telling import domain
from services.opportunities.telling.domain import Reach


@pytest.mark.parametrize(
    ("reach", "said"),
    [
        (Reach(), "Nobody has a place now, so nobody is told."),
        (
            Reach(by_message=1),
            "1 person has a place. 1 person gets a message from us, by email or in the app.",
        ),
        (
            Reach(by_message=2, by_phone=1, waiting=2),
            "1 person has a place, and 2 wait for one. 2 people get a message from us, by email or in the app."
            " 1 person needs a phone call: no message can reach them. They come on your list of people to ring.",
        ),
        (
            Reach(by_message=1, waiting=1),
            "Nobody has a place, and 1 waits for one. 1 person gets a message from us, by email or in the app.",
        ),
        (
            Reach(by_message=7, by_phone=2),
            "9 people have a place. 7 people get a message from us, by email or in the app."
            " 2 people need a phone call: no message can reach them."
            " They come on your list of people to ring.",
        ),
        (
            Reach(by_message=1, by_letter=2),
            "3 people have a place. 1 person gets a message from us, by email or in the app. 2 people get a letter, or"
            " a phone call if the post is too slow. They come on your lists of letters to post and of people to ring.",
        ),
        (Reach(guests=2), "2 people have a place. 2 guests hear from their own organisations."),
        (
            Reach(unknown=1),
            "1 person has a place. Of 1 we do not know yet whether a message can reach them. If not, they come on your"
            " list of people to ring.",
        ),
    ],
)
def test_not_08_who_is_told_is_said_with_numbers(reach: Reach, said: str) -> None:
    assert domain.who_is_told(reach) == said


@pytest.mark.parametrize(
    ("reach", "said"),
    [
        (Reach(), "No message can reach a participant yet, so nobody is told."),
        (Reach(by_message=1), "1 person gets a message, unless they told us that they want no news of this kind."),
        (
            Reach(by_message=7, unknown=1, by_phone=2),
            "Up to 8 people get a message, unless they told us that they want no news of this kind."
            " No message can reach 2 more. Whom it may suit comes on your list of people to ring.",
        ),
    ],
)
def test_not_03_how_many_get_the_news_of_it_is_said_before_it_is_published(reach: Reach, said: str) -> None:
    assert domain.who_gets_the_news(reach, None) == said


@pytest.mark.parametrize(
    ("news", "said"),
    [
        (domain.News(0, 0), "Nobody gets a message."),
        (domain.News(1, 0), "1 person gets a message."),
        (
            domain.News(1, 0, by_letter=2),
            "1 person gets a message. 2 people get a letter, once you have posted it.",
        ),
        (
            domain.News(7, 1),
            "7 people get a message. No message can reach 1 more whom it may suit, so that person comes on your list of"
            " people to ring.",
        ),
        (
            domain.News(0, 2),
            "Nobody gets a message. No message can reach 2 more whom it may suit, so these people come on your list of"
            " people to ring.",
        ),
    ],
)
def test_not_03_how_many_are_told_and_how_many_must_be_rung_is_said_as_notifications_counts_them(
    news: domain.News, said: str
) -> None:
    assert domain.who_gets_the_news(Reach(by_message=9), news) == said


@pytest.mark.parametrize(
    ("others", "shared", "said"),
    [
        (3, False, "Other organisations do not show it."),
        (0, True, "You share it with the network. There are no other organisations in it yet."),
        (1, True, "It also goes to 1 other organisation of the network. It decides if its people see it"),
        (3, True, "It also goes to 3 other organisations of the network. Each decides if its people see it"),
    ],
)
def test_net_01_what_happens_at_the_neighbours_is_said_before_it_is_published(
    others: int, shared: bool, said: str
) -> None:
    assert domain.what_neighbours_do(others, shared=shared).startswith(said)
