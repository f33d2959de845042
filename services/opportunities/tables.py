"""All tables of opportunities, for its migrations and `alembic check`: a line for each feature with tables."""

from services.opportunities.answers.tables import answers
from services.opportunities.contributions.tables import contribution_records, contributions
from services.opportunities.ending.tables import claims_heard, feedback_heard
from services.opportunities.feeds.tables import feed_changes
from services.opportunities.listings.tables import (
    listing_sessions,
    listing_sessions_gone,
    listings,
    organisations,
    withdrawals,
)
from services.opportunities.people.tables import ages_to_ask, people
from services.opportunities.places.tables.guests import guest_attendances, guest_needs, guest_places, guests
from services.opportunities.places.tables.places import (
    attendance_records,
    attendances,
    bookings_to_cancel,
    needs,
    places,
)
from services.opportunities.questions.tables import questions
from services.opportunities.safeguarding.tables import concerns_heard
from services.opportunities.sharing.tables import shares
from services.opportunities.words.tables import meta
from services.opportunities.work.tables import work_said
from services.opportunities.writing.tables import changes, notice_counts, opportunities, session_moves, sessions

__all__ = [
    "ages_to_ask",
    "answers",
    "attendance_records",
    "attendances",
    "bookings_to_cancel",
    "changes",
    "claims_heard",
    "concerns_heard",
    "contribution_records",
    "contributions",
    "feed_changes",
    "feedback_heard",
    "guest_attendances",
    "guest_needs",
    "guest_places",
    "guests",
    "listing_sessions",
    "listing_sessions_gone",
    "listings",
    "meta",
    "needs",
    "notice_counts",
    "opportunities",
    "organisations",
    "people",
    "places",
    "questions",
    "session_moves",
    "sessions",
    "shares",
    "withdrawals",
    "work_said",
]
