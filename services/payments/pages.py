"""Pages: participants' own, one question each; then approvers', finance's, and the public policy."""

from services.payments.pages import (
    approver,
    bank_details,
    bank_statements,
    claims,
    confirming,
    finance,
    lines,
    policy,
    recharges,
    run_steps,
    thanks,
    withdrawing,
)

routers = [
    claims.router,
    lines.router,
    thanks.router,
    bank_details.router,
    approver.router,
    withdrawing.router,
    confirming.router,
    finance.router,
    run_steps.router,
    bank_statements.router,
    recharges.router,
    policy.router,
]
