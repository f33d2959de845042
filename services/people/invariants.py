"""What must always be true of our rows. Each query finds rows that break a rule, and must find none."""

INVARIANTS = {
    "every version of a person was told to the others": """
        SELECT people.id FROM people
         WHERE (SELECT count(*) FROM outbox WHERE aggregate_id = people.id AND subject LIKE 'people.person-%')
           <> people.version""",
    "whoever joined by themselves has agreed to it (PRI-02)": """
        SELECT about FROM steps WHERE what = 'person-joined'
           AND EXISTS (SELECT FROM people WHERE people.id = about)
           AND NOT EXISTS (SELECT FROM consents WHERE person_id = about AND purpose = 'joining')""",
    "whoever joined by themselves is 18 or over (PEO-03)": """
        SELECT people.id FROM people JOIN steps ON about = people.id WHERE what = 'person-joined'
          AND over_18 IS NOT TRUE""",
    "someone under 18 is here only with the agreements for it (PEO-03)": """
        SELECT id FROM people WHERE over_18 IS FALSE
           AND NOT EXISTS (SELECT FROM consents WHERE person_id = people.id AND purpose = 'under-18-agreements')""",
    "a sign-in that ended is refused by us too": """
        SELECT id FROM sessions WHERE ended_at IS NOT NULL AND NOT EXISTS (SELECT FROM ended_sessions
          WHERE session_id = sessions.id)""",
    "a code that was used was used in time": """
        SELECT id FROM sign_in_codes WHERE used_at >= expires_at""",
    "there is a way to reach everyone (NOT-01)": """
        SELECT id FROM people WHERE cardinality(channels) = 0 OR ('email' = ANY (channels) AND email IS NULL)
           OR ('letter' = ANY (channels) AND postal_address = '')""",
}
