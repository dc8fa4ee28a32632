"""The key that signs digest files, which ListPublicKeys tells the public half of.

A key of this local AWS's own, kept in its state folder.
https://docs.aws.amazon.com/awscloudtrail/latest/APIReference/API_PublicKey.html
"""

import base64
import functools
import hashlib
import time
from typing import Any

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import padding, rsa
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
    load_pem_private_key,
)
from ministack.services import cloudtrail

from local_aws import persistence

HOOKS = ("ministack.services.cloudtrail:_DISPATCH", "ministack.services.cloudtrail:_ok")

ALGORITHM = "SHA256withRSA"
_BITS = 2048
_VALID_SECONDS = 365 * 24 * 3600.0


def install() -> None:
    """Answer ListPublicKeys."""
    cloudtrail._DISPATCH["ListPublicKeys"] = _list_public_keys


def sign(text: str) -> str:
    """The signature of a text, in hexadecimal digits."""
    return _key().sign(text.encode(), padding.PKCS1v15(), hashes.SHA256()).hex()


def fingerprint() -> str:
    """What names the public key in a digest file."""
    return hashlib.md5(_public(), usedforsecurity=False).hexdigest()


@functools.cache
def _key() -> rsa.RSAPrivateKey:
    file = persistence.state_dir() / persistence.SIGNING_KEY
    if not file.exists():
        made = rsa.generate_private_key(public_exponent=65537, key_size=_BITS)
        text = made.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())
        file.touch(mode=0o600)
        file.write_bytes(text)
    key = load_pem_private_key(file.read_bytes(), password=None)
    if not isinstance(key, rsa.RSAPrivateKey):
        raise TypeError(f"{file} holds no RSA key")
    return key


def _public() -> bytes:
    return _key().public_key().public_bytes(Encoding.DER, PublicFormat.PKCS1)


def _list_public_keys(body: dict[str, Any]) -> Any:
    """The one key, if it was valid in the time that is asked about (the last day, if no other is)."""
    _key()
    start = (persistence.state_dir() / persistence.SIGNING_KEY).stat().st_mtime
    end = start + _VALID_SECONDS
    asked_end = float(body.get("EndTime") or time.time())
    asked_start = float(body.get("StartTime") or asked_end - 24 * 3600)
    valid = start <= asked_end and asked_start <= end
    key = {
        "Value": base64.b64encode(_public()).decode(),
        "ValidityStartTime": start,
        "ValidityEndTime": end,
        "Fingerprint": fingerprint(),
    }
    return cloudtrail._ok({"PublicKeyList": [key] if valid else []})
