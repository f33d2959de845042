"""NET-03: an organisation that the hub's operator took out of the network: what was agreed stays owed, nothing more is
asked, and what waited follows."""

from services.payments.recharging import queries
from services.payments.recharging.use_cases import statements
from shared.events import network
from shared.events.opportunities import OrganisationNamed
from tests.payments.network import HOME, HOST, NEXT_MONTH, Region
from tests.payments.support import World


async def removed(here: World, name: str) -> None:
    event = network.OrganisationRemoved(version=1, organisation_id=network.organisation_id(name), removed=name)
    await here.hear(event)


async def announced(here: World, name: str, version: int = 1) -> None:
    facts = {"version": version, "organisation_id": network.organisation_id(name), "origin": name}
    event = network.OrganisationAnnounced(**facts, display_name=name.upper(), url="https://other.example")
    await here.hear(event)


async def test_net_01_what_an_organisation_calls_itself_is_not_what_finance_reads(region: Region) -> None:
    await announced(region.host, "viewpoint-2")
    assert await named(region.host, "viewpoint-2") == "viewpoint-2"
    facts = {"organisation_id": network.organisation_id("viewpoint-2"), "origin": "viewpoint-2"}
    await region.host.hear(OrganisationNamed(version=3, display_name="Leeds Voices", **facts))
    await region.host.hear(OrganisationNamed(version=2, display_name="viewpoint-2", **facts))
    await announced(region.host, "viewpoint-2", 9)
    assert await named(region.host, "viewpoint-2") == "Leeds Voices"


async def named(here: World, name: str) -> str:
    return (await here.read(queries.display_names, [name])).get(name, name)


async def test_net_03_a_removed_host_is_asked_for_nothing_more_and_what_was_agreed_stays_owed(region: Region) -> None:
    opportunity = await region.shared()
    before, after = await region.attended(opportunity), await region.attended(opportunity)
    await region.paid(before)
    await region.carry()
    assert await region.totals() == (1800, 1800)
    for _ in range(2):
        await removed(region.home, HOST)
    await region.paid(after)
    await region.month_ends()
    assert await region.waiting(HOME) == []
    assert (await region.recharge(region.home)).state == "accepted"
    assert await region.home.rows("SELECT 1 FROM statements") == []
    assert await region.totals() == (1800, 1800), "owed still"
    assert await named(region.home, HOST) == "SUN (not in the network any more)"


async def test_net_03_a_host_that_is_back_is_asked_for_what_waited_once(region: Region) -> None:
    opportunity = await region.shared()
    before, after = await region.attended(opportunity), await region.attended(opportunity)
    await announced(region.home, HOST, version=1)
    await region.paid(before)
    await region.carry()
    await removed(region.home, HOST)
    await region.paid(after)
    await announced(region.home, HOST, version=1)
    assert await region.waiting(HOME) == [], "an old word brings nobody back"
    for _ in range(2):
        await announced(region.home, HOST, version=2)
    await region.carry()
    assert await region.totals() == (3600, 3600)
    await region.month_ends()
    assert (await region.statement(region.home)).pence == 3600
    assert await named(region.home, HOST) == "SUN"


async def test_net_03_finance_pays_and_confirms_an_agreed_statement_of_a_removed_organisation(region: Region) -> None:
    await region.paid(await region.attended(await region.shared()))
    await region.carry()
    await region.month_ends()
    await removed(region.home, HOST)
    await removed(region.host, HOME)
    await region.jobs()
    assert await region.waiting(HOME) == await region.waiting(HOST) == []
    owed, due = await region.statement(region.home), await region.statement(region.host)
    await region.host.do(statements.mark_paid, due.id, by=region.host.finance)
    await region.home.do(statements.confirm_money, owed.id, by=region.home.finance)
    assert await region.totals() == (0, 0)


async def test_net_03_a_removed_organisations_open_statements_are_not_issued_or_compared_again(region: Region) -> None:
    guest = await region.attended(await region.shared())
    await region.paid(guest)
    await region.carry()
    await region.corrected(guest, home=False, minutes=60)
    await region.month_ends()
    assert (await region.statement(region.home)).state == "differs"
    await removed(region.home, HOST)
    await removed(region.host, HOME)
    await region.corrected(guest, host=False, minutes=60)
    await region.corrected(guest, home=False, minutes=90, version=3)
    await region.jobs()
    assert await region.waiting(HOME) == await region.waiting(HOST) == []
    await announced(region.home, HOST, version=2)
    await announced(region.host, HOME, version=2)
    await region.corrected(guest, host=False, minutes=90, version=3)
    await region.jobs()
    await region.carry()
    assert (await region.statement(region.home)).state == (await region.statement(region.host)).state == "agreed"


async def test_net_03_a_last_answer_of_a_removed_host_counts_and_its_statement_follows_when_it_is_back(
    region: Region,
) -> None:
    await region.paid(await region.attended(await region.shared(), at_home={"minutes": 120}))
    [(subject, asked)] = await region.waiting(HOME)
    await region.hear(HOST, subject, asked)
    [(subject, answer)] = await region.waiting(HOST)
    region.home.move(days=NEXT_MONTH)
    await region.home.do(statements.issue_statements)
    assert len(await region.waiting(HOME)) == 1
    await removed(region.home, HOST)
    await region.hear(HOME, subject, answer)
    await region.jobs()
    assert (await region.recharge(region.home)).state == "refused"
    assert await region.waiting(HOME) == []
    await announced(region.home, HOST)
    await region.jobs()
    assert [event.total_pence for _, event in await region.waiting(HOME)] == [0]
