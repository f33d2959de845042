"""SQL that must return no rows, whatever crashed, was repeated or came in another order. Each row names ids alone."""

INVARIANTS = {
    "OPP-02 published without its texts or its sessions": """
        SELECT o.id FROM opportunities o
         WHERE o.state <> 'draft'
           AND (o.published_at IS NULL OR o.paid IS NULL OR o.mode = ''
                OR '' IN (o.title, o.area, o.background, o.expected, o.time_needed, o.payment, o.contact_role, o.contact_how,
                          o.accessibility, o.result, o.summary)
                OR NOT EXISTS (SELECT FROM sessions s WHERE s.opportunity_id = o.id))
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
    "OPP-05 a place is free while people wait": """
        SELECT o.id FROM opportunities o
         WHERE o.state = 'published'
           AND EXISTS (SELECT FROM places p WHERE p.opportunity_id = o.id AND p.state = 'waiting')
           AND (SELECT count(*) FROM places p
                 WHERE p.opportunity_id = o.id AND p.state IN ('taken', 'offered') AND NOT p.walk_in) < coalesce(o.capacity, 2147483647)
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
           AND NOT EXISTS (SELECT FROM outbox e WHERE e.aggregate_id = o.id AND e.subject LIKE 'opportunities.opportunity-closed.%')
    """,
}
