"""PEO-05: every kind of task: what opens and settles it, where it is done, in what words."""

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class TaskRule:
    """A kind of task, opened by one event and settled by another (PEO-05). Nobody marks a task as done by hand.

    page: where it is done, in the service that owns it. A page without {about} does all tasks of its kind at once, and
    they share a line. words: of the line. {title}: what it is about and the day; if there is none, it is left out with
    its brackets. {name}, {their_claim}, {their_roles}: of the person it is about, or of nobody in particular.
    {code}: a short number of what it is about, which says nothing of it. many:
    words for several ({count}) at once, "" for the same words.

    audience: the role that it is for, unless the event says more; None if it is only for people whom the event names.
    ends_with_opportunity: nobody needs to do it once that is cancelled. ends_when_due: what it prepares for has begun
    by then, so it is never late. own_eyes: a helper never sees it on the person's list. remind_days: people are sent a
    message this many days before its last day; None: they are not.

    stands_in: roles that may also do it, and are asked if nobody in the audience may. undone: what nobody here may do
    then, in the words for administrators: “Nobody here may ...” (PAY-10). only_when_said: nobody sees it until its
    owner says that somebody can do it now. comes_first: before all others, whatever their clocks say."""

    opened_by: frozenset[str]
    settled_by: frozenset[str]
    page: str
    words: str
    many: str = ""
    audience: str | None = None
    ends_with_opportunity: bool = False
    ends_when_due: bool = False
    own_eyes: bool = False
    remind_days: int | None = None
    stands_in: tuple[str, ...] = ()
    undone: str = ""
    only_when_said: bool = False
    comes_first: bool = False

    @property
    def does_all_at_once(self) -> bool:
        return "{about}" not in self.page


ROLES_WORKING_DAYS = 3
"""An administrator looks at a change of roles within these days, because somebody may be waiting to work (PEO-05)."""
LEADS_WORKING_DAYS = 1
"""A safeguarding lead is named within these days; until then concerns go to administrators (FB-09)."""
_CLAIM_IS_OVER = frozenset({"claim-refused", "claim-declined", "claim-paid", "claim-withdrawn-rest-paid"})
_ANSWER = frozenset({"feedback-received", "feedback-to-agree"})
_REVIEW = frozenset({"feedback-reopened"})
_RELEASE = frozenset({"feedback-to-release"})
_FEEDBACK = _ANSWER | _REVIEW | _RELEASE | frozenset({"feedback-closed", "feedback-with-host"})
"""Everything that can happen to feedback. An event that does not open a kind of task settles it."""
_CONCERN_IS_IN_HAND = frozenset({"concern-taken", "concern-settled", "concern-of-nobody"})

_QUESTION_WAITS = frozenset({"question-asked", "question-finding-out"})


def _waits(what: str) -> tuple[frozenset[str], frozenset[str]]:
    """A task that is open for as long as the owning service says that something waits."""
    return frozenset({f"{what}-waits"}), frozenset({f"{what}-done"})


TASKS = {
    "answer-offer": TaskRule(
        frozenset({"place-offered"}),
        frozenset({"place-taken", "place-left", "place-lapsed", "place-refused"}),
        page="/opportunities/places/{about}",
        words="A place is free for you[ on {title}]: say yes or no",
        ends_with_opportunity=True,
    ),
    "confirm-claim": TaskRule(
        frozenset({"claim-opened"}),
        frozenset({"claim-submitted", "claim-approved"}) | _CLAIM_IS_OVER,
        page="/payments/claims/{about}",
        words="Check your claim[ for {title}]",
    ),
    "send-receipt": TaskRule(
        frozenset({"claim-opened-for-receipt"}),
        frozenset({"claim-submitted", "claim-approved"}) | _CLAIM_IS_OVER,
        page="/payments/claims/{about}",
        words="We need a receipt from you: send it, and then your claim[ for {title}]",
    ),
    "check-payment-details": TaskRule(
        frozenset({"claim-returned"}),
        frozenset(
            {
                "claim-submitted",
                "claim-approved",
                "claim-owed-again",
                "claim-withdrawn",
                "claim-withdrawn-in-part",
                "claim-part-paid",
            }
        )
        | _CLAIM_IS_OVER,
        page="/payments/claims/{about}",
        words="We could not pay you[ for {title}]: please check your claim",
    ),
    "give-details": TaskRule(
        frozenset({"details-wanted"}),
        frozenset({"details-given"}),
        page="/payments/bank-details/change",
        words="Tell us your bank details again",
    ),
    "get-in-touch": TaskRule(
        frozenset({"meeting-wanted"}),
        frozenset({"meeting-not-wanted"}),
        page="/payments/bank-details",
        words="Please get in touch, so that we can check your bank details with you",
    ),
    "approve-claim": TaskRule(
        frozenset({"claim-submitted", "claim-withdrawn"}),
        frozenset({"claim-approved", "claim-returned"}) | _CLAIM_IS_OVER,
        page="/payments/approve/{about}",
        words="Look at {their_claim}[ for {title}]",
        audience="approver",
        undone="decide about a claim",
    ),
    "pay-claim": TaskRule(
        frozenset({"claim-approved", "claim-owed-again", "claim-to-pay"}),
        frozenset({"claim-returned", "claim-withdrawn", "claim-withdrawn-in-part", "claim-in-run", "claim-part-paid"})
        | _CLAIM_IS_OVER,
        page="/payments/runs",
        words="1 claim is ready to be paid",
        many="{count} claims are ready to be paid",
        audience="finance",
        undone="pay a claim that is agreed",
        only_when_said=True,  # who approved it, and whether it waits for something, arrives a moment later
    ),
    "chase-claim": TaskRule(
        frozenset({"claim-late"}),
        frozenset({"claim-returned", "claim-withdrawn", "claim-owed-again", "claim-held"}) | _CLAIM_IS_OVER,
        page="/payments/approve/{about}",
        words="Find out why {their_claim} is not paid in full[ for {title}]",
        audience="approver",
        undone="find out why a claim is not paid in full",
    ),
    "send-run": TaskRule(
        frozenset({"sending-waits"}),
        frozenset({"sending-done", "nothing-leaves"}),
        page="/payments/runs/{about}",
        words="Payment run {number} is made: send it",
        audience="finance",
        undone="send a payment run that is made",
    ),
    "take-run-back": TaskRule(
        frozenset({"nothing-leaves"}),
        frozenset({"sending-done", "sending-waits"}),
        page="/payments/runs/{about}",
        words="Nothing in payment run {number} can be paid now: take it back",
        audience="finance",
        undone="take back a payment run in which nothing can be paid",
    ),
    "see-to-earlier-file": TaskRule(
        *_waits("earlier-file"),
        page="/payments/runs/{about}",
        words="Payment run {number}: find out if anything went by its earlier file",
        audience="finance",
        undone="say if anything went by the earlier file of a payment run",
    ),
    "say-what-was-paid": TaskRule(
        *_waits("run-ending"),
        page="/payments/runs/{about}",
        words="Payment run {number} was sent: say what was paid",
        audience="finance",
        undone="say what was paid of a payment run",
    ),
    "confirm-details": TaskRule(
        frozenset({"details-wait"}),
        frozenset({"details-done"}),
        page="/payments/confirm-details",
        words="Ring or meet 1 person to confirm new bank details, by the number that we held before",
        many="Ring or meet {count} people to confirm new bank details, by the numbers that we held before",
        audience="finance",
        stands_in=("approver",),
        undone="ring somebody to confirm new bank details",
    ),
    "look-for-payments": TaskRule(
        frozenset({"payments-perhaps-gone"}),
        frozenset({"payments-settled"}),
        page="/payments/runs/{about}",
        words="Find out what happened to payments that we are not sure of",
        audience="finance",
        undone="find out what happened to payments that we are not sure of",
    ),
    "answer-feedback": TaskRule(
        _ANSWER,
        _FEEDBACK - _ANSWER,
        page="/feedback/staff/{about}",
        words="Answer what someone told us[ about {title}]",
        audience="coordinator",
        remind_days=5,
        undone="answer what someone told us",
    ),
    "review-feedback": TaskRule(
        _REVIEW,
        _FEEDBACK - _REVIEW,
        page="/feedback/staff/{about}",
        words="Look again at what someone told us[ about {title}]",
        audience="approver",
        remind_days=5,
        undone="look again at what someone told us",
    ),
    "release-words": TaskRule(
        _RELEASE,
        _FEEDBACK - _RELEASE,
        page="/feedback/staff/{about}/release",
        words="Read what would leave us[, about {title}]",
        audience="coordinator",
        remind_days=1,
        undone="read what would leave us of what someone told us",
    ),
    "agree-words": TaskRule(
        frozenset({"feedback-to-agree-for-its-giver"}),
        _FEEDBACK - {"feedback-to-agree"},
        page="/feedback/mine/{about}",
        words="Read what would be sent of what you told us[ about {title}]",
    ),
    "look-at-statement": TaskRule(
        frozenset({"statement-differs"}),
        frozenset({"statement-agreed"}),
        page="/payments/recharges/statements/{about}",
        words="A statement that another organisation counts differently",
        audience="finance",
        undone="look at a statement that another organisation counts differently",
    ),
    "confirm-person": TaskRule(
        *_waits("person"),
        page="/payments/confirm-details",
        words="Ring or meet 1 person that one of us added, before anything is handed to them",
        many="Ring or meet {count} people that one of us added, before anything is handed to them",
        audience="finance",
        stands_in=("approver",),
        undone="ring or meet somebody before anything is handed to them",
    ),
    "pay-statement": TaskRule(
        frozenset({"statement-to-pay"}),
        frozenset({"statement-not-to-pay"}),
        page="/payments/recharges",
        words="1 statement of another organisation is waiting to be paid",
        many="{count} statements of other organisations are waiting to be paid",
        audience="finance",
        undone="pay a statement of another organisation",
    ),
    "answer-needs": TaskRule(
        *_waits("needs"),
        page="/opportunities/staff/{about}/needs",
        words="Answer what people need[ for {title}]",
        audience="coordinator",
        ends_with_opportunity=True,
        undone="answer what people need",
    ),
    "fill-in-register": TaskRule(
        *_waits("register"),
        page="/opportunities/staff/sessions/{about}/register",
        words="Write down who was there[: {title}]",
        audience="coordinator",
        undone="write down who was there",
    ),
    "session-soon": TaskRule(
        *_waits("session"),
        page="/opportunities/staff/sessions/{about}",
        words="Get ready[ for {title}]",
        audience="coordinator",
        ends_with_opportunity=True,
        ends_when_due=True,
        undone="get a session ready",
    ),
    "cancel-bookings": TaskRule(
        *_waits("bookings"),
        page="/opportunities/staff/{about}/needs",
        words="Cancel what was booked[ for {title}]",
        audience="coordinator",
        undone="cancel what was booked",
    ),
    "ask-age": TaskRule(
        *_waits("age"),
        page="/people/staff/people/{about}/age",
        words="Ask {name} if they are 18 or over, before they take part again",
        audience="coordinator",
        undone="ask somebody if they are 18 or over",
    ),
    "end-well": TaskRule(
        *_waits("ending"),
        page="/opportunities/staff/{about}/close",
        words="Bring to a good end[: {title}]",
        audience="coordinator",
        ends_with_opportunity=True,
        undone="bring something to a good end",
    ),
    "look-at-listing": TaskRule(
        frozenset({"listing-held"}),
        frozenset({"listing-settled"}),
        page="/opportunities/staff/network",
        words="Decide about something that another organisation shares",
        audience="coordinator",
        undone="decide about something that another organisation shares",
    ),
    "confirm-roles": TaskRule(
        frozenset({"roles-asked"}),
        frozenset({"roles-answered"}),
        page="/people/staff/roles/{about}",
        words="Look at a change of {their_roles}",
        audience="administrator",
        undone="look at a change of roles",
    ),
    "see-concern": TaskRule(
        frozenset({"concern-raised", "concern-overdue"}),
        _CONCERN_IS_IN_HAND,
        page="/feedback/staff/safeguarding/{about}",
        words="Safeguarding concern {code} is waiting for you",
        own_eyes=True,
        comes_first=True,
    ),
    "take-over-concern": TaskRule(
        frozenset({"concern-overdue-for-the-deputy"}),
        _CONCERN_IS_IN_HAND | {"concern-not-for-the-deputy"},
        page="/feedback/staff/safeguarding/{about}",
        words="Nobody has taken safeguarding concern {code} in hand: please do it now",
        own_eyes=True,
        comes_first=True,
    ),
    "end-concern": TaskRule(
        frozenset({"concern-taken"}),
        frozenset({"concern-settled", "concern-of-nobody", "concern-raised", "concern-overdue"}),
        page="/feedback/staff/safeguarding/{about}",
        words="Safeguarding concern {code} is in hand: write what was done when it is over",
        own_eyes=True,
        comes_first=True,
    ),
    "answer-question": TaskRule(
        _QUESTION_WAITS,
        frozenset({"question-answered", "question-set-aside", "question-of-nobody"}),
        page="/opportunities/staff/questions/{about}",
        words="Answer a question[ about {title}]",
        audience="coordinator",
        undone="answer a question",
    ),
    "answer-set-aside": TaskRule(  # by those who have the safeguarding concern about it (FB-09)
        frozenset({"question-set-aside"}),
        _QUESTION_WAITS | {"question-answered", "question-of-nobody"},
        page="/opportunities/questions/{about}/set-aside",
        words="Answer a question that is set aside",
        own_eyes=True,
    ),
    "judge-miles": TaskRule(  # by those who have the safeguarding concern about the claim (FB-09)
        frozenset({"word-wanted"}),
        frozenset({"word-given", "word-of-nobody"}),
        page="/payments/set-aside/{about}",
        words="Say if the miles of a claim that is set aside are right",
        own_eyes=True,
    ),
    "name-another-lead": TaskRule(  # nobody here may read a concern, or a question or claim that is set aside (FB-09)
        frozenset({"question-of-nobody", "concern-of-nobody", "word-of-nobody"}),
        _QUESTION_WAITS
        | {"question-answered", "question-set-aside", "word-wanted", "word-given"}
        | {"concern-raised", "concern-overdue", "concern-taken", "concern-settled"},
        page="/feedback/staff/safeguarding/leads",
        words="Something waits that nobody here may read: name another safeguarding lead",
        audience="administrator",
        comes_first=True,
        undone="name another safeguarding lead",
    ),
    "ring-person": TaskRule(  # counted from the calls to make (NOT-08)
        frozenset(),
        frozenset(),
        page="/notifications/staff/calls",
        words="Ring {name}: we tell them by phone",
        many="Ring {count} people: we tell them by phone",
        audience="coordinator",
        undone="ring somebody whom we tell by phone",
    ),
    "post-letters": TaskRule(  # counted from the letters to post (NOT-08)
        frozenset(),
        frozenset(),
        page="/notifications/staff/letters",
        words="Post a letter to {name}",
        many="Post letters to {count} people",
        audience="coordinator",
        undone="post a letter to somebody",
    ),
    "name-safeguarding-leads": TaskRule(
        frozenset({"safeguarding-leads-missing"}),
        frozenset({"safeguarding-leads-present"}),
        page="/feedback/staff/safeguarding/leads",
        words="Choose who looks after people’s safety",
        audience="administrator",
        undone="choose who looks after people’s safety",
    ),
}
"""PEO-05: every kind of task."""
