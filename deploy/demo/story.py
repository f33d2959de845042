"""What is played, in order: the steps of one organisation, then those of a network of three."""

from deploy.demo import coming, first_half, guests, hearing, joining, payments, recharges, second_half, sharing
from deploy.demo.play import Scene

STEPS = tuple(
    Scene(number, title, play)
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
    Scene(number, title, play)
    for number, (title, play) in enumerate(
        (
            ("The neighbours bring their own spreadsheets", sharing.import_files),
            ("SUN shares an opportunity; it stands in the neighbours' lists", sharing.share),
            ("The neighbours' people hear of it from their own organisation", sharing.tell_people),
            ("A guest from Viewpoint takes part: a code and a need cross, and nothing else", guests.take_part),
            ("Somebody from Suffolk User Forum wants the last place too", guests.want_the_last_place),
            ("The network's feeds show it", hearing.read_feeds),
            ("Another one is cancelled: gone everywhere, the guest told", guests.cancel_another),
            ("A fourth organisation joins while the others run", joining.join),
            ("The session's time changes; guests hear from home", guests.change_time),
            ("The session is held: the register knows a code", guests.hold_session),
            ("The claim opens at home, is approved and paid there", recharges.pay_at_home),
            ("The recharge stands in both ledgers", recharges.recharge),
            ("The month ends: both sides' statement agrees and is settled", recharges.settle),
            ("The guest's feedback is answered, and the answer comes home", hearing.feedback),
            ("What comes next is shared: there is something to join in every list", coming.share),
        ),
        start=len(STEPS),
    )
)
