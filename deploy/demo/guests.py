"""Taking part elsewhere: only a code and the needs cross; the person's own organisation tells them everything."""

import re
from datetime import timedelta

from deploy.demo.first_half import at_time, event_of
from deploy.demo.play import Story, part_of, says, subject_of, wait_for
from deploy.demo.sharing import in_list, press_share
from deploy.demo.visitor import NotAsExpected, Visitor


def take_part(story: Story) -> None:
    """A neighbour's participant agrees to what crosses and asks; the host sees a code, and promises what is needed."""
    network, viewpoint = story.facts["network"], story.at("viewpoint")
    guest = viewpoint.person("guest")
    guest.open(story.kept["viewpoint_listing"])
    guest.follow("Take part")
    guest.expect("In the room you may use any name you like", "A code that we make for this one time")
    guest.fill(needs=[network["need"]["asked"]]).press("Ask for a place", status=422)
    story.saw("She reads what crosses and what stays. Without her agreement nothing is sent")
    guest.fill(needs=[network["need"]["asked"]], agreed=["yes"]).press("Ask for a place")
    place = story.kept["guest_place"] = guest.page.path
    wait_for("the host's yes on the guest's page", lambda: says(guest, place, "You have a place"))
    guest.expect(story.place.called, network["opportunity"]["joining"])
    code = story.kept["guest_code"] = _code_on(guest)
    viewpoint.next_mail("guest", "place")
    story.saw(
        f"Within moments her page at Viewpoint says that she has a place, as {code}, and how to join; a mail says it "
        "too"
    )
    coordinator = story.person("coordinator")
    needs = f"{story.kept['shared_staff']}/needs"
    wait_for("the guest's need at the host", lambda: says(coordinator, needs, code))
    coordinator.expect("Viewpoint")
    _knows_nobody(story, coordinator)
    coordinator.follow("Answer")
    coordinator.fill(answer="promised").press("Save")
    wait_for("the promise on the guest's page", lambda: says(guest, place, "They will do this"))
    wait_for("the answer among the guest's messages", lambda: says(guest, "/notifications/messages", "an answer"))
    story.saw(
        f"SUN's coordinator sees a guest from Viewpoint, {code}, and promises easy read; she hears of it from Viewpoint"
    )


def _code_on(visitor: Visitor) -> str:
    found = re.search(r"\bG-[2-9A-HJKMNP-Z]{4}\b", visitor.page.text)
    if found is None:
        raise NotAsExpected(f"no code on {visitor.page.described()}")
    return found[0]


def _knows_nobody(story: Story, coordinator: Visitor) -> None:
    """The host's page names nobody of the neighbours."""
    for name in ("Edie", "Farthing", story.at("viewpoint").address("guest")):
        coordinator.expect_not(name)


def want_the_last_place(story: Story) -> None:
    """The only place is taken: another neighbour's participant is first on the waiting list, and hears so from home."""
    suffolk = story.at("suffolk")
    other = suffolk.person("guest")
    listing = story.kept["suffolk_listing"]
    wait_for("the waiting list on Suffolk's page", lambda: says(other, listing, "Join the waiting list"))
    other.follow("Join the waiting list")
    other.fill(agreed=["yes"]).press("Ask to join the waiting list")
    place = other.page.path
    wait_for("the waiting list on his page", lambda: says(other, place, "On the waiting list"))
    other.expect("number 1 on the list")
    mail = suffolk.next_mail("guest", "waiting list")
    story.saw(
        "A participant from Suffolk User Forum is first on the waiting list; his own organisation's mail says: "
        f"“{subject_of(mail)}”"
    )
    coordinator = story.person("coordinator")
    coordinator.open(story.kept["shared_staff"])
    coordinator.expect("1 waiting", story.kept["guest_code"], "Suffolk User Forum")
    story.saw("SUN's page shows both guests, each with an organisation and a code")


def cancel_another(story: Story) -> None:
    """Another opportunity is shared without funding, approved by the home organisation, taken, and cancelled: it
    disappears everywhere, and the guest is told."""
    facts, viewpoint = story.facts["network"]["cancelled"], story.at("viewpoint")
    coordinator = story.person("coordinator")
    here = coordinator.open("/opportunities/staff").path_of(facts["title"])
    press_share(coordinator, here, funding="none")
    staff, guest = viewpoint.person("coordinator"), viewpoint.person("guest")
    wait_for(
        "it among what the neighbour decides on", lambda: says(staff, "/opportunities/staff/network", facts["title"])
    )
    staff.expect("The host pays nothing back")
    staff.follow("Agree to pay our people")
    staff.press("Yes, agree to pay our people")
    listing = wait_for("it in Viewpoint's list", lambda: in_list(guest, facts["title"]))
    story.saw("SUN pays nothing back for another one: Viewpoint's coordinator agrees to pay, and then it can be joined")
    guest.open(listing)
    guest.follow("Take part")
    guest.fill(agreed=["yes"]).press("Ask for a place")
    place = guest.page.path
    wait_for("a place", lambda: says(guest, place, "You have a place"))
    coordinator.open(here)
    coordinator.follow("Cancel it")
    coordinator.fill(reason=facts["because"]).press("Cancel it and tell people")
    for name, neighbour in story.neighbours.items():
        with neighbour.somebody() as visitor:
            wait_for(f"its end at {name}", lambda visitor=visitor: in_list(visitor, facts["title"]) is None)
    wait_for("the news on the guest's page", lambda: says(guest, place, "cancelled"))
    guest.expect(facts["because"])
    mail = viewpoint.next_mail("guest", "will not happen")
    story.saw(
        "Cancelled by SUN, it is gone from both lists; the guest reads why, and Viewpoint's mail says: "
        f"“{subject_of(mail)}”"
    )


def change_time(story: Story) -> None:
    """The host moves the session, with a reason: the guest hears it from home, with a new calendar entry."""
    facts, viewpoint = story.facts["network"]["opportunity"], story.at("viewpoint")
    coordinator = story.person("coordinator")
    coordinator.open(story.kept["shared_staff"])
    coordinator.follow("Change when or where")
    coordinator.fill(starts=facts["moved_to"], ends=facts["moved_end"], reason=facts["moved_because"]).press(
        "Change it and tell people"
    )
    mail = viewpoint.next_mail("guest", facts["moved_because"])
    starts = at_time(story.kept["shared_day"], facts["moved_to"])
    begins, number = event_of(part_of(mail, "text/calendar"))
    if begins != starts or number < 1:
        raise NotAsExpected(f"the calendar entry says {begins} as number {number}, not {starts} with a later number")
    guest = viewpoint.person("guest")
    guest.open(story.kept["guest_place"])
    guest.expect("3pm")
    story.saw(
        f"Viewpoint's mail says “{subject_of(mail)}”, why, and holds a calendar entry that replaces the first one"
    )
    suffolk = story.at("suffolk").next_mail("guest", facts["moved_because"])
    story.saw(f"Whoever waits hears it too: “{subject_of(suffolk)}”")


def hold_session(story: Story) -> None:
    """Business time moves on everywhere; the host's register has a line for a code."""
    facts, network = story.facts["network"]["opportunity"], story.facts["network"]
    story.move_to(at_time(story.kept["shared_day"], facts["moved_end"]) + timedelta(minutes=10))
    coordinator = story.person("coordinator")
    coordinator.open(story.kept["shared_staff"])
    coordinator.follow("Register")
    coordinator.expect(story.kept["guest_code"])
    field = next(name for name in coordinator.page.fields() if name.startswith("present-"))
    minutes = field.replace("present-", "minutes-")
    coordinator.fill(**{field: "yes", minutes: str(network["attendance"]["minutes"])}).press("Save the register")
    coordinator.expect("1 person")
    story.saw(f"SUN's register: {story.kept['guest_code']} was there for {network['attendance']['minutes']} minutes")
