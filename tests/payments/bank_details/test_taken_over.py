"""PEO-02, PAY-10, PAY-13: over people and payments as they run: a helper's own mailbox as the first address of somebody
who has a phone alone."""

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from services.people.use_cases import keeping
from shared.db import Actor
from shared.identity import Role
from shared.reasons import Refused
from tests.payments.bank_details.test_confirming import is_owed_to
from tests.payments.site import followed, post, site_on
from tests.payments.support import ACCOUNTS, person
from tests.people.support import World, running_people
from tests.support.apps import eventually, signed_in

MAILBOX = "x.of.staff@example.org"


async def take_over(people: World, helped: UUID) -> UUID:
    """As the stranger did it: help, enter a mailbox of one's own, type its code. Returns who did."""
    x = signed_in(people.client, Role.COORDINATOR)
    await people.do(
        keeping.add,
        {"id": x, "name": "Xan Staff", "email": "xan@example.org", "roles": ["coordinator"]},
        how="person-joined",
    )
    people.client.cookies.clear()
    await people.sign_in("xan@example.org")
    assert (await people.client.post(f"/people/staff/people/{helped}/help")).status_code == 303
    asked = await people.client.post("/people/me/email", data={"email": MAILBOX})
    assert asked.status_code == 303, asked.text
    proved = await people.client.post(asked.headers["location"], data={"code": people.mails.code_for(MAILBOX)})
    assert proved.status_code == 303, proved.text
    return x


async def test_pay_13_peo_02_who_enters_their_own_mailbox_for_somebody_is_not_paid_in_their_name(
    service_database: Callable[[str], str], nats_server: Any, folder: Path
) -> None:
    async with (
        running_people(folder, service_database("people"), nats_server) as people,
        site_on(service_database("payments"), folder, nats_server) as site,
    ):
        y = Actor("person", UUID("01a00000-0000-7000-8000-00000000000a"))
        site.at(datetime.now(UTC))
        helped = await people.do(keeping.add, {"name": "Noor Field", "phone": "07700 900123"}, how="person-added", by=y)
        x = await take_over(people, helped)
        site.at(datetime.now(UTC))
        [said] = await people.events("contact-entered")
        assert (said["person_id"], said["entered_by"], said["what"]) == (str(helped), str(x), ["email"])

        async def heard() -> bool:
            return len(await site.rows("SELECT 1 FROM introductions WHERE person_id = :id", id=helped)) == 2

        await eventually(heard)
        as_them = site.visitor("participant", person_id=helped)  # the code of the next sign-in goes to that mailbox
        change = "/payments/bank-details/change"
        given = await post(
            as_them, change, change, account_name="X Staff", sort_code=ACCOUNTS[0][0], account_number=ACCOUNTS[0][1]
        )
        assert (
            "check with you" in (await followed(as_them, given)).text
            or (await site.row("SELECT state FROM bank_details")).state == "unconfirmed"
        )
        assert (await site.row("SELECT state FROM bank_details")).state == "unconfirmed"
        claim_id = await site.submitted(person(helped))
        with pytest.raises(Refused, match="PAY-10"):
            await site.approve(claim_id, x)
        await site.approve(claim_id)
        assert not await is_owed_to(site, helped, site.finance)
        finance = site.visitor(Role.FINANCE)
        details_id = (await site.row("SELECT id FROM bank_details")).id
        page = await finance.get("/payments/confirm-details")
        assert "an address or number that somebody else entered" in page.text
        shown = await finance.post(f"/payments/confirm-details/{details_id}/number", data={"person": str(helped)})
        assert "07700 900123" in shown.text
        refused = await site.visitor(Role.FINANCE, person_id=x).post(
            f"/payments/confirm-details/{details_id}/number", data={"person": str(helped)}
        )
        assert "07700" not in refused.text
