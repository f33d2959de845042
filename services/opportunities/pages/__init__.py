"""The pages, by who uses them."""

from services.opportunities.pages import ending, participants, public, register, staff, writing

ROUTERS = (public.router, participants.router, staff.router, writing.router, register.router, ending.router)
