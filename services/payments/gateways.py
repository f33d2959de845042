"""Ports to the outside: keys, receipts on disk, bank files, the modulus table."""

from dataclasses import dataclass

from services.payments.bank_details.domain.banking import ModulusTable
from services.payments.bank_details.gateways.modulus import load_table
from services.payments.bank_details.gateways.vault import Vault
from services.payments.paying.gateways.bank_files import Payer
from services.payments.receipts.gateways import Cleaner, ReceiptStore
from services.payments.settings import Settings


@dataclass(frozen=True, slots=True)
class Gateways:
    vault: Vault
    receipts: ReceiptStore
    cleaner: Cleaner
    payer: Payer
    modulus: ModulusTable
    known_number_days: int
    statements_kept_days: int


def open_gateways(settings: Settings) -> Gateways:
    """Exits with code 2 and a clear sentence if a file that the settings name cannot be used."""
    try:
        vault = Vault.from_file(settings.bank_keys)
        modulus = load_table(settings.modulus_weights, settings.modulus_substitutes)
    except (OSError, ValueError) as error:
        raise SystemExit(f"This service cannot start.\n{error}") from None
    payer = Payer(settings.payer_name, settings.payer_sort_code, settings.payer_account_number)
    return Gateways(
        vault,
        ReceiptStore(settings.storage_dir),
        Cleaner(),
        payer,
        modulus,
        settings.known_number_days,
        settings.statements_kept_days,
    )
