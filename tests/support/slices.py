"""What `make test` runs of many examples, and what only `make slow` runs beside it."""

from collections.abc import Iterable, Sequence
from typing import Any, TypeVar

import pytest

T = TypeVar("T")


def seeds(all_of_them: int, quick: int) -> list[Any]:
    """For parametrize: so many seeds of chance; `make test` takes the first few."""
    return [pytest.param(seed, marks=[] if seed < quick else pytest.mark.slow) for seed in range(all_of_them)]


def some(all_of_them: Iterable[str], one_in: int) -> list[Any]:
    """For parametrize: `make test` takes one in so many, where another test takes each of them in every run."""
    return [
        pytest.param(name, id=name, marks=pytest.mark.slow if number % one_in else [])
        for number, name in enumerate(all_of_them)
    ]


def crossed(first: Iterable[str], second: Iterable[str]) -> list[Any]:
    """For parametrize: each with each. `make test` takes as many pairs as have each of both once."""
    one, other = list(first), list(second)
    return [
        pytest.param(a, b, id=f"{a}-{b}", marks=[] if _meet(one, other, a, b) else pytest.mark.slow)
        for a in one
        for b in other
    ]


def _meet(one: Sequence[str], other: Sequence[str], a: str, b: str) -> bool:
    at, beside = one.index(a), other.index(b)
    return at == beside % len(one) if len(other) >= len(one) else beside == at % len(other)


WHOLE = pytest.mark.parametrize(
    "whole", [pytest.param(False, id="in turn"), pytest.param(True, id="whole", marks=pytest.mark.slow)]
)
"""For walks through whole matrices, each cell of which is a case of a rule that has tests of its own."""


def in_turn(number: int, ways: Sequence[T], whole: bool) -> Sequence[T]:
    """All ways; in `make test` one of them, another for each number."""
    return ways if whole or not ways else [ways[number % len(ways)]]
