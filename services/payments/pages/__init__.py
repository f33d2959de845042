"""Pages: participants' own, one question each; then approvers', finance's, and the public policy."""

from services.payments.pages import approver, bank_details, claims, finance, lines, policy, recharges, thanks, withdrawing

routers = [
    claims.router,
    lines.router,
    thanks.router,
    bank_details.router,
    approver.router,
    withdrawing.router,
    finance.router,
    recharges.router,
    policy.router,
]
