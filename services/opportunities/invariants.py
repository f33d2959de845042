"""SQL that must return no rows, after any crash, repeat or change of order. Each row holds ids alone."""

from services.opportunities.places.domain.guests import PLACES_UNTIL_TRUSTED

INVARIANTS = {
    "OPP-02 published without its texts, or with neither or both of sessions and a closing day": """
        SELECT o.id FROM opportunities o
         WHERE o.state <> 'draft'
           AND (o.published_at IS NULL OR o.paid IS NULL OR o.mode = ''
                OR '' IN (o.title, o.area, o.background, o.expected, o.time_needed, o.payment, o.contact_role,
                  o.contact_how,
                          o.accessibility, o.result, o.summary)
                OR EXISTS (SELECT FROM sessions s WHERE s.opportunity_id = o.id) = (o.closes_on IS NOT NULL))
    """,
    "OPP-03 short notice without a reason": """
        SELECT id FROM opportunities WHERE notice_days_given < notice_days_expected AND notice_reason = ''
    """,
    "OPP-05 more places taken or offered than there are": """
        SELECT o.id FROM opportunities o JOIN places p ON p.opportunity_id = o.id
         WHERE p.state IN ('taken', 'offered') AND NOT p.walk_in AND o.capacity IS NOT NULL
         GROUP BY o.id, o.capacity HAVING count(*) > o.capacity
    """,
    "OPP-05 two active places of one participant": """
        SELECT opportunity_id, participant_id FROM places WHERE state IN ('waiting', 'offered', 'taken')
         GROUP BY opportunity_id, participant_kind, participant_id, participant_home HAVING count(*) > 1
    """,
    "OPP-05 someone was passed over on the waiting list": """
        SELECT earlier.id FROM places earlier JOIN places later USING (opportunity_id)
         WHERE earlier.state = 'waiting' AND later.state = 'offered' AND later.queue_number > earlier.queue_number
    """,
    "OPP-05 a place is free while people wait": f"""
        SELECT o.id FROM opportunities o
         WHERE o.state = 'published'
           AND EXISTS (SELECT FROM places p WHERE p.opportunity_id = o.id AND p.state = 'waiting'
             AND (p.participant_kind <> 'guest'
                  OR EXISTS (SELECT FROM organisations h
                              WHERE h.origin = p.participant_home AND h.trusted_at IS NOT NULL)
                  OR (SELECT count(*) FROM places b
                       WHERE b.opportunity_id = o.id AND b.participant_kind = 'guest'
                         AND b.participant_home = p.participant_home
                         AND (b.state IN ('taken', 'offered')
                              OR (b.state = 'waiting' AND b.queue_number < p.queue_number))) < {PLACES_UNTIL_TRUSTED}))
           AND (SELECT count(*) FROM places p
                 WHERE p.opportunity_id = o.id AND p.state IN ('taken', 'offered') AND NOT p.walk_in)
                   < coalesce(o.capacity, 2147483647)
           AND EXISTS (SELECT FROM sessions s, business_clock c
                        WHERE s.opportunity_id = o.id AND s.starts_at > now() + make_interval(secs => c.offset_seconds))
    """,
    "OPP-07 not met without a reason": "SELECT id FROM needs WHERE state = 'not-met' AND reason = ''",
    "OPP-11 attendance of another opportunity's place": """
        SELECT a.id FROM attendances a
          LEFT JOIN places p ON p.id = a.place_id
          LEFT JOIN sessions s ON s.id = a.session_id
         WHERE p.id IS NULL OR s.opportunity_id <> p.opportunity_id OR p.participant_id <> a.participant_id
    """,
    "OPP-11 attendance whose history has a gap": """
        SELECT a.id FROM attendances a LEFT JOIN attendance_records r ON r.attendance_id = a.id
         GROUP BY a.id, a.version HAVING count(r.version) <> a.version OR max(r.version) <> a.version
    """,
    "OPP-11 attendance without its event": """
        SELECT r.attendance_id, r.version FROM attendance_records r
         WHERE NOT EXISTS (SELECT FROM outbox e WHERE e.aggregate_id = r.attendance_id AND e.version = r.version
                              AND e.subject LIKE 'opportunities.attendance-recorded.%')
    """,
    "OPP-11 attendance before its session": """
        SELECT r.attendance_id FROM attendance_records r
          JOIN attendances a ON a.id = r.attendance_id JOIN sessions s ON s.id = a.session_id
         WHERE r.recorded_at < s.starts_at
    """,
    "OPP-12 closed without saying so": """
        SELECT o.id FROM opportunities o
         WHERE o.state = 'closed'
           AND NOT EXISTS (SELECT FROM outbox e WHERE e.aggregate_id = o.id
             AND e.subject LIKE 'opportunities.opportunity-closed.%')
    """,
    "NET-02 one code for two guests": "SELECT code FROM guest_places GROUP BY code HAVING count(*) > 1",
    "NET-02 a guest place without an agreement, or without asking the host": """
        SELECT g.id FROM guest_places g
         WHERE g.agreed_to = '' OR g.agreed_at > g.changed_at
            OR NOT EXISTS (SELECT FROM outbox e WHERE e.aggregate_id = g.guest_id
              AND e.subject LIKE 'opportunities.guest-requested.%')
    """,
    "NET-02 what someone needs is kept for a host after the end": """
        SELECT g.id FROM guest_places g JOIN guest_needs n ON n.guest_place_id = g.id
         WHERE g.state NOT IN ('requested', 'waiting', 'offered', 'taken')
    """,
    "NET-02 a person's id is known as a guest's": """
        SELECT p.id FROM places p
         WHERE p.participant_kind = 'guest'
           AND (EXISTS (SELECT FROM people c WHERE c.person_id = p.participant_id)
                OR EXISTS (SELECT FROM guest_places g WHERE g.participant_id = p.participant_id))
         UNION ALL
        SELECT g.id FROM guest_places g
         WHERE EXISTS (SELECT FROM people c WHERE c.person_id = g.guest_id) OR EXISTS (SELECT FROM guest_places o
           WHERE o.participant_id = g.guest_id)
    """,
    "NET-02 a guest's own words with their host": """
        SELECT p.id FROM places p
         WHERE p.participant_kind = 'guest'
           AND (p.needs_words <> '' OR EXISTS (SELECT FROM needs n WHERE n.place_id = p.id AND n.need = 'other'))
    """,
    "NET-02 a guest's place of which their home does not know how it stands": """
        SELECT p.id FROM places p
          LEFT JOIN LATERAL (SELECT CAST(e.body AS jsonb) ->> 'state' AS state FROM outbox e
                              WHERE e.aggregate_id = p.participant_id
                                AND e.subject LIKE 'opportunities.guest-answered.%'
                              ORDER BY e.version DESC LIMIT 1) answered ON true
          LEFT JOIN guests g ON g.place_id = p.id
          LEFT JOIN organisations home ON home.origin = p.participant_home
         WHERE p.participant_kind = 'guest' AND p.state <> 'cancelled' AND home.removed IS NOT TRUE
           AND answered.state IS DISTINCT FROM CASE WHEN g.refused_because <> '' THEN 'refused' ELSE p.state END
    """,
    "NET-02 someone is expected whose home organisation has left the network": """
        SELECT p.id FROM places p
          JOIN organisations home ON home.origin = p.participant_home AND home.removed
          JOIN opportunities o ON o.id = p.opportunity_id AND o.state = 'published'
         WHERE p.participant_kind = 'guest'
           AND (p.state IN ('waiting', 'offered')
                OR (p.state = 'taken' AND EXISTS (SELECT FROM sessions s, business_clock c
                                                   WHERE s.opportunity_id = o.id AND s.starts_at > now()
                                                     + make_interval(secs => c.offset_seconds))))
    """,
    "OPP-11 a guest's attendance that their home was not told of": """
        SELECT r.attendance_id, r.version FROM attendance_records r JOIN attendances a ON a.id = r.attendance_id
         WHERE a.participant_kind = 'guest'
           AND NOT EXISTS (SELECT FROM outbox e WHERE e.aggregate_id = a.id AND e.version = r.version
             AND e.subject LIKE 'opportunities.guest-attended.%')
    """,
    "OPP-11 attendance elsewhere that our own services were not told of": """
        SELECT g.id FROM guest_attendances g
         WHERE NOT EXISTS (SELECT FROM outbox e WHERE e.aggregate_id = g.id AND e.version = g.version
                              AND e.subject LIKE 'opportunities.attendance-recorded.%')
    """,
    "NET-01 something public whose latest version the feeds do not have": """
        SELECT known.id, known.version
          FROM (SELECT id, version FROM opportunities WHERE state <> 'draft' UNION ALL SELECT id, version
            FROM listings) known
          LEFT JOIN feed_changes f ON f.opportunity_id = known.id
         WHERE f.version IS DISTINCT FROM known.version
    """,
    "NET-01 the network believes that what is over is open": """
        SELECT o.id FROM shares s JOIN opportunities o ON o.id = s.opportunity_id WHERE s.listed
          AND o.state <> 'published'
    """,
    "NET-01 shared without saying so": """
        SELECT s.opportunity_id FROM shares s
         WHERE s.listed AND NOT EXISTS (SELECT FROM outbox e WHERE e.aggregate_id = s.opportunity_id
           AND e.version = s.said_version
                                           AND e.subject LIKE 'opportunities.opportunity-shared.%')
    """,
    "NET-01 a listing that our own services never heard of": """
        SELECT l.id FROM listings l
         WHERE l.told_at IS NOT NULL  -- the others wait for a coordinator to look
           AND NOT EXISTS (SELECT FROM outbox e WHERE e.aggregate_id = l.id
             AND e.subject LIKE 'opportunities.opportunity-created.%')
    """,
    "OPP-16 cancelled without saying so": """
        SELECT o.id FROM opportunities o
         WHERE o.state = 'cancelled'
           AND NOT EXISTS (SELECT FROM outbox e WHERE e.aggregate_id = o.id
             AND e.subject LIKE 'opportunities.opportunity-cancelled.%')
    """,
    "OPP-16 someone still waits for what was cancelled": """
        SELECT p.id FROM places p JOIN opportunities o ON o.id = p.opportunity_id WHERE o.state = 'cancelled'
          AND p.state IN ('waiting', 'offered')
    """,
    "OPP-22 an address or number is kept of somebody who was answered": """
        SELECT id FROM questions WHERE reach <> '' AND answered_at IS NOT NULL AND mailing NOT IN ('queued', 'failed',
          'unknown')
    """,
}
