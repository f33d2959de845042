"""A run of some thousand payments, as after a year without one."""

from services.payments.paying.use_cases import answers, sending
from tests.payments.paying.test_nobody_stands_still import holds_finance
from tests.payments.support import World, person

MANY = 7000
_AGAIN = """
WITH ids AS MATERIALIZED (
    SELECT gen_random_uuid() AS claim, gen_random_uuid() AS payable, gen_random_uuid() AS payment,
           gen_random_uuid() AS attendance, n
      FROM generate_series(1, :more) AS n),
  attendances_again AS (
    INSERT INTO attendances SELECT again.* FROM attendances, ids,
      LATERAL jsonb_populate_record(attendances, jsonb_build_object('attendance_id', attendance)) AS again),
  claims_again AS (
    INSERT INTO claims SELECT again.* FROM claims, ids, LATERAL jsonb_populate_record(claims, jsonb_build_object(
        'id', claim, 'attendance_id', attendance)) AS again WHERE claims.id = :claim),
  payables_again AS (
    INSERT INTO payables SELECT again.* FROM payables, ids, LATERAL jsonb_populate_record(payables, jsonb_build_object(
        'id', payable, 'claim_id', claim, 'amount_pence', 0)) AS again WHERE payables.claim_id = :claim)
INSERT INTO payments SELECT again.* FROM payments, ids, LATERAL jsonb_populate_record(payments, jsonb_build_object(
        'id', payment, 'payable_id', payable, 'claim_id', claim, 'amount_pence', 0, 'end_to_end_id', 'MANY-' || n))
      AS again WHERE payments.claim_id = :claim
"""
"""The same claim over and over, worth nothing, so that the ledger is right as it is."""


async def test_pay_12_of_a_run_of_thousands_it_is_said_at_once_that_all_was_handed_over(world: World) -> None:
    """PostgreSQL allows 32,767 parameters in a statement. The first of two, so that nothing ends yet: that is quick."""
    await holds_finance(world, world.finance, world.second)
    claim_id = await world.approved(person(), recognition="vouchers")
    run_id = await world.run(world.finance)
    await world.do(sending.mark_sent, run_id, by=world.second)
    await world.write(_AGAIN, more=MANY - 1, claim=claim_id)
    await world.do(answers.confirm_rest_by_hand, run_id, transfers=False, by=world.finance)
    said = "SELECT count(*) FROM words_by_hand WHERE how = 'handed-over' AND said_by = :id AND in_file = 0"
    assert await world.value(said, id=world.finance) == MANY
