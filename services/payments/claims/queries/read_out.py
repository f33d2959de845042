"""What a claim's page says and no event does, in words to be read out to people who cannot open the page, or mailed
with the news (NOT-08, PAY-14)."""

from services.payments.claims.domain.claims import LineKind, LineState
from services.payments.claims.queries.views import ClaimView, LineView
from shared.money import pounds
from shared.text import in_hours
from shared.web.filters import sentence

TELLS_WHY = frozenset({"claim-approved", "claim-refused", "claim-withdrawn", "claim-returned", "claim-owed-again"})
"""News whose reasons are on the claim's page."""
_WHOLE = {
    "claim-refused": "refused_because",
    "claim-withdrawn": "withdrawn_because",
}


def words_of_claim(event: str, claim: ClaimView, *, in_mail: bool = False) -> list[str]:
    """Why something in it is not paid, or not yet. Says how far a journey was, and nothing about where."""
    if event == "claim-returned":
        return [sentence(claim.return_reason)] if claim.return_reason else []
    if event == "claim-owed-again":
        return [sentence(claim.again_reason)] if claim.again_reason else []
    because = getattr(claim.row, _WHOLE[event]) if event in _WHOLE else ""
    of_all = [sentence(f"The reason: {because}")] if because else []
    return of_all + [said for line in claim.lines if (said := _why(line, hidden=in_mail or claim.row.set_aside))]


def words_of_their_own(claim: ClaimView) -> str:
    """FB-09: what they, and whoever helped them, wrote in it."""
    route_or_what = [line.row.route or line.row.what for line in claim.lines]
    return "\n".join(each for each in (claim.row.wish, claim.row.confirmation, *route_or_what) if each)


def _why(line: LineView, *, hidden: bool) -> str:
    """hidden: without words of theirs, which are set aside (FB-09)."""
    if line.state == LineState.REFUSED:
        return sentence(f"{_what(line, hidden)}, {pounds(line.row.amount_pence)}: not paid. {line.row.reason}")
    if line.is_reduced:
        agreed = f"{pounds(line.pence)} of {pounds(line.row.amount_pence)} agreed"
        return sentence(f"{_what(line, hidden)}: {agreed}. {line.row.reason}")
    return ""


def _what(line: LineView, hidden: bool) -> str:
    if line.kind == LineKind.PARTICIPATION:
        return f"Taking part, {in_hours(line.row.minutes)}"
    if line.kind == LineKind.MILEAGE:
        return f"Car, {line.miles} mile{'' if line.miles == '1' else 's'}"
    cost = "Bus or train" if line.kind == LineKind.FARE else "A cost"
    return cost if hidden else line.row.what or cost
