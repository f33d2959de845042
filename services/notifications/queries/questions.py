"""Whether a question is answered, or waits set aside as a safeguarding concern (OPP-22, FB-09)."""

from sqlalchemy import exists, func

from services.notifications.tables import messages, tasks

_ASIDE = tasks.alias("aside")
WAITS_SET_ASIDE = exists().where(
    _ASIDE.c.kind.in_(("answer-set-aside", "name-another-lead")),
    _ASIDE.c.about == tasks.c.about,
    _ASIDE.c.opened_version > func.coalesce(_ASIDE.c.settled_version, -1),
)
"""FB-09: of a question: it left the coordinators, and others have yet to answer it."""
IS_ANSWERED = exists().where(
    tasks.c.kind == "answer-question",
    tasks.c.about == messages.c.about,
    tasks.c.settled_version > func.coalesce(tasks.c.opened_version, -1),
    ~WAITS_SET_ASIDE.correlate(tasks),
)
"""OPP-22: of the question that a message is about."""
