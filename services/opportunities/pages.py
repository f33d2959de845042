"""The pages: a line for each router of a feature."""

from services.opportunities.contributions import pages as contributions
from services.opportunities.coordinating import pages as coordinating
from services.opportunities.ending import pages as ending
from services.opportunities.feeds import pages as feeds
from services.opportunities.finding import pages as finding
from services.opportunities.places.pages import of_people as needs
from services.opportunities.places.pages import participants as places
from services.opportunities.publishing import pages as publishing
from services.opportunities.questions.pages import asking, set_aside
from services.opportunities.register import pages as register
from services.opportunities.sharing.pages import network, sharing
from services.opportunities.writing.pages import drafts as writing

ROUTERS = (
    finding.router,
    asking.router,
    set_aside.router,
    feeds.router,
    places.router,
    coordinating.router,
    needs.router,
    writing.router,
    register.router,
    register.of_session,
    contributions.router,
    ending.router,
    sharing.router,
    network.router,
    publishing.router,
)
