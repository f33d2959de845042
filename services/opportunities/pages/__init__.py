"""The pages, by who uses them."""

from services.opportunities.pages import ending, feeds, participants, public, register, staff, writing

ROUTERS = (public.router, feeds.router, participants.router, staff.router, writing.router, register.router, ending.router)
