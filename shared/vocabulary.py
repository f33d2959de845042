"""Choices that more than one service offers, by the slugs that events and imports use."""

_KINDS = {
    "consultation": ("Consultation", "Consultations"),
    "evaluation": ("Evaluation", "Evaluations"),
    "feedback": ("Feedback", "Giving feedback"),
    "review": ("Looking over a document or service", "Looking over a document or service"),
    "workshop": ("Workshop", "Workshops"),
    "tender-panel": ("Tender panel", "Tender panels"),
    "interview-panel": ("Interview panel", "Interview panels"),
    "blog": ("Blog or vlog", "Blogs and vlogs"),
    "story": ("Telling your story", "Telling your story"),
    "training-received": ("Training for you", "Training for you"),
    "training-delivered": ("Giving training together", "Giving training together"),
    "meeting": ("Meeting", "Meetings"),
    "survey": ("Survey", "Surveys"),
    "board": ("Board", "Boards"),
    "innovation": ("Your own idea", "Your own ideas"),
    "project": ("One-off project", "One-off projects"),
}
KINDS = {kind: name for kind, (name, _) in _KINDS.items()}
KINDS_IN_GENERAL = {kind: names for kind, (_, names) in _KINDS.items()}
"""OPP-01: each kind of opportunity as pages say it, in the singular and in the plural."""
WITHOUT_MEETING = frozenset({"survey", "review", "blog", "story"})
"""OPP-01: kinds that people may do in their own time, until a closing day."""

NEEDS = {
    "travel": "A lift, or help with travel",
    "easy-read": "Papers in easy read",
    "large-print": "Papers in large print",
    "interpreter": "British Sign Language or another interpreter",
    "hearing-loop": "A hearing loop",
    "step-free": "A way in without steps",
    "quiet-space": "A quiet space",
    "supporter": "A supporter or carer comes with me",
    "breaks": "Breaks",
    "food": "Food that suits me",
    "papers-beforehand": "Someone to go through the papers with me first",
    "technology": "Help with technology",
    "other": "Something else",
}
"""OPP-07: asked about as needs, never as diagnoses."""
