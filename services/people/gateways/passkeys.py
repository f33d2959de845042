"""Asks browsers for passkeys and checks their answers, with py_webauthn, for our own host name and address alone."""

from collections.abc import Collection
from dataclasses import dataclass
from ipaddress import ip_address
from urllib.parse import urlsplit
from uuid import UUID

from webauthn import (
    generate_authentication_options,
    generate_registration_options,
    options_to_json,
    verify_authentication_response,
    verify_registration_response,
)
from webauthn.helpers import parse_authentication_credential_json, parse_registration_credential_json
from webauthn.helpers.exceptions import WebAuthnException
from webauthn.helpers.structs import (
    AuthenticatorSelectionCriteria,
    PublicKeyCredentialDescriptor,
    ResidentKeyRequirement,
    UserVerificationRequirement,
)

from services.people.domain.passkeys import CHALLENGE_FOR, Site
from shared.foreign import json_in

_MILLISECONDS = int(CHALLENGE_FOR.total_seconds() * 1000)
_WRONG = (WebAuthnException, ValueError, KeyError, TypeError, AttributeError, OverflowError, RecursionError)
"""Errors that the library raises for a wrong or an invented answer."""


class WrongAnswer(Exception):
    """The answer is not right: it is for another challenge, address or key, or malformed."""


@dataclass(frozen=True, slots=True)
class Made:
    credential_id: bytes
    public_key: bytes
    counter: int


def site_of(public_url: str) -> Site | None:
    """None where browsers make no passkeys: if our address is a number, or is not served over TLS. "localhost" counts
    as secure."""
    parts = urlsplit(public_url)
    try:
        host = (parts.hostname or "").encode("idna").decode()
        port = parts.port
    except ValueError:
        return None
    local = host == "localhost" or host.endswith(".localhost")
    if not host or _is_number(host) or not (parts.scheme == "https" or (parts.scheme == "http" and local)):
        return None
    shown = "" if port in (None, 443 if parts.scheme == "https" else 80) else f":{port}"
    return Site(host, f"{parts.scheme}://{host}{shown}")


def _is_number(host: str) -> bool:
    try:
        ip_address(host)
    except ValueError:
        return False
    return True


def to_make(
    site: Site, challenge: bytes, person_id: UUID, organisation: str, account: str, held: Collection[bytes]
) -> str:
    """JSON for navigator.credentials.create(). held: the ids of passkeys they have, so that none is made twice."""
    return options_to_json(
        generate_registration_options(
            rp_id=site.rp_id,
            rp_name=organisation,
            user_id=person_id.bytes,
            user_name=account,
            challenge=challenge,
            timeout=_MILLISECONDS,
            authenticator_selection=AuthenticatorSelectionCriteria(
                resident_key=ResidentKeyRequirement.PREFERRED, user_verification=UserVerificationRequirement.PREFERRED
            ),
            exclude_credentials=[PublicKeyCredentialDescriptor(id=each) for each in held],
        )
    )


def to_ask(site: Site, challenge: bytes, held: Collection[bytes]) -> str:
    """JSON for navigator.credentials.get(). held: the ids of the passkeys that may answer."""
    return options_to_json(
        generate_authentication_options(
            rp_id=site.rp_id,
            challenge=challenge,
            timeout=_MILLISECONDS,
            allow_credentials=[PublicKeyCredentialDescriptor(id=each) for each in held],
            user_verification=UserVerificationRequirement.PREFERRED,
        )
    )


def made(answer: str, site: Site, challenge: bytes) -> Made:
    """The passkey that create() made. Raises WrongAnswer."""
    try:
        credential = parse_registration_credential_json(answer)
        _refuse_within_another(credential.response.client_data_json)
        verified = verify_registration_response(
            credential=credential, expected_challenge=challenge, expected_rp_id=site.rp_id, expected_origin=site.origin
        )
    except _WRONG as error:
        raise WrongAnswer(type(error).__name__) from None
    return Made(verified.credential_id, verified.credential_public_key, verified.sign_count)


def _refuse_within_another(client_data: bytes) -> None:
    """Another site asked, with our page in a frame. Our pages may not be framed."""
    said = json_in(client_data)
    if said.get("crossOrigin") or "topOrigin" in said:
        raise ValueError


def credential_in(answer: str) -> bytes:
    """The id of the passkey that claims to answer. Raises WrongAnswer."""
    try:
        return parse_authentication_credential_json(answer).raw_id
    except _WRONG as error:
        raise WrongAnswer(type(error).__name__) from None


def counter_in(answer: str, site: Site, challenge: bytes, public_key: bytes) -> int:
    """The counter of a right answer. Raises WrongAnswer.

    The caller checks afterwards whether it fell, so that an unsigned answer can never stop somebody's passkey."""
    try:
        credential = parse_authentication_credential_json(answer)
        _refuse_within_another(credential.response.client_data_json)
        return verify_authentication_response(
            credential=credential,
            expected_challenge=challenge,
            expected_rp_id=site.rp_id,
            expected_origin=site.origin,
            credential_public_key=public_key,
            credential_current_sign_count=0,
        ).new_sign_count
    except _WRONG as error:
        raise WrongAnswer(type(error).__name__) from None
