"""How anything other than a bank payment reaches its owner (PAY-08, PAY-12). Pure: facts in, words out."""

NOT_KNOWN_NOW = "We could not look up how to reach them. Look under People, or fetch this list again."


def how_it_is_handed(method: str, *, email: str, phone: str) -> str:
    """PAY-12: for whoever sends it or hands it over. Vouchers go by email if that is how we reach the person, as
    their own message says; everything else is agreed with them."""
    if method == "vouchers" and email:
        return "Send by email"
    if phone:
        return "Ring them, and agree how they get it"
    return "Write to them, and agree how they get it" if email else "Give it to them when you next see them"
