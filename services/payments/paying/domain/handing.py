"""How anything other than a bank payment reaches its owner (PAY-08, PAY-12). Pure: facts in, words out."""

from datetime import datetime

from shared.clock import london_date
from shared.reasons import Reason

NOT_KNOWN_NOW = "We could not look up how to reach them. Look under People, or fetch this list again."

ALL_HANDED = Reason("PAY-12", "Nothing of this payment run is still to be handed over, so there is no list of it.")


def done_already(method: str, sent_at: datetime | None, sent_by: str) -> str:
    """PAY-12: what the list of a run that was sent says of each, so that nothing is ordered or given twice. sent_at:
    None as long as nobody has said that it was."""
    if sent_at is None:
        return ""
    day = london_date(sent_at)
    when = f"on {day:%A} {day.day} {day:%B %Y}, as {sent_by} says"
    if method == "vouchers":
        return f"Ordered already, {when}. Do not order it again."
    return f"Got ready already, {when}. Give it once."


def how_it_is_handed(method: str, *, email: str, phone: str) -> str:
    """PAY-12: for whoever sends it or hands it over. Vouchers go by email if that is how we reach the person, as
    their own message says; everything else is agreed with them."""
    if method == "vouchers" and email:
        return "Send by email"
    if phone:
        return "Ring them, and agree how they get it"
    return "Write to them, and agree how they get it" if email else "Give it to them when you next see them"
