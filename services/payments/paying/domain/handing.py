"""How what is no bank payment reaches its owner (PAY-08, PAY-12). Pure: facts in, words out."""

NOT_KNOWN_NOW = "We could not look up how to reach them. Look under People, or fetch this list again."


def how_it_is_handed(method: str, *, email: str, phone: str) -> str:
    """PAY-12: for whoever sends or hands it over. Vouchers go by email to whom we reach by email, as their own message
    says; all else is agreed with the person."""
    if method == "vouchers" and email:
        return "Send by email"
    if phone:
        return "Ring them, and agree how they get it"
    return "Write to them, and agree how they get it" if email else "Give it to them when you next see them"
