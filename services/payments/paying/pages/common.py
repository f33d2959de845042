"""The account that we pay from."""

from fastapi import Request

from services.payments.paying.gateways.bank_files import Payer


def payer_of(request: Request) -> Payer:
    """Who pays, and from which account."""
    return request.app.state.gateways.payer
