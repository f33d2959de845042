"""Safeguarding concerns: who is told, and whose task they are; never their content (FB-09)."""

from services.notifications.domain.task_rules import LEADS_WORKING_DAYS
from services.notifications.domain.tasks import addressee_in_hand, addressees_of_concern, concern_is_theirs_to_see
from services.notifications.tables import safeguarding_leads
from services.notifications.use_cases import messages, tasks
from shared.copies import keep_newest
from shared.db import Transaction
from shared.events.feedback import (
    ConcernOverdue,
    ConcernRaised,
    ConcernSettled,
    ConcernTaken,
    SafeguardingLeadsMissing,
    SafeguardingLeadsNamed,
    SafeguardingLeadsPresent,
)
from shared.working_days import add_working_days

ConcernEvent = ConcernRaised | ConcernOverdue | ConcernTaken | ConcernSettled


async def hear_concern(tx: Transaction, event: ConcernEvent) -> None:
    """The task goes to the people whom the event names; if that is nobody, administrators are asked to name another
    lead. Those whom it says to tell get a message. The later change decides, in whatever order they arrive."""
    if concern_is_theirs_to_see(event.people, event.deputy):
        to, takes_over = addressees_of_concern(event.people, event.deputy, run_out=isinstance(event, ConcernOverdue))
        in_hand = addressee_in_hand(event.taken_by, to) if isinstance(event, ConcernTaken) else None
        due_at = None if in_hand else event.respond_by
        await tasks.follow(tx, event.name, event.concern_id, event.version, to=in_hand or to, due_at=due_at)
        for_deputy = "concern-overdue-for-the-deputy" if takes_over else "concern-not-for-the-deputy"
        await tasks.follow(tx, for_deputy, event.concern_id, event.version, to=takes_over, due_at=event.respond_by)
    elif isinstance(event, ConcernSettled):
        await tasks.follow(tx, event.name, event.concern_id, event.version)
    else:
        await tasks.follow(tx, "concern-of-nobody", event.concern_id, event.version, due_at=event.respond_by)
    if event.tell and isinstance(event, ConcernRaised | ConcernOverdue):
        await messages.tell_people(
            tx, event.tell, event.name, about=event.concern_id, due_at=event.respond_by.isoformat()
        )


async def hear_leads(tx: Transaction, event: SafeguardingLeadsMissing | SafeguardingLeadsPresent) -> None:
    """Administrators are told if there is no lead or no deputy, and have it as a task until there is."""
    due_on = add_working_days(tx.today, LEADS_WORKING_DAYS) if isinstance(event, SafeguardingLeadsMissing) else None
    await tasks.follow(tx, event.name, event.leads_id, event.version, due_on=due_on)
    if isinstance(event, SafeguardingLeadsMissing) and due_on is not None:
        facts = {"missing": list(event.missing), "due_on": due_on.isoformat()}
        await messages.tell_role(tx, "administrator", event.name, about=event.leads_id, **facts)


async def hear_named(tx: Transaction, event: SafeguardingLeadsNamed) -> None:
    """FB-09: people who were named are told, and so are those who are neither any more, and all administrators but the
    one who named them. Lead and deputy find their concerns, also ended ones, from their first page."""
    parts = {"lead_id": event.lead, "deputy_id": event.deputy}
    if not await keep_newest(tx, safeguarding_leads, {"leads_id": event.leads_id}, {"version": event.version, **parts}):
        return
    for what, person in (("lead", event.lead), ("deputy", event.deputy)):
        if person is not None and person in event.tell:
            await messages.tell_people(tx, [person], event.name, about=event.leads_id, what=what)
    if event.no_longer:
        await messages.tell_people(tx, event.no_longer, event.name, about=event.leads_id, what="neither")
    if concerned := {*event.tell, *event.no_longer}:
        but = concerned | ({event.named_by} if event.named_by else set())
        await messages.tell_role(tx, "administrator", event.name, but=but, about=event.leads_id, what="others")
