"""Of a table of cases that each take a database, draw pictures or render every message, `make test` runs the first, the
last and one in eight between; `make slow` runs the rest. A table of a pure function is run whole."""

from collections import defaultdict
from collections.abc import Iterable
from zlib import crc32

import pytest

FEW, ONE_IN = 2, 8
"""No case of so few is left out."""
FOLDERS = tuple(
    f"tests/{service}/" for service in ("payments", "opportunities", "feedback", "people", "notifications", "gateway")
)
WITHOUT_A_DATABASE = (
    "tests/payments/receipts/",
    "tests/notifications/test_texts_without_marks.py",
    "tests/notifications/test_texts_by_phone.py",
)
"""And dear all the same."""


def leave_to_slow(items: Iterable[pytest.Item]) -> None:
    """Which cases stay is said by their names: a case more changes nothing for the others."""
    tables: defaultdict[str, list[pytest.Item]] = defaultdict(list)
    for item in items:
        if getattr(item, "callspec", None) and _is_dear(item) and not item.get_closest_marker("slow"):
            tables[item.nodeid.partition("[")[0]].append(item)
    for cases in tables.values():
        if len(cases) > FEW:
            for item in cases[1:-1]:
                if crc32(item.name.encode()) % ONE_IN:
                    item.add_marker(pytest.mark.slow)


def _is_dear(item: pytest.Item) -> bool:
    path = item.location[0]
    if "[" not in item.name or not path.startswith(FOLDERS):
        return False
    return path.startswith(WITHOUT_A_DATABASE) or "postgres" in getattr(item, "fixturenames", ())
