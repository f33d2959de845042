"""The network's own authority and the certificates that it signs. An organisation is the DNS name
<organisation>.leaf.network.

Each certificate has a second name of its own, <number>.<organisation>.leaf.network: that is the user that the hub lets
in, so that a certificate can be replaced or taken back and an old one never works again.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Self

from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import ExtendedKeyUsageOID, NameOID

from deploy.provisioning.names import DOMAIN

AUTHORITY_LIFE = timedelta(days=3650)
CERTIFICATE_LIFE = timedelta(days=730)
_CLOCKS_DIFFER = timedelta(minutes=10)


@dataclass(frozen=True)
class Certificate:
    """PEM texts. user: its own name, which the hub maps to a user."""

    certificate: str
    key: str
    user: str
    until: datetime


@dataclass(frozen=True)
class Authority:
    """PEM texts. The key signs; it stays with the hub."""

    certificate: str
    key: str

    @classmethod
    def new(cls) -> Self:
        key = ec.generate_private_key(ec.SECP256R1())
        name = _named("Authority of the network")
        signed = (
            _builder(name, name, key, AUTHORITY_LIFE)
            .add_extension(x509.BasicConstraints(ca=True, path_length=0), critical=True)
            .add_extension(_USES_OF_AUTHORITY, critical=True)
            .add_extension(x509.SubjectKeyIdentifier.from_public_key(key.public_key()), critical=False)
            .sign(key, hashes.SHA256())
        )
        return cls(_pem(signed), _pem_of_key(key))

    def certify(self, name: str, hosts: Iterable[str] = ()) -> Certificate:
        """A certificate for an organisation or a node of the hub. hosts: where others reach it, addresses or DNS
        names."""
        authority = x509.load_pem_x509_certificate(self.certificate.encode())
        authority_key = serialization.load_pem_private_key(self.key.encode(), None)
        assert isinstance(authority_key, ec.EllipticCurvePrivateKey)
        key = ec.generate_private_key(ec.SECP256R1())
        builder = _builder(_named(f"{name}.{DOMAIN}"), authority.subject, key, CERTIFICATE_LIFE)
        user = f"{x509.random_serial_number():x}"[:16] + f".{name}.{DOMAIN}"
        names = [x509.DNSName(user), x509.DNSName(f"{name}.{DOMAIN}"), *map(_host, hosts)]
        signed = (
            builder.add_extension(x509.SubjectAlternativeName(names), critical=False)
            .add_extension(x509.BasicConstraints(ca=False, path_length=None), critical=True)
            .add_extension(
                x509.ExtendedKeyUsage([ExtendedKeyUsageOID.SERVER_AUTH, ExtendedKeyUsageOID.CLIENT_AUTH]),
                critical=False,
            )
            .add_extension(
                x509.AuthorityKeyIdentifier.from_issuer_public_key(authority_key.public_key()), critical=False
            )
            .sign(authority_key, hashes.SHA256())
        )
        return Certificate(_pem(signed), _pem_of_key(key), user, signed.not_valid_after_utc)


_USES_OF_AUTHORITY = x509.KeyUsage(
    digital_signature=False,
    content_commitment=False,
    key_encipherment=False,
    data_encipherment=False,
    key_agreement=False,
    key_cert_sign=True,
    crl_sign=True,
    encipher_only=False,
    decipher_only=False,
)


def _builder(
    subject: x509.Name, issuer: x509.Name, key: ec.EllipticCurvePrivateKey, life: timedelta
) -> x509.CertificateBuilder:
    now = datetime.now(UTC)
    return (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(now - _CLOCKS_DIFFER)
        .not_valid_after(now + life)
    )


def _named(name: str) -> x509.Name:
    return x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, name)])


def _host(host: str) -> x509.GeneralName:
    try:
        return x509.IPAddress(ipaddress.ip_address(host))
    except ValueError:
        return x509.DNSName(host)


def _pem(certificate: x509.Certificate) -> str:
    return certificate.public_bytes(serialization.Encoding.PEM).decode()


def _pem_of_key(key: ec.EllipticCurvePrivateKey) -> str:
    return key.private_bytes(
        serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, serialization.NoEncryption()
    ).decode()
