"""The rules of email addresses: when two are the same, and who may change whose."""

from shared.reasons import Reason
from shared.text import is_email


def email_key(email: str) -> str:
    """Addresses that differ only in case are the same."""
    return email.strip().lower()


def same_address(one: str | None, other: str | None) -> bool:
    """Whether a code mailed to one address proves the other. Having no address counts as the same as none."""
    return bool(one and other) and email_key(str(one)) == email_key(str(other))


def reasons_against_email(email: str) -> list[Reason]:
    if not is_email(email):
        return [Reason("PEO-01", "Write an email address like name@example.org", field="email")]
    return []


def reasons_not_to_change_email(
    email: str, *, has_email: bool, helping: bool, of_another: bool = False
) -> list[Reason]:
    """Whoever reads someone's email signs in as them, so a helper may add a first address (PEO-02) but never replace
    one.

    of_another: somebody else's record has it. Ask this only for people who have shown that they read its mail."""
    reasons = reasons_against_email(email)
    if helping and has_email:
        reasons = [
            Reason(
                "PEO-02", "Only they can change their email address, when they have signed in themselves", field="email"
            )
        ]
    if of_another:
        reasons.append(
            Reason("PEO-04", "We hold this address for another record of yours. Ask us to join the two", field="code")
        )
    return reasons
