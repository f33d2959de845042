"""The pages, by who uses them."""

from services.opportunities.pages import changing, ending, feeds, participants, public, questions, register, sharing, staff, writing

ROUTERS = (
    public.router,
    questions.router,
    feeds.router,
    participants.router,
    staff.router,
    writing.router,
    register.router,
    register.of_session,
    ending.router,
    sharing.router,
    changing.router,
)
