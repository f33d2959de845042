"""What staff are told of who is told: never that it is everyone while somebody cannot be (NOT-08)."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Reach:
    """How those with a place, waiting for one or offered one can be told. by_message: mail or the app; by_phone: no message reaches them;
    unknown: `people` has not said yet; guests: through their own organisations."""

    by_message: int = 0
    by_phone: int = 0
    unknown: int = 0
    guests: int = 0

    @property
    def anyone(self) -> bool:
        """Whether somebody hears of it at all."""
        return bool(self.by_message or self.by_phone or self.unknown or self.guests)


NOBODY = "Nobody has a place now, so nobody is told."


def who_is_told(reach: Reach) -> str:
    """NOT-08: in sentences, with numbers, how each of them hears."""
    said = []
    if reach.by_message:
        said.append(f"{_people(reach.by_message)} a message from us, by email or in the app.")
    if reach.by_phone:
        whom = "1 person needs" if reach.by_phone == 1 else f"{reach.by_phone} people need"
        said.append(f"{whom} a phone call: no message can reach them. They come on your list of people to ring.")
    if reach.unknown:
        said.append(f"Of {reach.unknown} we do not know yet whether a message can reach them. If not, they come on your list of people to ring.")
    if reach.guests:
        said.append("1 guest hears from their own organisation." if reach.guests == 1 else f"{reach.guests} guests hear from their own organisations.")
    return " ".join(said) or NOBODY


def who_is_thanked(reach: Reach) -> str:
    """NOT-08: thanks go by message alone; whoever none can reach is thanked by whoever knows them."""
    if not reach.by_phone:
        return ""
    return f"No message can reach {reach.by_phone} of them: please thank them yourself."


def who_gets_the_news(reach: Reach) -> str:
    """NOT-03, NOT-08: of what is published. reach: of all participants; it goes to those who have not ruled such things out, and the most
    that can be is said. News of something new is no call: whom no message reaches is told by whoever knows them."""
    most = reach.by_message + reach.unknown
    said = "No message can reach a participant yet, so nobody is told."
    if most:
        whom = "1 person gets" if most == 1 else f"Up to {most} people get"
        said = f"{whom} a message, unless they told us that they want no news of this kind."
    if reach.by_phone:
        said += f" No message can reach {reach.by_phone} more: tell them yourself, if it may suit them."
    return said


def _people(count: int) -> str:
    return "1 person gets" if count == 1 else f"{count} people get"
