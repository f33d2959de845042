"""Who came in without an age is asked once, before they take part (PEO-03)."""

from tests.people.support import World, a_person

NEXT = "/opportunities/01890000-0000-7000-8000-000000000001/take-part"
URL = f"/people/me/age?next={NEXT}"


async def test_peo_03_who_came_in_without_an_age_answers_and_is_back_at_the_place(people: World) -> None:
    ada = await a_person(people, over_18=None)
    await people.sign_in("ada@example.org")
    assert "Are you 18 or over?" in (await people.client.get(URL)).text
    assert (await people.client.post(URL, data={})).status_code == 422
    refused = await people.client.post(URL, data={"over_18": "no"})
    assert (refused.status_code, "Please ring us" in refused.text) == (422, True)
    answered = await people.client.post(URL, data={"over_18": "yes"})
    assert (answered.status_code, answered.headers["location"]) == (303, NEXT)
    [row] = await people.rows("SELECT over_18 FROM people WHERE id = :id", id=ada)
    assert row.over_18 is True
    assert (await people.client.get(URL)).headers["location"] == NEXT
    elsewhere = await people.client.get("/people/me/age?next=https://elsewhere.example")
    assert elsewhere.headers["location"] == "/people/me"


async def test_peo_03_staff_answer_for_someone_under_18_only_with_the_agreements(people: World) -> None:
    await a_person(people, "Cora", "cora@example.org", roles=["coordinator"])
    noor = await a_person(people, "Noor", None, phone="07700 900200", over_18=None)
    await people.sign_in("cora@example.org")
    await people.client.post(f"/people/staff/people/{noor}/help")
    refused = await people.client.post(URL, data={"over_18": "no"})
    assert (refused.status_code, "agreements that our policy names" in refused.text) == (422, True)
    assert (await people.client.post(URL, data={"over_18": "no", "agreements_held": "yes"})).status_code == 303
    [row] = await people.rows(
        "SELECT over_18, purpose FROM people JOIN consents ON person_id = people.id WHERE people.id = :id", id=noor
    )
    assert (row.over_18, row.purpose) == (False, "under-18-agreements")
