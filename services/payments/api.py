"""JSON, feature by feature."""

from services.payments.claims import api as claims
from services.payments.ledger import api as ledger
from services.payments.policy import api as policy
from services.payments.recharging import api as recharging

routers = [claims.router, policy.router, recharging.router, ledger.router]
