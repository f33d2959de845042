"""Why a payment did not arrive, as the bank says it, and as its owner and finance read it (PAY-12)."""

import re
from dataclasses import dataclass

BECAUSE = {
    "lost": "What we sent or gave you was lost. We will send it again.",
    "taken-back": "You gave back what we sent you. We will send it again.",
    "came-back": "The bank sent the money back to us. We will send it again.",
    "not-paid": "The bank did not make this payment because of something at our end. We will try again.",
    "came-back-details": "The bank sent the money back to us. Please check your bank details.",
    "not-paid-details": "The bank could not make this payment. Please check your bank details.",
}
"""Why something goes again, as its owner reads it."""
BY_HAND = {
    "lost": "lost",
    "taken-back": "taken back",
    "came-back": "came back",
    "not-paid": "not paid by the bank, for a reason at our end",
    "came-back-details": "came back, the account is wrong",
    "not-paid-details": "not paid by the bank, the account is wrong",
}
"""The same for finance, beside the bank's own words."""


@dataclass(frozen=True, slots=True)
class BankReason:
    """code: of ISO's list of status reasons, or "". proprietary: the bank's own code. information: its own words."""

    code: str = ""
    proprietary: str = ""
    information: str = ""


PAYEE_REASONS = {
    "AC01": "The bank does not know this account number.",
    "AC03": "The bank does not know this account number.",
    "AC04": "This account is closed.",
    "AC06": "This account cannot take payments now. Your bank can tell you why.",
    "AC07": "This account is closed.",
    "AC08": "The bank does not know this sort code.",
    "AC11": "This account does not take pounds.",
    "AC12": "This account cannot take this kind of payment.",
    "AC14": "This account cannot take this kind of payment.",
    "AC15": "The details of this account have changed.",
    "AG01": "This account cannot take this kind of payment.",
    "AGNT": "The bank does not know this sort code.",
    "BE01": "The name does not go with this account.",
    "BE06": "The bank does not know a customer with this name and account.",
    "CNOR": "The bank does not know this sort code.",
    "RC01": "The bank does not know this sort code.",
    "RC04": "The bank does not know this sort code.",
    "RC07": "The bank does not know this sort code.",
    "RC08": "The bank does not know this sort code.",
    "RC10": "The bank does not know this sort code.",
    "UCRD": "The bank does not know a customer with this name and account.",
}
"""Reasons that are about the payee's account, as its owner reads them."""
UNSAID = frozenset({"", "MS02", "MS03", "NARR", "NOAS"})
"""Codes with which a bank says no reason, or says it in words of its own."""
_FINANCE = {
    "AC01": "wrong account number",
    "AC02": "our own account number is wrong",
    "AC03": "wrong account number",
    "AC04": "account closed",
    "AC05": "our own account is closed",
    "AC06": "account blocked",
    "AC07": "account closed",
    "AC13": "our own account is of the wrong kind",
    "AG01": "payments to this account are not allowed",
    "AG02": "the file has the wrong kind of payment",
    "AG08": "we may not pay from this account",
    "AGNT": "wrong sort code",
    "AM01": "the amount is nothing",
    "AM02": "the amount is too high",
    "AM03": "wrong currency",
    "AM04": "not enough money on our account",
    "AM05": "sent twice",
    "AM09": "wrong amount",
    "AM10": "the sum of the file is wrong",
    "AM14": "above our limit with the bank",
    "AM18": "the number of payments in the file is wrong",
    "BE01": "the name does not go with the account",
    "BE06": "unknown customer",
    "CUST": "cancelled by us",
    "CURR": "wrong currency",
    "DS02": "somebody at our end has still to authorise the file",
    "DT01": "wrong date",
    "DU01": "this file was sent before",
    "DU02": "this batch was sent before",
    "DU03": "this payment was sent before",
    "DU04": "this reference was used before",
    "DU05": "this reference was used before",
    "DUPL": "sent twice",
    "FF01": "the bank cannot read the file",
    "MS02": "the payee’s bank or the payee does not say why",
    "MS03": "the bank does not say why",
    "NARR": "the bank says why in its own words",
    "RC01": "wrong sort code",
    "RC03": "our own sort code is wrong",
    "RC09": "our own sort code is wrong",
    "RF01": "this reference was used before",
    "TM01": "too late in the day",
}
_IN_WORDS: tuple[tuple[str, str], ...] = (
    (r"\bclosed\b", "AC04"),
    (r"\b(blocked|frozen)\b", "AC06"),
    (r"\bsort ?code\b", "RC01"),
    (r"\b(invalid|unknown|wrong|incorrect|no|no such) (account|a/c)( number| no)?\b", "AC01"),
    (r"\baccount( number)? (not found|unknown|invalid|incorrect|does not exist)\b", "AC01"),
    (r"\bname (mismatch|does not match|differs)\b", "BE01"),
    (r"\binsufficient funds\b|\black of funds\b", "AM04"),
    (r"\bduplicate\b", "DUPL"),
)
"""What banks write where they give no code of ISO's, and the code that says the same; the first that fits."""


def code_of(reason: BankReason) -> str:
    """PAY-12: ISO's code for a reason: the bank's, or what its own code or words say in so many words; NARR where they
    say something that we do not know; "" where the bank says nothing."""
    if reason.code not in UNSAID:
        return reason.code
    own = reason.proprietary.upper()
    if own in PAYEE_REASONS or own in _FINANCE:
        return own
    words = words_of(reason)
    if found := code_in(words):
        return found
    return "NARR" if words else reason.code.replace("NARR", "")


def code_in(words: str) -> str:
    """PAY-12: the code that says what these words of a bank say; "" where they say nothing that we know."""
    plain = re.sub(r"[_-]", " ", words)
    return next((code for pattern, code in _IN_WORDS if re.search(pattern, plain, re.IGNORECASE)), "")


def words_of(reason: BankReason) -> str:
    """The bank's own code and words, for staff alone."""
    return ": ".join(filter(None, [reason.proprietary, reason.information]))


OWN_WORDS = (
    "The bank could not make this payment. It gave a reason in words of its own: ask us, and we tell you what "
    "it said. Please check your bank details."
)


def plain_reason(code: str, *, is_ours: bool = False) -> str:
    """PAY-12: the bank's reason code (ISO 20022 ExternalStatusReason1Code) as the payee reads it."""
    if is_ours or is_ours_to_mend(code):
        return "The bank could not make this payment because of something at our end. We will try again."
    if code == "NARR":
        return OWN_WORDS
    return PAYEE_REASONS.get(
        code, "The bank could not make this payment and did not say why. Please check your bank details."
    )


def is_ours_to_mend(code: str) -> bool:
    """PAY-12: whether the payment can go again without the person doing anything: whatever is not known to be about
    their account, unless the bank says no reason at all."""
    return code not in PAYEE_REASONS and code not in UNSAID


def for_finance(code: str) -> str:
    """ "account closed (AC04)": the bank's code in words, for those who work with the bank."""
    if not code:
        return ""
    words = _FINANCE.get(code) or (
        PAYEE_REASONS[code].rstrip(".").lower() if code in PAYEE_REASONS else "the bank’s code"
    )
    return f"{words} ({code})"
