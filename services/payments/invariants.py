"""What must never be: each sentence's SQL returns no rows. Run by tests, by `chorus doctor` and after every fault."""

INVARIANTS: dict[str, str] = {
    "PAY-11: an entry of the journal does not balance, or moves nothing": """
        SELECT journal.id FROM journal LEFT JOIN postings ON postings.journal_id = journal.id
         GROUP BY journal.id HAVING coalesce(sum(pence), 0) <> 0 OR count(postings.id) = 0""",
    "PAY-11: the ledger as a whole does not balance": "SELECT sum(pence) FROM postings HAVING coalesce(sum(pence), 0) <> 0",
    "PAY-12: a payable was paid more than once": "SELECT payable_id FROM payments WHERE state = 'paid' GROUP BY payable_id HAVING count(*) > 1",
    "PAY-12: a payable is in two live payment runs": """
        SELECT payable_id FROM payments WHERE state NOT IN ('rejected', 'cancelled') GROUP BY payable_id HAVING count(*) > 1""",
    "PAY-12: more was paid for a claim than was approved": """
        SELECT claim_id FROM payments WHERE state = 'paid' GROUP BY claim_id
        HAVING sum(amount_pence) > (SELECT coalesce(sum(approved_pence), 0) FROM claim_lines WHERE claim_lines.claim_id = payments.claim_id)""",
    "PAY-12: a payment differs from what it pays": """
        SELECT payments.id FROM payments JOIN payables ON payables.id = payments.payable_id
         WHERE (payments.amount_pence, payments.claim_id, payments.participant_id) IS DISTINCT FROM
               (payables.amount_pence, payables.claim_id, payables.participant_id)""",
    "PAY-12: what was paid is not what the ledger says was paid": """
        SELECT paid, entered FROM
            (SELECT coalesce(sum(amount_pence), 0) AS paid FROM payments WHERE state = 'paid') AS payments,
            (SELECT coalesce(sum(pence), 0) AS entered FROM postings WHERE account = 'budget-spent') AS postings
         WHERE paid <> entered""",
    "PAY-11: what we owe is not what the ledger says we owe": """
        SELECT owed, entered FROM
            (SELECT coalesce(sum(payables.amount_pence), 0) AS owed FROM payables
              WHERE NOT EXISTS (SELECT FROM payments WHERE payable_id = payables.id AND payments.state IN ('sent', 'paid'))) AS payables,
            (SELECT -coalesce(sum(pence), 0) AS entered FROM postings WHERE account = 'participant-payable') AS postings
         WHERE owed <> entered""",
    "PAY-12: a payable's state and its payments do not agree": """
        SELECT payables.id FROM payables
         WHERE (payables.state = 'in-run') <> EXISTS (SELECT FROM payments WHERE payable_id = payables.id AND payments.state IN ('made', 'sent'))
            OR (payables.state = 'paid') <> EXISTS (SELECT FROM payments WHERE payable_id = payables.id AND payments.state = 'paid')""",
    "PAY-12: a claim is called paid and something of it is not": """
        SELECT claims.id FROM claims JOIN payables ON payables.claim_id = claims.id WHERE claims.state = 'paid' AND payables.state <> 'paid'""",
    "PAY-12: a claim that is not approved has something to pay": """
        SELECT payables.id FROM payables JOIN claims ON claims.id = payables.claim_id WHERE claims.state NOT IN ('approved', 'returned', 'paid')""",
    "PAY-12: a payment has no claim that says so (an event for each payment, and one alone)": """
        SELECT payments.claim_id FROM payments WHERE state = 'paid' GROUP BY claim_id
        HAVING count(*) <> (SELECT count(*) FROM outbox WHERE subject = 'payments.claim-paid.v1' AND aggregate_id = payments.claim_id)""",
    "PAY-06: an attendance has neither a claim nor a reason": """
        SELECT attendance_id FROM attendances
         WHERE no_claim_because IS NULL AND NOT EXISTS (SELECT FROM claims WHERE claims.attendance_id = attendances.attendance_id)""",
    "PAY-11: an approved claim has no entry in the journal": """
        SELECT claims.id FROM claims WHERE state IN ('approved', 'returned', 'paid')
           AND (SELECT coalesce(sum(approved_pence), 0) FROM claim_lines WHERE claim_id = claims.id) <>
               (SELECT coalesce(-sum(pence), 0) FROM postings JOIN journal ON journal.id = journal_id
                 WHERE journal.claim_id = claims.id AND what = 'approved' AND account = 'participant-payable')""",
    "PAY-10: somebody approved their own claim": """
        SELECT approvals.id FROM approvals JOIN claims ON claims.id = claim_id WHERE approver_id IN (participant_id, helped_by)""",
    "PAY-10: somebody both approved and released one claim": """
        SELECT payments.id FROM payments JOIN payment_runs ON payment_runs.id = run_id JOIN approvals ON approvals.claim_id = payments.claim_id
         WHERE approvals.decision = 'approved' AND approver_id IN (made_by, sent_by) AND payments.state <> 'cancelled'""",
    "PAY-05: a fare or expense was approved without a receipt": """
        SELECT id FROM claim_lines WHERE state = 'approved' AND kind IN ('fare', 'other') AND receipt_id IS NULL""",
    "PAY-13: money went to details that were not confirmed": """
        SELECT payments.id FROM payments JOIN bank_details ON bank_details.id = bank_detail_id
         WHERE bank_details.state = 'unconfirmed' OR bank_details.participant_id <> payments.participant_id""",
}
