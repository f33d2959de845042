"""The ten steps, in order."""

from deploy.demo import first_half
from deploy.demo.play import Step

STEPS = tuple(
    Step(number, title, play)
    for number, (title, play) in enumerate(
        (
            ("The organisation's spreadsheets are imported", first_half.import_files),
            ("A coordinator writes an opportunity and publishes it", first_half.publish),
            ("People who have not ruled it out are told by email", first_half.tell_people),
            ("Two take a place; one asks for easy read", first_half.take_places),
            ("The session happens; attendance is recorded", first_half.hold_session),
        )
    )
)
