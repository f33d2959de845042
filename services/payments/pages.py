"""Pages, feature by feature: participants' own, one question each; then approvers', finance's, and the public
policy."""

from services.payments.approving.pages import approver, set_aside, withdrawing
from services.payments.bank_details.pages import bank_details, confirming
from services.payments.bank_statements.pages import bank_statements, banks_answer, forgetting, whole_runs
from services.payments.claims.pages import claims, lines, paper, thanks
from services.payments.ledger import pages as ledger
from services.payments.paying.pages import run_steps, runs
from services.payments.policy import pages as policy
from services.payments.recharging import pages as recharging

routers = [
    claims.router,
    lines.router,
    thanks.router,
    paper.router,
    bank_details.router,
    approver.router,
    withdrawing.router,
    set_aside.router,
    confirming.router,
    runs.router,
    ledger.router,
    run_steps.router,
    bank_statements.router,
    banks_answer.router,
    forgetting.router,
    whole_runs.router,
    recharging.router,
    policy.router,
]
