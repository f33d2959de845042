"""Going through the site in a real browser: sign in by the mailed code, follow every link, look at every page."""

import re
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

from playwright.async_api import Error, Page

from tests.support.browser import NARROW, WIDE, axe_violations, sideways_scroll

_ID = re.compile(r"[0-9a-f]{8}-[0-9a-f-]{27}")
_SAME_KIND = 2
"""How many pages of one kind (the same address but for its ids) are looked at: an empty and a full one often differ."""

# a passkey asks the device, not us
_FORMS = "main form[method=post]:not([data-passkey]):has(input:not([type=hidden]), textarea, select)"


def kind_of(address: str) -> str:
    """The address without its ids and answers: /payments/claims/{id}, /feedback/board?theme."""
    parts = urlsplit(address)
    questions = ",".join(sorted(parse_qs(parts.query)))
    return _ID.sub("{id}", parts.path) + (f"?{questions}" if questions else "")


@dataclass
class Walk:
    """One person's walk. faults: what is wrong, a line each; seen: address -> status."""

    base: str
    who: str
    pictures: Path | None = None
    quick: bool = False
    """Only follow links: pages are not looked at on the way."""
    faults: list[str] = field(default_factory=list)
    seen: dict[str, int] = field(default_factory=dict)
    to_take_away: set[str] = field(default_factory=set)
    """Addresses of files."""
    refused: set[str] = field(default_factory=set)
    """The kinds of pages whose form, sent empty, came back with what is wrong."""
    looked_at: dict[str, int] = field(default_factory=dict)
    """How many pages of each kind were looked at: share it, and no two people look at the same kinds again."""

    async def through(self, page: Page, *starts: str, most: int = 200) -> None:
        """Follow links from starts, breadth first, looking at up to _SAME_KIND pages of each kind."""
        waiting = list(starts)
        while waiting and len(self.seen) < most:
            address = waiting.pop(0)
            kind = kind_of(address)
            if address in self.seen or (address not in starts and self.looked_at.get(kind, 0) >= _SAME_KIND):
                continue
            self.looked_at[kind] = self.looked_at.get(kind, 0) + 1
            try:
                response = await page.goto(self.base + address)
            except Error as error:
                if "Download is starting" not in str(error):
                    raise
                self.seen[address] = 200
                self.to_take_away.add(address)
                continue
            assert response is not None
            self.seen[address] = response.status
            if response.status >= 400:
                self._fault(address, f"answers {response.status}")
            if not response.headers.get("content-type", "").startswith("text/html"):
                continue
            if not self.quick:
                await self.look(page, address)
            waiting += [link for link in await _links(page, self.base) if link not in self.seen]

    async def send_empty(self, page: Page) -> None:
        """Every form with something to fill in, on the pages seen, sent as it stands but for what can be typed:
        emptied."""
        for kind, address in {
            kind_of(address): address for address in self.seen if address not in self.to_take_away
        }.items():
            await page.goto(self.base + address)
            for number in range(await page.locator(_FORMS).count()):
                await page.goto(self.base + address)
                form = page.locator(_FORMS).nth(number)
                for box in await form.locator("input[type=text], input[type=email], input[type=tel], textarea").all():
                    await box.fill("")
                async with page.expect_navigation() as arriving:
                    await form.locator("button").last.click()
                response = await arriving.value
                if response.status not in (200, 422):
                    self._fault(address, f"sent empty, answers {response.status}")
                if response.status == 422:
                    self.refused.add(kind)
                    await self.look(page, f"{address}#empty")

    async def look(self, page: Page, address: str) -> None:
        """The page as it stands, wide and narrow."""
        for width in (WIDE, NARROW):
            await page.set_viewport_size({"width": width, "height": 900})
            for violation in await axe_violations(page):
                self._fault(address, f"at {width}: {violation}")
            if over := await sideways_scroll(page):
                self._fault(address, f"at {width}: {over} pixels too wide")
            if self.pictures:
                name = f"{self.who}{kind_of(address).replace('/', '_').replace('?', '_')}-{width}.png"
                await page.screenshot(path=self.pictures / name, full_page=True)
        await page.set_viewport_size({"width": WIDE, "height": 900})

    def _fault(self, address: str, what: str) -> None:
        line = f"{self.who} {kind_of(address)} {what}"
        if line not in self.faults:
            self.faults.append(line)


async def _links(page: Page, base: str) -> list[str]:
    """The addresses of this site that the page leads to, but for signing out and files to take away."""
    found = await page.eval_on_selector_all("a[href]:not([download])", "links => links.map(link => link.href)")
    here = [urlsplit(address) for address in found if address.startswith(base)]
    paths = [parts.path + (f"?{parts.query}" if parts.query else "") for parts in here]
    return [path for path in dict.fromkeys(paths) if "/sign-out" not in path]
