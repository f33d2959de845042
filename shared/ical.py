"""Europe/London as a calendar file says it."""

from icalendar import Timezone

_LONDON = b"""BEGIN:VTIMEZONE
TZID:Europe/London
BEGIN:DAYLIGHT
DTSTART:19810329T010000
RRULE:FREQ=YEARLY;BYMONTH=3;BYDAY=-1SU
TZNAME:BST
TZOFFSETFROM:+0000
TZOFFSETTO:+0100
END:DAYLIGHT
BEGIN:STANDARD
DTSTART:19961027T020000
RRULE:FREQ=YEARLY;BYMONTH=10;BYDAY=-1SU
TZNAME:GMT
TZOFFSETFROM:+0100
TZOFFSETTO:+0000
END:STANDARD
END:VTIMEZONE
"""


def london_timezone() -> Timezone:
    """The rule in force since 1996. An onset is the local time before the change (RFC 5545, 3.6.5): 01:00 GMT in
    March, 02:00 BST in October."""
    zone = Timezone.from_ical(_LONDON.replace(b"\n", b"\r\n"))
    assert isinstance(zone, Timezone)
    return zone
