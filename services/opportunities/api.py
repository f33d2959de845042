"""The JSON side: a line for each feature that has one."""

from services.opportunities.publishing import api as publishing
from services.opportunities.sharing import api as sharing

ROUTERS = (publishing.router, sharing.router)
