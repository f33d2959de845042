"""The mail catcher of a local instance: takes every mail, delivers none, shows all in a browser and over IMAP."""

from __future__ import annotations

import os
import sys
import time
from email.message import EmailMessage
from pathlib import Path
from typing import Self

from deploy.client.mailbox import caught
from deploy.local.processes import HOST, ChildProcess, ServerError, answers, free_port


class MailCatcher(ChildProcess):
    """SMTP without a password; one mailbox an address, all with one password, over IMAP; all of them on one page over
    HTTP."""

    name = "the mail catcher"

    def __init__(
        self, directory: Path | str, *, password: str, smtp_port: int = 0, imap_port: int = 0, http_port: int = 0
    ) -> None:
        super().__init__(directory)
        self.password = password
        self.smtp_port = smtp_port or free_port()
        self.imap_port = imap_port or free_port()
        self.http_port = http_port or free_port()

    @property
    def ports(self) -> dict[str, int]:
        """By what an instance calls them."""
        return {"smtp": self.smtp_port, "imap": self.imap_port, "mail": self.http_port}

    def messages(self, address: str) -> list[EmailMessage]:
        return caught(address, self.imap_port, self.password)

    def start(self, within: float = 30.0) -> Self:
        if self.running:
            return self
        self._prepare_directory()
        self.end_earlier_run()
        before = self._log_size()
        ports = {"MAIL_SMTP_PORT": self.smtp_port, "MAIL_IMAP_PORT": self.imap_port, "MAIL_HTTP_PORT": self.http_port}
        environment = {
            **os.environ,
            "MAIL_PASSWORD": self.password,
            "XDG_RUNTIME_DIR": str(self.directory),
            **{name: str(port) for name, port in ports.items()},
        }
        self._spawn(
            [sys.executable, "-m", "mail_devel", "--host", HOST, "--multi-user", "--client-max-size", "20M"],
            environment,
        )
        deadline = time.monotonic() + within
        while time.monotonic() < deadline and self.running:
            if all(answers(port) for port in ports.values()):
                return self
            time.sleep(0.05)
        said = self.log_since(before)
        self.kill()
        raise ServerError(
            f"The mail catcher did not start on ports {', '.join(map(str, ports.values()))}. Its log, {self.log}, "
            f"ends with:\n{said}"
        )
