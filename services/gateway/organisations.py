"""Which keys belong to whom: pinned when first announced, changed only with the pinned key's signature (NET-04)."""

from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import delete, func, select, update
from sqlalchemy.dialects.postgresql import insert

from services.gateway.domain import PinnedKeys
from services.gateway.keys import KeyPairs, OwnKeys, PublicKeys, read_keys
from services.gateway.tables import keys, sealed_messages
from shared.db import Database, Transaction

STILL_ON_ITS_WAY = timedelta(hours=1)
"""Longer than a message is tried again."""


@dataclass(frozen=True, slots=True)
class AnnouncedOrganisation:
    """Another organisation, or we ourselves, as announced."""

    name: str
    display_name: str
    url: str
    keys: PublicKeys
    version: int
    first_seen: datetime
    changed_at: datetime
    announced_at: datetime | None
    removed_version: int | None
    refused: PublicKeys | None
    signs: bool
    """Whether it signs its public events."""
    signing_before: bytes | None
    """What it signed with before its keys were turned."""

    def signing_keys(self, now: datetime) -> tuple[bytes, ...]:
        """What a signature of its own is made with. The key before counts for a while: what it signed may still be on
        its way."""
        if self.signing_before is None or now - self.changed_at > STILL_ON_ITS_WAY:
            return (self.keys.signing,)
        return (self.keys.signing, self.signing_before)

    @property
    def is_removed(self) -> bool:
        return self.removed_version is not None

    @property
    def pinned(self) -> PinnedKeys:
        return PinnedKeys(self.keys.signing, self.keys.sealing, self.version, self.removed_version)


class KeyRing:
    """Our own keys from their file, and everyone's public ones from the database; both held in memory."""

    def __init__(self, path: Path, database: Database) -> None:
        self.path = path
        self.own: OwnKeys = read_keys(path)
        self.organisations: dict[str, AnnouncedOrganisation] = {}
        self.loaded = False
        self._database = database
        self._read_at = path.stat().st_mtime_ns

    def read_again(self) -> None:
        """Take on a file that was changed. Raises ValueError if it is none; the keys that we had stay in use."""
        changed = self.path.stat().st_mtime_ns
        if changed != self._read_at:
            self.own = read_keys(self.path)
            self._read_at = changed

    async def load(self) -> None:
        self.organisations = {found.name: found for found in await self._database.read(all_known)}
        self.loaded = True

    def of(self, name: str) -> PublicKeys | None:
        """The pinned keys; None for an organisation that has not announced itself or was removed."""
        found = self.organisations.get(name)
        return None if found is None or found.is_removed else found.keys

    def announced(self, us: str) -> KeyPairs | None:
        """Our pairs that others have been told of, which are the ones to sign with; None before we have announced
        ourselves."""
        held = self.organisations.get(us)
        return next((pair for pair in self.own.pairs if held is not None and pair.public == held.keys), None)


async def all_known(tx: Transaction) -> list[AnnouncedOrganisation]:
    return [
        AnnouncedOrganisation(
            name=row.organisation,
            display_name=row.display_name,
            url=row.url,
            keys=PublicKeys(row.sealing_key, row.signing_key),
            version=row.version,
            first_seen=row.first_seen,
            changed_at=row.changed_at,
            announced_at=row.announced_at,
            removed_version=row.removed_version,
            refused=PublicKeys(row.refused_sealing_key, row.refused_signing_key)
            if row.refused_version is not None
            else None,
            signs=row.signs_since is not None,
            signing_before=row.signing_key_before,
        )
        for row in await tx.all(select(keys).order_by(keys.c.organisation))
    ]


async def keep(
    tx: Transaction,
    name: str,
    *,
    display_name: str,
    url: str,
    public: PublicKeys,
    version: int,
    first: bool,
    signs: bool,
    before: bytes | None,
) -> None:
    """Write what an organisation announced and we believe. first: it was not known. signs: it says that it signs its
    public events.

    before: what it signed with before these keys.
    """
    values: dict[str, Any] = {
        "display_name": display_name,
        "url": url,
        "sealing_key": public.sealing,
        "signing_key": public.signing,
        "version": version,
        "changed_at": func.clock_timestamp(),
        "removed_version": None,
        "refused_sealing_key": None,
        "refused_signing_key": None,
        "refused_version": None,
    }
    if first:
        values["first_seen"] = func.clock_timestamp()
    if signs:
        values["signs_since"] = func.coalesce(keys.c.signs_since, func.clock_timestamp())
    if before is not None:
        values["signing_key_before"] = before
    added = values | ({"signs_since": func.clock_timestamp()} if signs else {})
    await tx.execute(
        insert(keys)
        .values(organisation=name, **added)
        .on_conflict_do_update(index_elements=["organisation"], set_=values)
    )


async def announced(tx: Transaction, name: str) -> None:
    await tx.execute(update(keys).where(keys.c.organisation == name).values(announced_at=func.clock_timestamp()))


async def signs(tx: Transaction, name: str) -> None:
    """It signed a public event: from now on it signs them all."""
    await tx.execute(
        update(keys)
        .where(keys.c.organisation == name, keys.c.signs_since.is_(None))
        .values(signs_since=func.clock_timestamp())
    )


async def refuse(tx: Transaction, name: str, public: PublicKeys, version: int) -> None:
    """Remember keys that the pinned one had not signed for, so that staff see them and can compare them by
    telephone."""
    await tx.execute(
        update(keys)
        .where(keys.c.organisation == name)
        .values(refused_sealing_key=public.sealing, refused_signing_key=public.signing, refused_version=version)
    )


async def trust_refused(tx: Transaction, name: str, compared: PublicKeys) -> bool:
    """Staff compared these refused keys with the organisation: they are its own from now on, and nothing that the old
    ones signed counts.

    False if it has announced others since they were shown: those nobody has compared.
    """
    as_compared = (keys.c.refused_sealing_key == compared.sealing) & (keys.c.refused_signing_key == compared.signing)
    values = {
        "sealing_key": keys.c.refused_sealing_key,
        "signing_key": keys.c.refused_signing_key,
        "version": keys.c.refused_version,
        "changed_at": func.clock_timestamp(),
        "removed_version": None,
        "signing_key_before": None,
        "refused_sealing_key": None,
        "refused_signing_key": None,
        "refused_version": None,
    }
    trusting = (
        update(keys).where(keys.c.organisation == name, keys.c.refused_version.is_not(None), as_compared).values(values)
    )
    return await tx.first(trusting.returning(keys.c.organisation)) is not None


async def forget(tx: Transaction, name: str) -> None:
    """The organisation left the network, says the hub: nothing is sealed to it, and its sealed messages go. Its keys
    stay pinned for when it is back."""
    await tx.execute(
        update(keys)
        .where(keys.c.organisation == name)
        .values(removed_version=keys.c.version, changed_at=func.clock_timestamp())
    )
    await tx.execute(delete(sealed_messages).where(sealed_messages.c.origin == name))
