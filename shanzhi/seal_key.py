"""The key that signs seals: from the environment, or made once in the folder, for its owner alone.

Not the vault's: whoever signs opens nothing, and whoever opens what is sealed can't sign.
"""

from __future__ import annotations

import binascii
from base64 import b64decode, urlsafe_b64encode

from audit.seals import Signer
from ledger.errors import VaultLocked
from shanzhi.keys import make_key_file
from shanzhi.settings import Settings

SEED_BYTES = 32
SEAL_KEY = "SHANZHI_SEAL_KEY"
HOW_TO_MAKE = "python -c 'import base64,os;print(base64.urlsafe_b64encode(os.urandom(32)).decode())'"


def signer(settings: Settings) -> Signer:
    """Who signs here. Raises `VaultLocked` as `seal_key`."""
    return Signer(seal_key(settings))


def seal_key(settings: Settings) -> bytes:
    """The given one, else the folder's, made where there is none.

    Raises `VaultLocked` for a given database without a key, and for a key that is none.
    """
    if settings.seal_key:
        return _parsed(settings.seal_key.get_secret_value(), SEAL_KEY)
    if settings.given_database:
        raise VaultLocked(
            "给出了 DATABASE_URL，没有给出 SHANZHI_SEAL_KEY · DATABASE_URL is given, SHANZHI_SEAL_KEY is not",
            f"给出签封印的密钥 · Give the key that signs seals; for a new ledger make it: {HOW_TO_MAKE}",
        )
    path = settings.folder / "seal.key"
    try:
        if not path.exists():
            path.parent.mkdir(parents=True, exist_ok=True, mode=0o711)
            make_key_file(path, SEED_BYTES)
        return _parsed(path.read_text(encoding="ascii").strip(), str(path))
    except (OSError, UnicodeDecodeError) as failure:
        remedy = "请用最初启动它的用户运行 · Run this as the user who started it first."
        raise VaultLocked(f"{path} 无法读取 · can't be read ({failure})", remedy) from failure


def written(key: bytes) -> str:
    """As the environment gives it."""
    return urlsafe_b64encode(key).decode()


def _parsed(text: str, where: str) -> bytes:
    try:
        key = b64decode(text, altchars=b"-_", validate=True)
    except (binascii.Error, ValueError):
        key = b""
    if len(key) != SEED_BYTES:
        raise VaultLocked(
            f"{where} 不是 32 字节的密钥 · is no key of {SEED_BYTES} bytes in URL-safe base64",
            f"找回原来的密钥 · Find the right one; for a new ledger make it: {HOW_TO_MAKE}",
        )
    return key
