"""A compressed and encrypted stream: AES-256-GCM in chunks under a key of the file's own, which the master key wraps.

    file  = first line ‖ header (one line of JSON) ‖ chunks of 1 MiB, the last one shorter
    nonce = 0 0 0 ‖ is it the last chunk (1 byte) ‖ number of the chunk (8 bytes)

No key seals two files, so no nonce comes twice. Every chunk is bound to the header and to its place, the last one to
being the last: what was altered, moved, cut off or added is refused. The file key is wrapped as the vault's keys are.
"""

from __future__ import annotations

import os
import zlib
from collections.abc import Sequence
from hashlib import sha256
from typing import BinaryIO

import msgspec
from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM, AESSIV

from audit.backup.refusals import backup_damaged, other_master_key
from ledger.keyring import proof_of

FIRST_LINE = b"shanzhi backup 1\n"
CHUNK_BYTES = 1024 * 1024
_TAG_BYTES = 16
_KEY_BYTES = 32
_HEADER_BYTES_AT_MOST = 4096
_COMPRESSION = 3
_FOR = b"a backup's key"


class Header(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What stands in the open: whose backup, as of when, the proof of the master key, the file key as it wraps it."""

    installation: str
    made_at: str
    proof: str
    wrapped: str


class Sealing:
    """A file that is written. `finish` ends it: without that no reader takes it."""

    def __init__(self, stream: BinaryIO, master_key: bytes, installation: str, made_at: str) -> None:
        key = os.urandom(_KEY_BYTES)
        wrapped = AESSIV(master_key).encrypt(key, _bound_to(installation, made_at))
        header = Header(installation, made_at, proof_of(master_key).hex(), wrapped.hex())
        line = msgspec.json.encode(header) + b"\n"
        stream.write(FIRST_LINE + line)
        self._stream, self._cipher, self._bound = stream, AESGCM(key), sha256(line).digest()
        self._packing = zlib.compressobj(_COMPRESSION)
        self._waiting = bytearray()
        self._number = 0

    def write(self, content: bytes) -> int:
        """Takes any number of bytes."""
        self._waiting += self._packing.compress(content)
        while len(self._waiting) > CHUNK_BYTES:  # never all of it: the last chunk is sealed otherwise
            self._seal(bytes(self._waiting[:CHUNK_BYTES]), is_last=False)
            del self._waiting[:CHUNK_BYTES]
        return len(content)

    def finish(self) -> None:
        """Seals what is left as the end."""
        self._waiting += self._packing.flush()
        while len(self._waiting) > CHUNK_BYTES:
            self._seal(bytes(self._waiting[:CHUNK_BYTES]), is_last=False)
            del self._waiting[:CHUNK_BYTES]
        self._seal(bytes(self._waiting), is_last=True)

    def _seal(self, chunk: bytes, is_last: bool) -> None:
        self._stream.write(self._cipher.encrypt(_nonce(self._number, is_last), chunk, self._bound))
        self._number += 1


class Unsealing:
    """A file that is read. Nothing is given that was not authenticated, and `end` says whether it was all."""

    def __init__(self, stream: BinaryIO, master_keys: Sequence[bytes]) -> None:
        """Raises `VaultLocked` where none of the keys is the file's, `StoreUnsound` where it is no sound backup."""
        if stream.readline(_HEADER_BYTES_AT_MOST) != FIRST_LINE:
            raise backup_damaged("文件头不符 · it does not begin as one of this version's")
        line = stream.readline(_HEADER_BYTES_AT_MOST)
        try:
            self.header = msgspec.json.decode(line, type=Header)
            wrapped = bytes.fromhex(self.header.wrapped)
        except (msgspec.DecodeError, ValueError):
            raise backup_damaged("文件头无法读取 · its header can't be read") from None
        key = _unwrapped(self.header, wrapped, master_keys)
        self._stream, self._cipher, self._bound = stream, AESGCM(key), sha256(line).digest()
        self._unpacking = zlib.decompressobj()
        self._following = stream.read(CHUNK_BYTES + _TAG_BYTES)
        self._number = 0
        self._is_last = False

    def read(self, size: int) -> bytes:
        """Exactly so many bytes. Raises `StoreUnsound` where they are not there, or were altered."""
        found = bytearray()
        while len(found) < size:
            piece = self._piece(size - len(found))
            if piece is None:
                raise backup_damaged("内容不全 · it ends too early")
            found += piece
        return bytes(found)

    def readline(self) -> bytes:
        """Up to the end of a line, of at most 64 KiB."""
        line = bytearray()
        while not line.endswith(b"\n"):
            line += self.read(1)
            if len(line) > 65_536:
                raise backup_damaged("行过长 · a line is too long")
        return bytes(line)

    def end(self) -> None:
        """Raises `StoreUnsound` where there is more."""
        while (piece := self._piece(1)) is not None:
            if piece:
                raise backup_damaged("末尾不符 · it does not end where it should")
        if not self._unpacking.eof or self._unpacking.unused_data:
            raise backup_damaged("末尾不符 · it does not end as it was written")

    def _piece(self, size: int) -> bytes | None:
        """The next bytes, at most so many, maybe none yet; None after the last ones."""
        packed = self._unpacking.unconsumed_tail or (b"" if self._is_last else self._chunk())
        try:
            piece = self._unpacking.decompress(packed, size)
        except zlib.error as failure:
            raise backup_damaged(str(failure)) from failure
        return piece if piece or packed else None

    def _chunk(self) -> bytes:
        sealed, self._following = self._following, self._stream.read(CHUNK_BYTES + _TAG_BYTES)
        self._is_last = not self._following
        try:
            chunk = self._cipher.decrypt(_nonce(self._number, self._is_last), sealed, self._bound)
        except (InvalidTag, ValueError):
            what = f"第 {self._number} 块被改动或截断 · chunk {self._number} was altered or cut off"
            raise backup_damaged(what) from None
        self._number += 1
        return chunk


def _unwrapped(header: Header, wrapped: bytes, master_keys: Sequence[bytes]) -> bytes:
    for master_key in master_keys:
        if proof_of(master_key).hex() == header.proof:
            try:
                return AESSIV(master_key).decrypt(wrapped, _bound_to(header.installation, header.made_at))
            except (InvalidTag, ValueError):
                raise backup_damaged("文件头被改动 · its header was altered") from None
    raise other_master_key(header.made_at)


def _bound_to(installation: str, made_at: str) -> list[bytes]:
    return [_FOR, installation.encode(), made_at.encode()]


def _nonce(number: int, is_last: bool) -> bytes:
    return b"\0\0\0" + (b"\1" if is_last else b"\0") + number.to_bytes(8, "big")
