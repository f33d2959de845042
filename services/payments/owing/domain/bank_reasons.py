"""Why a payment did not arrive: as the bank says it, and as its owner and finance read it (PAY-12)."""

import re
from dataclasses import dataclass

BECAUSE = {
    "lost": "What we sent or gave you was lost. We will send it again.",
    "taken-back": "What we sent or gave you is back with us. You will get it again.",
    "came-back": "The bank sent the money back to us. We will send it again.",
    "not-paid": "As far as we know, this payment was not made, because of something at our end. We will check, and try "
    "again.",
    "came-back-details": "The bank sent the money back to us. Please check your bank details.",
    "not-paid-details": "The bank could not make this payment. Please check your bank details.",
}
"""Why something is sent again, as its owner reads it."""
BY_HAND = {
    "lost": "lost",
    "taken-back": "taken back",
    "came-back": "came back",
    "not-paid": "not made, for a reason at our end",
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


FAULTS = {
    "AC01": "account-number",
    "AC03": "account-number",
    "AC04": "closed",
    "AC06": "blocked",
    "AC07": "closed",
    "AC08": "sort-code",
    "AC11": "currency",
    "AC12": "kind",
    "AC14": "kind",
    "AC15": "changed",
    "AG01": "kind",
    "AGNT": "sort-code",
    "BE01": "name",
    "BE06": "customer",
    "CNOR": "sort-code",
    "RC01": "sort-code",
    "RC04": "sort-code",
    "RC07": "sort-code",
    "RC08": "sort-code",
    "RC10": "sort-code",
    "UCRD": "customer",
}
"""What ISO's codes say of the payee's account; messages name these, too."""
_AS_READ = {
    "account-number": "The bank does not know this account number.",
    "closed": "This account is closed.",
    "blocked": "This account cannot take payments now. Your bank can tell you why.",
    "sort-code": "The bank does not know this sort code.",
    "currency": "This account does not take pounds.",
    "kind": "This account cannot take this kind of payment.",
    "changed": "The details of this account have changed.",
    "name": "The name does not go with this account.",
    "customer": "The bank does not know a customer with this name and account.",
}
PAYEE_REASONS = {code: _AS_READ[fault] for code, fault in FAULTS.items()}
"""Reasons to do with the payee's account, as its owner reads them."""
UNSAID = frozenset({"", "MS02", "MS03", "NARR", "NOAS"})
"""Codes with which a bank gives no reason, or gives it in its own words."""
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
    "BE05": "the bank does not know us as who pays",
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
_ACCOUNT = r"\b(?:accounts?|a/c|acct)"
_BETWEEN = (
    r"(?:[ :(]+(?!(?:not|system|service|clearing|window|bank|branch|batch|file|run|office)\b)[\w/']+\)?){0,5}[ :]+"
)
HAD_BEFORE = frozenset({"AM05", "DU01", "DU02", "DU03", "DU04", "DU05", "DUPL", "RF01"})
"""Codes with which a bank refuses what it has already."""
CLEAR = (frozenset(PAYEE_REASONS) | frozenset(_FINANCE)) - HAD_BEFORE - UNSAID - {"FF01"}
"""Codes that say why a payment was not made, and that no bank uses for what it has already."""
_TAKEN_IN = (
    r"(?:sent|received|submitted|processed|uploaded|loaded|presented|accepted|executed|settled|completed|booked|paid|"
    r"exists?|used|known|imported|transmitted|delivered)"
)
_HAD = (
    r"\b(?:am05|du0[1-5]|rf01)\b|(?<!\bno )\bdup(?:s|l|licat\w*)?\b|(?<!\bnot )(?<!\bnever )(?:"
    rf"\b{_TAKEN_IN} (?:twice|already|previously|more than once|before(?= *(?:$|[.;,)])))"
    rf"|\b(?:already|previously) (?:been )?{_TAKEN_IN}\b|\bnot unique\b|\bnon unique\b"
    r"|\b(?:identical|repeat(?:ed)?|re ?sent|re ?submitted) payment\b"
    r"|\b(?:identical|repeat(?:ed)?|re ?sent|re ?submitted|second) "
    r"(?:submission|file|batch|transmission|upload|message)\b)"
)
"""How banks say it in words. Not whole, and it need not be: whatever a file held is looked at before it goes again."""
_FAULTY = (
    r"\b(?:in ?valid|unknown|wrong|incorrect|bad|missing|mismatch|closed|not?|cannot|un ?recogni[sz]ed|fail\w*|error)\b"
)
_IN_WORDS: tuple[tuple[str, str, str], ...] = (
    (rf"{_ACCOUNT}{_BETWEEN}closed\b|\bclosed {_ACCOUNT}\b", "AC04", "AC05"),
    (rf"{_ACCOUNT}{_BETWEEN}(?:blocked|frozen)\b|\b(?:blocked|frozen) {_ACCOUNT}\b", "AC06", "AG08"),
    (
        rf"{_FAULTY}[^.;]{{0,30}}\bsort ?code\b|\bsort ?code\b[^.;]{{0,40}}{_FAULTY}",
        "RC01",
        "RC03",
    ),
    (r"\b(invalid|unknown|wrong|incorrect|no such) (account|a/c)( number| no)?\b", "AC01", "AC02"),
    (r"\bno (account|a/c)( number)?(?: (found|exists|held|with|in this name)\b|$|[.;,)])", "AC01", "AC02"),
    (r"\baccount( number)? (not found|unknown|invalid|incorrect|does not exist)\b", "AC01", "AC02"),
    (r"\bname (mismatch|does not match|differs)\b", "BE01", "BE05"),
    (r"\b(insufficient|not enough|lack of|no) (available )?(funds|money|balance|cover)\b", "AM04", "AM04"),
    (r"\b(funds|balance|cover) (is |are )?(insufficient|too low)\b|\b(overdrawn|uncovered)\b", "AM04", "AM04"),
    (
        r"\b(limits?|maximum) (exceeded|reached|breached)\b|\b(exceeds|exceeded|over|above)( [a-z]+){0,3} limit\b",
        "NARR",
        "AM14",
    ),
    (r"\b(not|un) ?authori[sz]ed\b|\bsignator(y|ies)\b|\bsignatures?\b", "NARR", "DS02"),
    (r"\b(authori[sz]ation|approval|mandate)s? (is |was )?(missing|required|expired|withdrawn)\b", "NARR", "DS02"),
    (r"\bcut[ -]?off\b|\btoo late\b", "TM01", "TM01"),
    (r"\b(execution|value|payment) date\b", "DT01", "DT01"),
    (r"\bservice user\b", "AG08", "AG08"),
    (_HAD, "DUPL", "DUPL"),
)
"""What banks write without one of ISO's codes, and the code that says the same of the payee's account and of ours;
the first match counts."""
_OUR_TWIN = {
    "AC01": "AC02",
    "AC04": "AC05",
    "AC06": "AG08",
    "AG01": "AG08",
    "BE01": "BE05",
    "BE06": "BE05",
    "RC01": "RC03",
}
"""ISO codes that may mean either account, and the code that says the same of ours."""
_PAYERS = (
    r"debtors?|dbtr|debit(?:ed)? (?:account|party|side|a/c)|account (?:to be )?debited|remitt(?:er|ing)|"
    r"originat(?:or|ing)|ordering|payer|paying|sender|sending|initiating party|(?:funding|source|from) account|your"
)
_WE = re.compile(rf"\b(?:{_PAYERS})\b")
_THEY = re.compile(
    r"\b(?:payees?|beneficiary|bene|creditors?|cdtr|credit (?:account|party|side|a/c)|recipient|receiv(?:er|ing)|"
    r"(?:destination|target|to) account)\b"
)
_EITHER = re.compile(r"\b(?:client|customer)(?:'?s)?\b")
"""Each of the two is somebody's customer."""
_OUR_FILE = re.compile(r"\b(?:file|batch|submission)\b")
_ON_ITS_WAY = re.compile(
    r"\b(?:(?:sent |credited )?back|return(?:ed|ing|s)?|refund(?:ed)?|advise|contact|refer) "
    rf"(?:to )?(?:the )?(?:{_PAYERS})\b"
)
"""Phrases about who gets the money back or whom to ask: they do not tell whose account is wrong."""


def code_of(reason: BankReason) -> str:
    """PAY-12: ISO's code for a reason: the bank's, or the one that its own code or words clearly mean; NARR if we do
    not understand them, "" if the bank says nothing. If the words name our side, it is our fault."""
    words = words_of(reason)
    own = reason.proprietary.upper()
    code = reason.code if reason.code not in UNSAID else own if own in PAYEE_REASONS or own in _FINANCE else ""
    if code:
        return _OUR_TWIN.get(code, code) if is_about_us(words) else code
    if found := code_in(words):
        return found
    return "NARR" if words else reason.code.replace("NARR", "")


def code_in(words: str) -> str:
    """PAY-12: the code for what these words of a bank say about the account that they name; "" if they say nothing
    that we know."""
    plain = _plain(words)
    for pattern, theirs, ours in _IN_WORDS:
        if fault := re.search(pattern, plain):
            named = _named_beside(plain, fault)
            if named == "" and theirs in _OUR_TWIN and _EITHER.search(plain):
                return ""
            code = ours if named == "us" or (theirs == "NARR" and named == "") else theirs
            return code.replace("NARR", "")
    return ""


def says_it_was_had(reason: BankReason) -> bool:
    """PAY-12: whether the bank refuses this because it has it already, from an earlier file: by its code, or by its
    words where no code says something else. That does not say that nothing went: the first may be paid."""
    code = code_of(reason)
    return code in HAD_BEFORE or (code not in CLEAR and _speaks_of_an_earlier_one(words_of(reason)))


def _speaks_of_an_earlier_one(words: str) -> bool:
    return bool(re.search(_HAD, _plain(words)))


def is_about_us(words: str) -> bool:
    """PAY-12: whether the bank's words name us, our account or our file, and not the payee."""
    plain = _plain(words)
    return bool(_WE.search(plain) or _OUR_FILE.search(plain)) and not _THEY.search(plain)


def _plain(words: str) -> str:
    """Turns DebtorAccount_closed into "debtor account closed", and leaves out whom the money goes back to."""
    apart = re.sub(r"[\s_-]+", " ", re.sub(r"(?<=[a-z])(?=[A-Z])", " ", words)).lower()
    return _ON_ITS_WAY.sub(" ", apart)


def _named_beside(plain: str, fault: re.Match[str]) -> str:
    """ "us" or "them": the last one named before the fault ends, or else the first after it in its sentence; "" if
    neither is named."""
    named = sorted(
        (found.start(), who) for pattern, who in ((_WE, "us"), (_THEY, "them")) for found in pattern.finditer(plain)
    )
    before = [who for start, who in named if start < fault.end()]
    sentence = re.search(r"[.;]|$", plain[fault.end() :])
    assert sentence
    after = [who for start, who in named if fault.end() <= start < fault.end() + sentence.start()]
    return before[-1] if before else after[0] if after else ""


def words_of(reason: BankReason) -> str:
    """The bank's own code and words, for staff only."""
    return ": ".join(filter(None, [reason.proprietary, reason.information]))


OWN_WORDS = (
    "The bank did not make this payment, and said why in words of its own. We find out what they mean, and then we try "
    "again. You do not need to do anything."
)


BLAMES_ACCOUNT = frozenset(PAYEE_REASONS) | (UNSAID - {"NARR"})


def asks_payee(code: str) -> bool:
    """PAY-12: whether we ask the person to check their account: if the bank blames it, or says nothing at all. Words
    that we cannot read blame nobody: finance looks first."""
    return code in BLAMES_ACCOUNT


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
    """PAY-12: whether we know that the fault is ours: any reason that is not about the payee's account, unless the
    bank gives none or words that we cannot read."""
    return code not in PAYEE_REASONS and code not in UNSAID


def for_finance(code: str) -> str:
    """ "account closed (AC04)": the bank's code in words, for those who work with the bank."""
    if not code:
        return ""
    words = _FINANCE.get(code) or (
        PAYEE_REASONS[code].rstrip(".").lower() if code in PAYEE_REASONS else "the bank’s code"
    )
    return words if code == "NARR" else f"{words} ({code})"
