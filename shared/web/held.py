"""What one process holds for some minutes: in its memory, never on disk, and bounded, so that nobody crowds out
others."""

import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from typing import Generic, TypeVar

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class _Held(Generic[T]):
    what: T
    sender: str
    until: float


class HeldInMemory(Generic[T]):
    """The latest things, each under its key; the oldest go first. Machine time.

    most: of all senders together; most_of_one: of one of them."""

    def __init__(
        self, seconds: float, most: int, most_of_one: int, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._held: OrderedDict[str, _Held[T]] = OrderedDict()
        self._seconds, self._most, self._most_of_one, self._clock = seconds, most, most_of_one, clock

    def hold(self, key: str, what: T, sender: str) -> None:
        now = self._clock()
        for old in [old for old, held in self._held.items() if held.until <= now]:
            del self._held[old]
        mine = [old for old, held in self._held.items() if held.sender == sender]
        for old in [
            *mine[: max(0, len(mine) - self._most_of_one + 1)],
            *list(self._held)[: max(0, len(self._held) - self._most + 1)],
        ]:
            self._held.pop(old, None)
        self._held[key] = _Held(what, sender, now + self._seconds)

    def find(self, key: str) -> T | None:
        held = self._held.get(key)
        return held.what if held is not None and held.until > self._clock() else None

    def forget(self, key: str) -> T | None:
        """Returns what was forgotten, even if its time was over."""
        held = self._held.pop(key, None)
        return held.what if held is not None else None

    def forget_all(self, which: Callable[[T], bool]) -> None:
        for key in [key for key, held in self._held.items() if which(held.what)]:
            del self._held[key]
