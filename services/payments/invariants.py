"""What must never happen: each sentence's SQL returns no rows. Run by tests, by `chorus doctor` and after every
fault."""

INVARIANTS: dict[str, str] = {
    "PAY-11: an entry of the journal does not balance, or moves nothing": """
        SELECT id FROM journal LEFT JOIN (SELECT journal_id, sum(pence) AS pence FROM postings GROUP BY journal_id)
          AS posted ON journal_id = id
         WHERE pence IS DISTINCT FROM 0""",
    "PAY-11: the ledger as a whole does not balance": "SELECT sum(pence) FROM postings HAVING coalesce(sum(pence), 0) "
    "<> 0",
    "PAY-12: a payable was paid more than once": "SELECT payable_id FROM payments WHERE state = 'paid' GROUP BY "
    "payable_id HAVING count(*) > 1",
    "PAY-12: a payable is in two live payment runs": """
        SELECT payable_id FROM payments WHERE state NOT IN ('rejected', 'returned', 'cancelled')
          GROUP BY payable_id HAVING count(*) > 1""",
    "PAY-12: money of an attendance is in a run though the bank may have paid it from another": """
        SELECT later.id FROM payments AS gone JOIN claims AS its ON its.id = gone.claim_id
          JOIN claims AS beside USING (attendance_id)
          JOIN payments AS later ON later.claim_id = beside.id AND later.id <> gone.id
          JOIN payment_runs ON payment_runs.id = later.run_id
         WHERE gone.state = 'cancelled' AND gone.in_file IS NOT NULL AND gone.settled_at IS NULL
           AND later.state IN ('made', 'sent', 'paid') AND made_at > gone.ended_at""",
    "PAY-12: a payment was paid after it had been taken out of its run, and nobody is known to have said so": """
        SELECT id FROM payments WHERE taken_out_by IS NOT NULL AND state <> 'cancelled' AND (settled_at IS NULL
          OR in_file IS NULL)""",
    "PAY-12: who is paid said what became of it": """
        SELECT id FROM payments WHERE participant_id IN (settled_by, ended_by)
        UNION ALL SELECT payment_id FROM words_by_hand JOIN payments ON payments.id = payment_id
          WHERE said_by = participant_id""",
    "PAY-12: more was paid for a claim than was approved": """
        SELECT claim_id FROM payments WHERE state = 'paid' GROUP BY claim_id
        HAVING sum(amount_pence) > (SELECT coalesce(sum(approved_pence), 0) FROM claim_lines
          WHERE claim_lines.claim_id = payments.claim_id)""",
    "PAY-12, PAY-17: more went or can go for an attendance than its register and the costs that were agreed to give, "
    "over all its claims": """
        WITH registers AS (
            SELECT attendance_id, attendances.version, CASE WHEN present AND paid THEN
                     (CASE WHEN (rates->>'planned_time_is_least')::integer > 0 THEN greatest(minutes, planned_minutes)
                       ELSE minutes END
                      * (rates->>'participation')::integer + 59) / 60 ELSE 0 END AS fee
              FROM attendances JOIN claims USING (attendance_id) WHERE follows IS NULL),
        costs AS (
            SELECT attendance_id, sum(approved_pence) AS pence FROM claim_lines JOIN claims ON claims.id = claim_id
             WHERE claim_lines.state = 'approved' AND kind <> 'participation' GROUP BY attendance_id),
        written_off AS (
            SELECT attendance_id, attendance_version AS version, sum(pence) AS pence FROM (
                SELECT attendance_id, attendance_version, overpaid_pence AS pence FROM corrections UNION ALL
                SELECT attendance_id, attendance_version, pence FROM overpayments JOIN claims ON claims.id = claim_id)
                  AS written GROUP BY 1, 2),
        gone AS (
            SELECT attendance_id, sum(payments.amount_pence) AS out FROM payments
              JOIN claims ON claims.id = payments.claim_id
              JOIN payables ON payables.id = payable_id
             WHERE payments.state IN ('sent', 'paid') AND payables.state <> 'withdrawn' GROUP BY attendance_id),
        to_go AS (
            SELECT attendance_id, coalesce(sum(amount_pence) FILTER (WHERE payables.state = 'in-run'), 0) AS in_run,
                   coalesce(sum(amount_pence) FILTER (WHERE payables.state IN ('owed', 'returned')), 0) AS owed
              FROM payables JOIN claims ON claims.id = claim_id
             WHERE payables.state IN ('owed', 'returned', 'in-run')
               AND NOT EXISTS (SELECT FROM payments WHERE payable_id = payables.id AND payments.state = 'sent')
             GROUP BY attendance_id),
        sums AS (
            SELECT attendance_id, fee, coalesce(costs.pence, 0) + coalesce(written_off.pence, 0) AS more,
              coalesce(written_off.pence, 0) AS written,
                   coalesce(out, 0) + coalesce(in_run, 0) AS sure,
                   coalesce(owed, 0) AS owed
              FROM registers LEFT JOIN costs USING (attendance_id) LEFT JOIN written_off USING (attendance_id, version)
              LEFT JOIN gone USING (attendance_id) LEFT JOIN to_go USING (attendance_id))
        SELECT attendance_id FROM sums
         WHERE sure + owed > fee + more
           AND NOT EXISTS (SELECT FROM claims WHERE claims.attendance_id = sums.attendance_id AND correction_due
                   AND (claims.state <> 'paid' OR written = 0))""",
    "PAY-12, PAY-14: a cost and another look at it are agreed to for more than it was": """
        SELECT first.id FROM claim_lines AS first JOIN claim_lines AS every ON first.id IN (every.id, every.looks_at)
          JOIN claims ON claims.id = first.claim_id
         WHERE first.kind <> 'participation' AND every.state = 'approved'
           AND NOT EXISTS (SELECT FROM claims AS beside WHERE beside.attendance_id = claims.attendance_id
             AND correction_due)
         GROUP BY first.id HAVING sum(every.approved_pence) > first.full_pence""",
    "PAY-12: something was sent while the bank might have other money of its attendance": """
        SELECT sent.id FROM steps AS sent JOIN claims ON claims.id = sent.about
          JOIN claims AS beside USING (attendance_id)
          JOIN steps AS gone ON gone.about = beside.id AND gone.what = 'perhaps-gone' AND gone.id < sent.id
         WHERE sent.what = 'payment-sent' AND NOT EXISTS (
               SELECT FROM steps AS known WHERE known.about = gone.about AND known.what IN ('paid-all-the-same',
                 'not-paid-after-all')
                  AND known.facts->>'payment_id' = gone.facts->>'payment_id' AND known.id < sent.id)""",
    "PAY-08, PAY-12: all of a payment is lost, and a part of what it paid is still owed": """
        SELECT gone.id FROM payments AS gone JOIN payables AS its ON its.id = gone.payable_id
          JOIN claims ON claims.id = gone.claim_id JOIN payables AS owed ON owed.claim_id = gone.claim_id
          CROSS JOIN LATERAL jsonb_object_keys(its.was_for) AS line_id
          JOIN claim_lines AS paid ON paid.id = line_id::uuid
         WHERE gone.paid_twice_at IS NOT NULL AND gone.state IN ('rejected', 'returned', 'cancelled')
           AND its.state = 'withdrawn' AND owed.state IN ('owed', 'returned')
           AND owed.method = CASE WHEN paid.kind = 'participation' THEN recognition
             ELSE coalesce(expenses_method, CASE WHEN recognition IN ('bank-transfer', 'cash', 'cheque')
               THEN recognition ELSE 'bank-transfer' END) END""",
    "PAY-12: something is on its way that nobody is owed, and nothing was paid in its place": """
        SELECT payments.id FROM payments JOIN payables ON payables.id = payable_id
         WHERE payments.state = 'sent' AND payables.state = 'withdrawn'
           AND NOT EXISTS (SELECT FROM payments AS other JOIN payables AS its ON its.id = other.payable_id
             WHERE other.claim_id = payments.claim_id AND other.state IN ('sent', 'paid')
               AND its.state <> 'withdrawn')""",
    "PAY-12: what is noted as paid twice is not what the ledger says is lost": """
        SELECT payments.id FROM payments
         WHERE paid_twice_at IS NOT NULL AND amount_pence * greatest(lost_times, 1) <> (
               SELECT coalesce(sum(pence), 0) FROM postings JOIN journal ON journal.id = journal_id
                 WHERE payment_id = payments.id AND account = 'losses')""",
    "PAY-12: the ledger's bank account does not say of a transfer how often its money is out": """
        SELECT payments.id FROM payments LEFT JOIN journal ON journal.payment_id = payments.id
          LEFT JOIN postings ON postings.journal_id = journal.id AND account = 'bank'
         WHERE method = 'bank-transfer' GROUP BY payments.id
        HAVING coalesce(-sum(pence), 0) <> amount_pence * ((payments.state = 'paid')::integer
          + greatest(lost_times, (paid_twice_at IS NOT NULL)::integer))""",
    "PAY-12: by what the bank has booked more of a payment is out than we count, or less, and nobody is asked": """
        SELECT payments.id FROM payments JOIN (
            SELECT payment_id, count(*) FILTER (WHERE went_out) AS out, count(*) FILTER (WHERE NOT went_out) AS back
              FROM bank_bookings JOIN payments ON payments.id = payment_id
             WHERE bank_bookings.state = 'counts' AND pence = amount_pence GROUP BY payment_id)
               AS booked ON payment_id = payments.id,
          LATERAL (SELECT (state = 'paid')::integer + greatest(lost_times, (paid_twice_at IS NOT NULL)::integer)
                     AS times) AS counted
         WHERE out - back > times + greatest(said_back, (state = 'returned' AND ended_how <> 'statement')::integer)
            OR out - back < times - greatest(1, back - out)""",
    "PAY-12: a word that a payment came back was counted beside the same return, which the statement shows": """
        SELECT payments.id FROM payments JOIN (
            SELECT payment_id, count(*) FILTER (WHERE went_out) AS out, count(*) FILTER (WHERE NOT went_out) AS back,
                   max(day) FILTER (WHERE went_out) AS last_out, max(day) FILTER (WHERE NOT went_out) AS last_back
              FROM bank_bookings JOIN payments ON payments.id = payment_id
             WHERE bank_bookings.state = 'counts' AND pence = amount_pence GROUP BY payment_id)
               AS booked ON payment_id = payments.id
         WHERE back > 0 AND said_back > 0 AND last_back >= last_out
           AND out - back - (payments.state = 'paid')::integer - lost_times >= said_back""",
    "PAY-12: a line of the account's statement is decided for a payment that it does not name": """
        SELECT id FROM bank_entries AS entries WHERE state = 'chosen'
           AND EXISTS (SELECT FROM bank_bookings WHERE entry_id = entries.id)
           AND NOT EXISTS (SELECT FROM bank_bookings WHERE entry_id = entries.id
             AND bank_bookings.payment_id = entries.payment_id AND bank_bookings.state = 'counts')""",
    "PAY-12: what the bank has booked waits for somebody, and no line is shown to them": """
        SELECT bank_bookings.id FROM bank_bookings JOIN bank_entries ON bank_entries.id = entry_id
         WHERE bank_bookings.state = 'waits' AND bank_entries.state <> 'near'""",
    "PAY-12: money of an attendance went into a run after a line said that it had gone out, and nobody had decided": """
        SELECT later.id FROM bank_bookings JOIN bank_statements ON bank_statements.id = statement_id
          JOIN payments AS gone ON gone.id = payment_id JOIN claims AS its ON its.id = gone.claim_id
          JOIN claims AS beside USING (attendance_id)
          JOIN payments AS later ON later.claim_id = beside.id AND later.id <> gone.id
          JOIN payment_runs ON payment_runs.id = later.run_id
         WHERE went_out AND bank_bookings.state = 'waits' AND gone.state NOT IN ('sent', 'paid')
           AND later.run_id <> gone.run_id AND later.state IN ('made', 'sent', 'paid') AND made_at > given_at""",
    "PAY-12: a payment differs from what it pays": """
        SELECT payments.id FROM payments JOIN payables ON payables.id = payments.payable_id
         WHERE (payments.amount_pence, payments.claim_id, payments.participant_id) IS DISTINCT FROM
               (payables.amount_pence, payables.claim_id, payables.participant_id)""",
    "PAY-12: what was paid is not what the ledger says was paid": """
        SELECT paid, entered FROM
            (SELECT coalesce(sum(amount_pence), 0) AS paid FROM payments WHERE state = 'paid') AS payments,
            (SELECT coalesce(sum(pence), 0) AS entered FROM postings JOIN journal ON journal.id = journal_id
              WHERE account = 'budget-spent' AND claim_id IS NOT NULL) AS postings
         WHERE paid <> entered""",
    "PAY-11: what we owe is not what the ledger says we owe": """
        SELECT owed, entered FROM
            (SELECT coalesce(sum(payables.amount_pence), 0) AS owed FROM payables
              WHERE state <> 'withdrawn'
                AND NOT EXISTS (SELECT FROM payments WHERE payable_id = payables.id AND payments.state IN ('sent',
                  'paid'))) AS payables,
            (SELECT -coalesce(sum(pence), 0) AS entered FROM postings WHERE account = 'participant-payable') AS postings
         WHERE owed <> entered""",
    "PAY-12: a payable's state and its payments do not agree": """
        SELECT payables.id FROM payables
         WHERE (payables.state = 'in-run') <> (payables.state <> 'withdrawn' AND
                   EXISTS (SELECT FROM payments WHERE payable_id = payables.id AND payments.state IN ('made', 'sent')))
            OR (payables.state = 'paid') <> EXISTS (SELECT FROM payments WHERE payable_id = payables.id
              AND payments.state = 'paid')""",
    "PAY-12: a claim is called paid and something of it is not": """
        SELECT claims.id FROM claims JOIN payables ON payables.claim_id = claims.id
         WHERE claims.state = 'paid' AND payables.state NOT IN ('paid', 'withdrawn')""",
    "PAY-12: a claim that is not approved has something to pay": """
        SELECT payables.id FROM payables JOIN claims ON claims.id = payables.claim_id
         WHERE claims.state NOT IN ('approved', 'returned', 'paid') AND payables.state <> 'withdrawn'""",
    "PAY-12: a payment has no claim that says so (an event for each payment, and one alone)": """
        SELECT claim_id
          FROM (SELECT claim_id, count(*) AS ended FROM payments WHERE state IN ('paid', 'returned') GROUP BY claim_id)
            AS theirs
          LEFT JOIN (SELECT about AS claim_id, count(*) AS again FROM steps
            WHERE what IN ('paid-after-it-came-back', 'lost-after-it-was-paid') GROUP BY about) AS noted
            USING (claim_id)
          LEFT JOIN (SELECT aggregate_id AS claim_id, count(*) AS said FROM outbox
            WHERE subject = 'payments.claim-paid.v1' GROUP BY aggregate_id) AS told USING (claim_id)
         WHERE ended + coalesce(again, 0) <> coalesce(said, 0)""",
    "PAY-12: somebody said by hand how a payment ended that they had made, sent, or were paid": """
        SELECT payments.id FROM payments JOIN payment_runs ON payment_runs.id = run_id
         WHERE ended_how = 'by-hand' AND ended_by IN (made_by, sent_by, participant_id)
           AND NOT EXISTS (SELECT FROM steps AS one JOIN steps AS other USING (about, what)
             WHERE about = payments.claim_id AND what = 'said-by-hand' AND one.facts->>'payment_id' = payments.id::text
               AND other.facts->>'payment_id' = payments.id::text AND one.facts->>'said' = other.facts->>'said'
               AND one.actor_id = ended_by AND other.actor_id NOT IN (ended_by, participant_id)
               AND ended_by <> participant_id AND (payments.state = 'paid') = (one.facts->>'said' IN ('paid',
                 'handed-over')))""",
    "PAY-10: somebody sent a run in which they are paid": """
        SELECT payments.id FROM payments JOIN payment_runs ON payment_runs.id = run_id
         WHERE payments.state NOT IN ('made', 'cancelled') AND sent_by = participant_id""",
    "PAY-06: an attendance has neither a claim nor a reason": """
        SELECT attendance_id FROM attendances
         WHERE no_claim_because IS NULL AND NOT EXISTS (SELECT FROM claims
           WHERE claims.attendance_id = attendances.attendance_id)""",
    "PAY-11: an approved claim has no entry in the journal": """
        SELECT claims.id FROM claims
          LEFT JOIN (SELECT claim_id, sum(approved_pence) AS pence FROM claim_lines GROUP BY claim_id) AS agreed
            ON agreed.claim_id = claims.id
          LEFT JOIN (SELECT claim_id, -sum(pence) AS pence FROM postings JOIN journal ON journal.id = journal_id
            WHERE payment_id IS NULL AND account = 'participant-payable' GROUP BY claim_id) AS entered
            ON entered.claim_id = claims.id
         WHERE state IN ('approved', 'returned', 'paid') AND coalesce(agreed.pence, 0) <> coalesce(entered.pence, 0)""",
    "PAY-17: an approval was taken back and the ledger still owes it": """
        SELECT journal.claim_id FROM journal JOIN claims ON claims.id = claim_id JOIN postings
          ON postings.journal_id = journal.id
         WHERE payment_id IS NULL AND account = 'participant-payable' AND state NOT IN ('approved', 'returned', 'paid')
         GROUP BY journal.claim_id HAVING sum(pence) <> 0""",
    "PAY-11: what is kept as standing on an account is not what the postings say": """
        SELECT opportunity_id FROM (SELECT account, opportunity_id, sum(pence) AS pence FROM postings GROUP BY 1, 2)
          AS posted
          FULL JOIN account_balances AS kept USING (account, opportunity_id) WHERE coalesce(posted.pence, 0)
            <> coalesce(kept.pence, 0)""",
    "PAY-11: what is kept as used of an opportunity's budget is not what the postings say": """
        SELECT opportunity_id FROM (SELECT opportunity_id, sum(pence) AS pence FROM postings
          WHERE account IN ('budget-committed', 'budget-spent')
                                     GROUP BY opportunity_id) AS posted
          FULL JOIN opportunity_balances USING (opportunity_id) WHERE coalesce(pence, 0) <> coalesce(used_pence, 0)""",
    "PAY-11: what is kept as used of a commissioner's budget is not what the postings say": """
        SELECT commissioner, session_date FROM (
            SELECT commissioner, coalesce(claims.session_date, recharges.session_date) AS session_date, sum(pence)
              AS pence
              FROM postings JOIN journal ON journal.id = journal_id LEFT JOIN claims ON claims.id = journal.claim_id
              LEFT JOIN recharges ON recharges.id = journal.recharge_id
             WHERE account IN ('budget-committed', 'budget-spent') AND commissioner <> ''
             GROUP BY 1, 2) AS posted
          FULL JOIN commissioner_balances USING (commissioner, session_date)
         WHERE coalesce(pence, 0) <> coalesce(used_pence, 0)""",
    "PAY-17: somebody who was not there after all has something to be paid": """
        SELECT payables.id FROM payables JOIN claims ON claims.id = payables.claim_id
          JOIN attendances USING (attendance_id)
         WHERE NOT present AND payables.state IN ('owed', 'returned') AND amount_pence > 0 AND NOT correction_due""",
    "PAY-17: something is asked for somebody who was not there after all": """
        SELECT claim_lines.id FROM claim_lines JOIN claims ON claims.id = claim_id
          JOIN attendances USING (attendance_id)
         WHERE NOT present AND claim_lines.state IN ('ready', 'waiting') AND claims.state NOT IN ('approved',
           'returned', 'paid')""",
    "PAY-11: a line counts as approved of a claim that nobody has approved": """
        SELECT claim_lines.id FROM claim_lines JOIN claims ON claims.id = claim_id
         WHERE claim_lines.state = 'approved' AND claims.state NOT IN ('second-approver', 'approved', 'returned',
           'paid')""",
    "PAY-11: a claim over its budget was approved by one person alone": """
        SELECT claims.id FROM claims WHERE state IN ('approved', 'returned', 'paid') AND over_budget_pence > 0
           AND (SELECT count(DISTINCT approver_id) FROM approvals WHERE claim_id = claims.id AND decision = 'approved')
             < 2""",
    "PAY-10: somebody approved their own claim": """
        SELECT approvals.id FROM approvals JOIN claims ON claims.id = claim_id WHERE approver_id IN (participant_id,
          helped_by)""",
    "PAY-10: somebody both approved and released one claim": """
        SELECT payments.id FROM payments JOIN payment_runs ON payment_runs.id = run_id JOIN approvals
          ON approvals.claim_id = payments.claim_id
         WHERE approvals.decision = 'approved' AND approver_id IN (made_by, sent_by) AND payments.state <> 'cancelled'
           AND (taken_out_by IS NULL OR decided_at < file_fetched_at)""",
    "PAY-07: a claim counts as late while its clock stands still": "SELECT id FROM claims WHERE stopped_on IS NOT "
    "NULL AND overdue_since IS NOT NULL",
    "PAY-09: a claim that is over is still held": "SELECT id FROM claims WHERE held AND state IN ('open', 'paid', "
    "'refused', 'declined')",
    "PAY-05: a fare or expense was approved without a receipt": """
        SELECT id FROM claim_lines WHERE state = 'approved' AND kind IN ('fare', 'other') AND receipt_id IS NULL""",
    "PAY-13: money went to details that were not confirmed": """
        SELECT payments.id FROM payments JOIN bank_details ON bank_details.id = bank_detail_id JOIN payment_runs
          ON payment_runs.id = run_id
         WHERE bank_details.participant_id <> payments.participant_id
            OR bank_details.state = 'unconfirmed' AND payments.state NOT IN ('made', 'cancelled')
              AND (waits_since IS NULL OR sent_at > waits_since)""",
    "PAY-13: details given after others were set aside count as confirmed, and nobody has checked them": """
        SELECT id FROM bank_details AS given WHERE state = 'confirmed' AND confirmed_by IS NULL AND EXISTS (
               SELECT FROM bank_details AS wrong
                WHERE wrong.participant_id = given.participant_id AND wrong.set_aside_at <= given.given_at
                  AND NOT EXISTS (
                      SELECT FROM bank_details AS checked
                       WHERE checked.participant_id = given.participant_id
                         AND checked.same_account = given.same_account AND checked.confirmed_at >= wrong.set_aside_at))
""",
    "NET-03: a recharge for an attendance is there twice": """
        SELECT attendance_id FROM recharges WHERE state <> 'refused' AND fee_pence + expenses_pence > 0
         GROUP BY attendance_id, direction HAVING count(*) > 1""",
    "NET-03: a recharge is above what was agreed": """
        SELECT recharges.id FROM recharges
         WHERE state <> 'refused' AND (fee_pence > most_fee_pence OR expenses_pence > most_expenses_pence)
            OR direction = 'received' AND state = 'accepted' AND expenses_pence > (
               SELECT coalesce(max(expenses_cap_pence), 0) FROM funding_terms
                 WHERE funding_terms.opportunity_id = recharges.opportunity_id)
            OR direction = 'received' AND state = 'accepted' AND fee_pence > 0 AND NOT EXISTS (
               SELECT FROM funding_terms WHERE funding_terms.opportunity_id = recharges.opportunity_id
                 AND funding <> 'none' AND rate_pence IS NOT NULL)""",
    "NET-03: a host was asked for more than was paid": """
        SELECT recharges.id FROM recharges
         WHERE direction = 'raised' AND fee_pence + expenses_pence > (
               SELECT coalesce(sum(approved_pence), 0) FROM claim_lines JOIN claims ON claims.id = claim_id
                WHERE claims.attendance_id = recharges.attendance_id AND claims.state = 'paid')""",
    "NET-03: what a recharge is worth is not what the ledger says": """
        SELECT recharges.id FROM recharges
         WHERE CASE state WHEN 'refused' THEN 0 ELSE fee_pence + expenses_pence END <> (
               SELECT
                 coalesce(sum(CASE
                 account WHEN 'recharge-receivable' THEN pence WHEN 'recharge-payable' THEN -pence ELSE 0 END), 0)
                 FROM postings JOIN journal ON journal.id = journal_id WHERE journal.recharge_id = recharges.id)""",
    "NET-03: a statement was paid and the ledger does not say so, or says another sum": """
        SELECT statements.id FROM statements
         WHERE CASE WHEN state = (CASE direction WHEN 'issued' THEN 'received' ELSE 'settled' END)
                    THEN (SELECT coalesce(sum(ours_pence), 0) FROM statement_lines WHERE statement_id = statements.id)
                      ELSE 0 END <> (
               SELECT
                 coalesce(sum(CASE
                 account WHEN 'recharge-receivable' THEN -pence WHEN 'recharge-payable' THEN pence ELSE 0 END), 0)
                 FROM postings JOIN journal ON journal.id = journal_id WHERE journal.statement_id = statements.id)""",
    "NET-03: a statement is called agreed and its figures differ": """
        SELECT statements.id FROM statement_lines AS line JOIN statements ON statements.id = line.statement_id
         WHERE state IN ('agreed', 'settled', 'received') AND ours_pence IS DISTINCT FROM theirs_pence
           AND ours_pence > 0""",
    "NET-03: a host agreed to more than its recharge asks for": """
        SELECT recharges.id FROM recharges
          JOIN statement_lines AS line ON line.recharge_id = recharges.recharge_id
          JOIN statements ON statements.id = line.statement_id AND statements.organisation = recharges.organisation
         WHERE recharges.direction = 'raised' AND statements.direction = 'issued' AND statements.state = 'agreed'
         GROUP BY recharges.id HAVING sum(ours_pence) > max(fee_pence + expenses_pence)""",
}
