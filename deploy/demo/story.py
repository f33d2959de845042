"""What is played, in order: the steps of one organisation, then those of a network of three."""

from deploy.demo import first_half, payments, second_half, sharing
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
            ("Claims open by themselves; people add travel and choose how they are thanked", payments.fill_in_claims),
            ("An approver approves, once, whatever is clicked", payments.approve),
            ("Finance makes a payment run; the bank answers; people are told", payments.pay),
            ("Feedback is given, answered, heard and shown", second_half.give_feedback),
            ("The opportunity is closed when nothing is missing", second_half.close),
            ("An operator follows the claim end to end", second_half.follow_the_claim),
        )
    )
)

NETWORK_STEPS = tuple(
    Step(number, title, play)
    for number, (title, play) in enumerate(
        (("The neighbours bring their own spreadsheets", sharing.import_files),),
        start=len(STEPS),
    )
)
