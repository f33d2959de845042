"""What must always hold: each sentence has SQL that returns no rows. The first column is the id that breaks it."""

INVARIANTS: dict[str, str] = {
    "FB-02: an answered item has the answer that ended it": """
        SELECT item_id FROM items LEFT JOIN responses USING (response_id)
         WHERE items.ending IN ('used', 'not-used', 'thanked') AND responses.ending IS DISTINCT FROM items.ending""",
    "FB-02: an item waits for someone or has ended, never both nor neither": """
        SELECT item_id FROM items
         WHERE (ending IS NULL) <> (ended_on IS NULL) OR waiting_for NOT IN ('us', 'provider', 'funder')""",
    "FB-02: an item that has ended has that ending in its history": """
        SELECT item_id FROM items
         WHERE ending IS NOT NULL
           AND NOT EXISTS (SELECT FROM endings WHERE endings.item_id = items.item_id
             AND endings.ending = items.ending)""",
    "FB-02: no item was deleted": """
        SELECT steps.about FROM steps
         WHERE what = 'feedback-received' AND NOT EXISTS (SELECT FROM items WHERE items.item_id = steps.about)""",
    "FB-02: what was joined is joined to one that has or gets an answer": """
        SELECT joined.item_id FROM items AS joined JOIN items AS other ON other.item_id = joined.joined_to
         WHERE joined.ending = 'joined' AND other.ending IN ('joined', 'withdrawn', 'spam', 'safeguarding')""",
    "FB-03: every item has its clock": """
        SELECT item_id FROM items WHERE due_on <> coalesce(reopened_on, received_on) + answer_days""",
    "FB-04: who is anonymous has a code and no name, and who is known has no code": """
        SELECT item_id FROM items
         WHERE (giver_id IS NULL AND given_by_kind <> 'operator' AND (code_hash IS NULL OR hear_by <> 'code'
           OR given_by_id IS NOT NULL))
            OR (giver_id IS NOT NULL AND (code_hash IS NOT NULL OR hear_by = 'code'))""",
    "FB-01: nothing of what an anonymous giver did names a person": """
        SELECT steps.id FROM steps JOIN items ON items.item_id = steps.about
         WHERE steps.what = 'feedback-received' AND items.given_by_kind = 'guest' AND steps.actor_id IS NOT NULL""",
    "FB-06: nothing was said to be on the board without its giver's consent and a checked wording": """
        SELECT aggregate_id FROM outbox
         WHERE subject = 'feedback.feedback-closed.v1' AND (body::jsonb ->> 'on_board')::boolean
           AND (body::jsonb ->> 'ending') NOT IN ('used', 'not-used', 'thanked')
        UNION ALL
        SELECT response_id FROM responses WHERE said IS NOT NULL AND checked_by_kind IS NULL""",
    "FB-07: no item was reopened twice": """
        SELECT about FROM steps WHERE what = 'feedback-reopened' GROUP BY about HAVING count(*) > 1""",
    "FB-07: what was reopened names its reviewer role": """
        SELECT item_id FROM items WHERE reopened_on IS NOT NULL AND coalesce(reviewer_role, '') = ''""",
    "FB-09: what is with the safeguarding lead has a concern with a clock": """
        SELECT item_id FROM items
         WHERE ending = 'safeguarding' AND NOT EXISTS (SELECT FROM concerns WHERE concerns.item_id = items.item_id
           AND outcome IS DISTINCT FROM 'returned')""",
    "NET-02: a host was asked only with words that giver and staff have read": """
        SELECT item_id FROM asked_hosts JOIN crossings USING (item_id) WHERE state <> 'released'""",
    "FB-05: the events of an item say what its row says": """
        SELECT item_id FROM items
         WHERE version <> (SELECT max(version) FROM outbox WHERE aggregate_id = item_id
           AND subject LIKE 'feedback.%')""",
}
