"""What opportunities keeps."""

from services.opportunities.tables.columns import meta
from services.opportunities.tables.guests import guest_attendances, guest_needs, guest_places, guests
from services.opportunities.tables.heard import claims_heard, feedback_heard, people
from services.opportunities.tables.network import listing_sessions, listings, organisations, shares, withdrawals
from services.opportunities.tables.opportunities import changes, draft_of, opportunities, sessions, sessions_of
from services.opportunities.tables.places import attendance_records, attendances, needs, places

__all__ = [
    "attendance_records",
    "attendances",
    "changes",
    "claims_heard",
    "draft_of",
    "feedback_heard",
    "guest_attendances",
    "guest_needs",
    "guest_places",
    "guests",
    "listing_sessions",
    "listings",
    "meta",
    "needs",
    "opportunities",
    "organisations",
    "people",
    "places",
    "sessions",
    "sessions_of",
    "shares",
    "withdrawals",
]
