"""What opportunities keeps."""

from services.opportunities.tables.columns import meta
from services.opportunities.tables.feeds import feed_changes
from services.opportunities.tables.guests import guest_attendances, guest_needs, guest_places, guests
from services.opportunities.tables.heard import claims_heard, feedback_heard, people
from services.opportunities.tables.network import listing_sessions, listings, organisations, shares, withdrawals
from services.opportunities.tables.opportunities import changes, draft_of, notice_counts, opportunities, sessions, sessions_of
from services.opportunities.tables.places import attendance_records, attendances, bookings_to_cancel, needs, places
from services.opportunities.tables.questions import questions
from services.opportunities.tables.work import ages_to_ask, work_said

__all__ = [
    "ages_to_ask",
    "attendance_records",
    "attendances",
    "bookings_to_cancel",
    "changes",
    "claims_heard",
    "draft_of",
    "feed_changes",
    "feedback_heard",
    "guest_attendances",
    "guest_needs",
    "guest_places",
    "guests",
    "listing_sessions",
    "listings",
    "meta",
    "needs",
    "notice_counts",
    "opportunities",
    "organisations",
    "people",
    "places",
    "questions",
    "sessions",
    "sessions_of",
    "shares",
    "withdrawals",
    "work_said",
]
