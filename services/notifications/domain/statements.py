"""NET-03: what answers to statements between organisations mean for tasks."""


def happening_of_answer_to_us(state: str) -> str:
    """NET-03: a host's answer to our statement. A difference becomes a task for finance."""
    return "statement-differs" if state == "differs" else "statement-agreed"


def happening_of_our_answer(state: str, *, total_pence: int) -> str:
    """NET-03: our answer to a home organisation's statement. What we agreed to owe becomes a task to pay it."""
    return "statement-to-pay" if state == "agreed" and total_pence > 0 else "statement-not-to-pay"
