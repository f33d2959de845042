"""What staff are told about who will hear: never "everyone" while somebody cannot be reached (NOT-08)."""

from collections.abc import Sequence
from dataclasses import dataclass

from shared.text import counted


@dataclass(frozen=True, slots=True)
class Reach:
    """How those with a place, waiting for one or offered one can be told.

    by_message: mail or the app; by_phone: no message reaches them; by_letter: none does, and they chose letters;
    unknown: `people` has not said yet; guests: through their own organisations. waiting: how many of all of these have
    no place yet."""

    by_message: int = 0
    by_phone: int = 0
    unknown: int = 0
    guests: int = 0
    waiting: int = 0
    by_letter: int = 0

    @property
    def anyone(self) -> bool:
        """Whether anybody hears of it."""
        return bool(self.by_message or self.by_phone or self.by_letter or self.unknown or self.guests)


NOBODY = "Nobody has a place now, so nobody is told."


_A_LETTER = (
    "a letter, or a phone call if the post is too slow. They come on your lists of letters to post and of people to "
    "ring."
)


def who_is_told(reach: Reach) -> str:
    """NOT-08: in sentences, with numbers, how each of them hears."""
    said = []
    if reach.by_message:
        said.append(f"{_people(reach.by_message)} a message from us, by email or in the app.")
    if reach.by_phone:
        whom = "1 person needs" if reach.by_phone == 1 else f"{reach.by_phone} people need"
        said.append(f"{whom} a phone call: no message can reach them. They come on your list of people to ring.")
    if reach.by_letter:
        said.append(f"{_people(reach.by_letter)} {_A_LETTER}")
    if reach.unknown:
        said.append(
            f"Of {reach.unknown} we do not know yet whether a message can reach them. If not, they come on your list "
            "of people to ring."
        )
    if reach.guests:
        said.append(
            "1 guest hears from their own organisation."
            if reach.guests == 1
            else f"{reach.guests} guests hear from their own organisations."
        )
    return f"{_who_they_are(reach)} {' '.join(said)}" if said else NOBODY


def _who_they_are(reach: Reach) -> str:
    held = reach.by_message + reach.by_phone + reach.by_letter + reach.unknown + reach.guests - reach.waiting
    places = counted(held, "person has a place", "people have a place") if held else "Nobody has a place"
    waits = counted(reach.waiting, "waits for one", "wait for one")
    return f"{places}, and {waits}." if reach.waiting else f"{places}."


def who_is_thanked(unreached: int, names: str = "") -> str:
    """NOT-08: thanks go by message alone. People whom no message reaches are thanked by staff who know them. unreached:
    how many of those who took part; names: who they are, where staff may read that."""
    if not unreached:
        return ""
    whom = f" ({names})" if names else ""
    return f"No message can reach {unreached} of them{whom}: please thank them yourself."


MOST_NAMED = 10


def some_of(names: Sequence[str]) -> str:
    """The first names, and how many more there are."""
    more = len(names) - MOST_NAMED
    return ", ".join(names[:MOST_NAMED]) + (f", and {more} more" if more > 0 else "")


@dataclass(frozen=True, slots=True)
class News:
    """Who hears something new, as `notifications` counts those who have not ruled it out (NOT-03). names: the first of
    by_phone. by_letter: who gets a letter once somebody has posted it."""

    by_message: int
    by_phone: int
    names: tuple[str, ...] = ()
    by_letter: int = 0


def who_gets_the_news(reach: Reach, news: News | None) -> str:
    """NOT-03, NOT-08: who hears of what is published. People whom no message reaches are rung, unless they ruled it
    out.

    news None: `notifications` does not answer now. Then it says what it can of all participants."""
    if news is not None:
        said = f"{_people(news.by_message)} a message." if news.by_message else "Nobody gets a message."
        posted = f"{_people(news.by_letter)} a letter, once you have posted it." if news.by_letter else ""
        return " ".join(filter(None, [said, posted, _must_be_rung(news.by_phone)]))
    most = reach.by_message + reach.unknown
    said = "No message can reach a participant yet, so nobody is told."
    if most:
        whom = "1 person gets" if most == 1 else f"Up to {most} people get"
        said = f"{whom} a message, unless they told us that they want no news of this kind."
    if reach.by_letter:
        said += f" {reach.by_letter:,} chose letters. Whom it may suit comes on your list of letters to post."
    if reach.by_phone:
        said += f" No message can reach {reach.by_phone:,} more. Whom it may suit comes on your list of people to ring."
    return said


def _must_be_rung(count: int) -> str:
    if not count:
        return ""
    return (
        f"No message can reach {count:,} more whom it may suit, so "
        f"{'that person comes' if count == 1 else 'these people come'} on your list of people to ring."
    )


def what_neighbours_do(others: int, *, shared: bool) -> str:
    """NET-01: what happens at other organisations of the network when this is published."""
    if not shared:
        return "Other organisations do not show it."
    if not others:
        return "You share it with the network. There are no other organisations in it yet."
    whom = "1 other organisation" if others == 1 else f"{others} other organisations"
    each = "It decides" if others == 1 else "Each decides"
    return (
        f"It also goes to {whom} of the network. {each} if its people see it, at once or after somebody has "
        "looked. They hear of it from there, not from us."
    )


def _people(count: int) -> str:
    return counted(count, "person gets", "people get")
