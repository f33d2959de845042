"""Whether what must always hold does, as each service last said. A large organisation's payments take longer to look
than a page may take to open, so they are asked in the background."""

import asyncio
from dataclasses import dataclass
from datetime import UTC, datetime

from services.operators.gateways import SECONDS, Found, Services, Silent
from shared.identity import NotAllowed, NotSignedIn
from shared.service import Service


@dataclass(frozen=True, slots=True)
class Rules:
    """What a page can say of one service's rules."""

    answer: Found | None
    """The last that it said; None if it has said nothing since this app started."""
    at: datetime | None
    asking: bool
    """It is still looking now, so the answer is an earlier one."""
    failed: bool
    """It did not answer this time, so the answer is an earlier one."""


class Checking:
    """The last answer of each service, and the questions that are on their way: one to each service at a time."""

    def __init__(self, patience: float = SECONDS) -> None:
        """patience: seconds for which a page waits for answers."""
        self.patience = patience
        self._last: dict[str, tuple[Found, datetime]] = {}
        self._asking: dict[str, asyncio.Task[bool]] = {}

    async def look(self, services: Services) -> dict[str, Rules]:
        """Asks every service that is not being asked, and says what is known after a page's patience."""
        asked = {name: self._ask(services, name) for name in services.names}
        await asyncio.wait(asked.values(), timeout=self.patience)
        return {name: self._known(name, task) for name, task in asked.items()}

    def _known(self, name: str, task: asyncio.Task[bool]) -> Rules:
        answer, at = self._last.get(name, (None, None))
        return Rules(answer, at, asking=not task.done(), failed=task.done() and not task.result())

    def _ask(self, services: Services, name: str) -> asyncio.Task[bool]:
        task = self._asking.get(name)
        if task is None or task.done():
            task = self._asking[name] = asyncio.create_task(self._answered(services, name))
        return task

    async def _answered(self, services: Services, name: str) -> bool:
        try:
            self._last[name] = await services.rules(name), datetime.now(UTC)
        except (Silent, NotSignedIn, NotAllowed):  # whoever opens the page is refused by what else it asks
            return False
        return True

    async def until_the_end(self, _: Service) -> None:
        """Background work: takes back what is on its way when the app stops."""
        try:
            await asyncio.Event().wait()
        finally:
            for task in self._asking.values():
                task.cancel()
