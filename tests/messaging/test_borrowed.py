"""What we use of FastStream and nats-py without their promise is what it was, and is used in one place."""

import ast
import hashlib
import inspect
from pathlib import Path
from typing import Any

import pytest

from shared.messaging import borrowed

ROOT = Path(__file__).parents[2]
READ = {
    "NatsBroker._connect": "196692e980c8",
    "BrokerUsecase.connect": "bd28e3735450",
    "Registrator.subscriber": "852d8a58db03",
    "create_subscriber": "c24bad016603",
    "BatchPullStreamSubscriber": "85cf27fa1006",
    "NatsSubscriberConfig": "077a12b520c9",
    "NatsSubscriberSpecificationConfig": "d56b7a8702ba",
    "SubscriberSpecification.__init__": "9ea21de3dfe7",
    "NatsSubscriberSpecification.get_schema": "c35f36f51b1c",
    "CallsCollection.add_call": "6feecdbff772",
    "Client._send_command": "ed57e8e86389",
    "Client._flush_pending": "317c8d7ef54b",
}
"""The first figures of the digest of each one's source, as read when `borrowed` was written for it. If an upgrade
changes one: read what changed, see that `borrowed` and the tests of this folder still hold, then write the new figures
here."""
HOME = Path("shared/messaging/borrowed.py")
LIBRARIES = ("faststream", "nats")


def digest(what: Any) -> str:
    return hashlib.sha256(inspect.getsource(what).encode()).hexdigest()[:12]


@pytest.mark.parametrize("what", borrowed.BORROWED, ids=lambda what: what.__qualname__)
def test_an_upgrade_has_not_changed_what_we_borrow(what: Any):
    assert READ.get(what.__qualname__) == digest(what), f"read {what.__module__}.{what.__qualname__} again"


def test_no_more_is_listed_than_is_borrowed():
    assert set(READ) == {what.__qualname__ for what in borrowed.BORROWED}


def test_nobody_else_touches_what_is_private():
    ours = [path.relative_to(ROOT) for top in ("shared", "services", "deploy") for path in (ROOT / top).rglob("*.py")]
    found = {str(path): uses for path in ours if path != HOME and (uses := private_uses((ROOT / path).read_text()))}
    assert not found
    assert private_uses((ROOT / HOME).read_text())


@pytest.mark.parametrize(
    "source",
    [
        "from faststream._internal.broker import BrokerUsecase",
        "import nats._something",
        "import nats\nclient._send_command(b'')",
        "from faststream.nats import NatsBroker\nbroker.subscriber('x')._consume_pull = 1",
        "from faststream.nats import NatsBroker\nclass Ours(NatsBroker):\n    async def _connect(self): ...",
    ],
)
def test_who_does_is_seen(source: str):
    assert private_uses(source)


def private_uses(source: str) -> set[str]:
    """In a module that imports these libraries: their private modules, private attributes of anything but self, and
    overridden private methods."""
    tree = ast.parse(source)
    imports = [node for node in ast.walk(tree) if isinstance(node, ast.Import | ast.ImportFrom)]
    modules = {node.module or "" if isinstance(node, ast.ImportFrom) else node.names[0].name for node in imports}
    theirs = {module for module in modules if module.partition(".")[0] in LIBRARIES}
    if not theirs:
        return set()
    names = {
        each.name
        for node in imports
        if isinstance(node, ast.ImportFrom) and node.module in theirs
        for each in node.names
    }
    found = {module for module in theirs if "._" in module}
    for node in ast.walk(tree):
        if (
            isinstance(node, ast.Attribute)
            and _is_private(node.attr)
            and not (isinstance(node.value, ast.Name) and node.value.id in {"self", "cls"})
        ):
            found.add(node.attr)
        elif isinstance(node, ast.ClassDef) and any(
            isinstance(base, ast.Name) and base.id in names for base in node.bases
        ):
            found |= {
                each.name
                for each in node.body
                if isinstance(each, ast.FunctionDef | ast.AsyncFunctionDef) and _is_private(each.name)
            }
    return found


def _is_private(name: str) -> bool:
    return name.startswith("_") and not name.startswith("__")
