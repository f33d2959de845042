"""The keys and the tables that pages about accounts ask for."""

from fastapi import Request

from services.payments.bank_details.domain.banking import ModulusTable
from services.payments.bank_details.gateways.vault import Vault


def vault_of(request: Request) -> Vault:
    return request.app.state.gateways.vault


def modulus_of(request: Request) -> ModulusTable:
    return request.app.state.gateways.modulus
