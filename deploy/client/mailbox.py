"""Reads what a mail catcher on this machine holds, over IMAP."""

from __future__ import annotations

import email
import email.policy
import imaplib
from email.message import EmailMessage

HOST = "127.0.0.1"


def caught(address: str, imap_port: int, password: str, after: int = 0) -> list[EmailMessage]:
    """What the catcher holds for an address, oldest first. after: how many of the oldest were read before."""
    with imaplib.IMAP4(HOST, imap_port, timeout=10) as client:
        client.login(address, password)
        client.select(readonly=True)
        numbers = client.search(None, "ALL")[1][0].split()[after:]
        messages = []
        for number in numbers:
            parts = client.fetch(number.decode(), "(RFC822)")[1]
            raw = next(part[1] for part in parts if isinstance(part, tuple))
            messages.append(email.message_from_bytes(raw, policy=email.policy.default))
        return messages  # pyrefly: ignore
