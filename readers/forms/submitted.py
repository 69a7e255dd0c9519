"""A form as a browser sends it, read from the stream within limits: no more is ever held than a form may have.

What is over a photo's limit is read and dropped, so that the rest of the form can be shown again with all its texts.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from urllib.parse import parse_qsl

from python_multipart.exceptions import MultipartParseError
from python_multipart.multipart import MultipartParser, parse_options_header
from starlette.exceptions import HTTPException
from starlette.requests import Request

from ledger import limits
from readers.forms.values import Values

PHOTOS = 5
INPUTS = 2_000
INPUT_BYTES = 32 * 1024  # more than the longest text has
TEXTS_BYTES = 4 * limits.SUBMITTED_BYTES
BODY_BYTES = 2 * PHOTOS * limits.PHOTO_BYTES  # read so far, to be able to answer with the form; then the line is cut
_TOO_LARGE = HTTPException(413, "提交的内容太大，没有提交 · Too large, nothing was published")
_UNREADABLE = HTTPException(400, "表单不完整，没有提交 · Not a whole form, nothing was published")


@dataclass
class Sent:
    """A file as it came; of one that is too large nothing is kept."""

    input: str
    content: bytearray = field(default_factory=bytearray)
    is_too_large: bool = False


@dataclass
class Submitted:
    """The texts of a form by the names of its inputs, and its files, of which only the first ones are kept."""

    values: Values = field(default_factory=dict)
    files: list[Sent] = field(default_factory=list)
    has_more_files: bool = False


async def submitted(request: Request) -> Submitted:
    """What was sent. Raises `HTTPException` 400 for what is no form, 413 for what is larger than any form."""
    if int(request.headers.get("content-length") or 0) > BODY_BYTES:
        raise _TOO_LARGE
    content_type, options = parse_options_header(request.headers.get("content-type"))
    if content_type == b"multipart/form-data" and b"boundary" in options:
        return await _Parts(options[b"boundary"]).read(_bounded(request, BODY_BYTES))
    body = b"".join([chunk async for chunk in _bounded(request, TEXTS_BYTES)])
    try:
        pairs = parse_qsl(body.decode(), keep_blank_values=True, max_num_fields=INPUTS, errors="strict")
    except ValueError as error:
        raise _UNREADABLE from error
    found = Submitted()
    for name, text in pairs:
        found.values.setdefault(name, []).append(text)
    return found


async def _bounded(request: Request, most: int) -> AsyncIterator[bytes]:
    read = 0
    async for chunk in request.stream():
        read += len(chunk)
        if read > most:
            raise _TOO_LARGE
        yield chunk


class _Parts:
    """A multipart body, part by part."""

    def __init__(self, boundary: bytes) -> None:
        self._found = Submitted()
        self._texts_bytes = self._parts = 0
        self._is_whole = False
        self._header = self._told = b""
        self._headers: dict[bytes, bytes] = {}
        self._input = ""
        self._text: bytearray | None = None
        self._file: Sent | None = None
        self._parser = MultipartParser(
            boundary,
            {
                "on_part_begin": self._begin,
                "on_header_field": self._name_of_header,
                "on_header_value": self._value_of_header,
                "on_header_end": self._end_of_header,
                "on_headers_finished": self._headers_end,
                "on_part_data": self._data,
                "on_part_end": self._end,
                "on_end": self._finish,
            },
        )

    async def read(self, stream: AsyncIterator[bytes]) -> Submitted:
        try:
            async for chunk in stream:
                self._parser.write(chunk)
        except (MultipartParseError, UnicodeDecodeError) as error:
            raise _UNREADABLE from error
        if not self._is_whole:
            raise _UNREADABLE
        return self._found

    def _begin(self) -> None:
        self._headers, self._file, self._text = {}, None, bytearray()
        self._parts += 1
        if self._parts > INPUTS:
            raise _TOO_LARGE

    def _name_of_header(self, data: bytes, start: int, end: int) -> None:
        self._header += data[start:end]

    def _value_of_header(self, data: bytes, start: int, end: int) -> None:
        self._told += data[start:end]

    def _end_of_header(self) -> None:
        self._headers[self._header.lower()] = self._told
        self._header = self._told = b""

    def _headers_end(self) -> None:
        _, options = parse_options_header(self._headers.get(b"content-disposition"))
        self._input = options.get(b"name", b"").decode()
        if b"filename" in options:
            self._file = Sent(self._input)

    def _data(self, data: bytes, start: int, end: int) -> None:
        if self._file is None:
            assert self._text is not None
            self._text += data[start:end]
            self._texts_bytes += end - start
            if len(self._text) > INPUT_BYTES or self._texts_bytes > TEXTS_BYTES:
                raise _TOO_LARGE
            return
        if len(self._found.files) == PHOTOS:
            self._found.has_more_files = True
        elif self._file.is_too_large or len(self._file.content) + end - start > limits.PHOTO_BYTES:
            self._file.is_too_large = True
            self._file.content.clear()
        else:
            self._file.content += data[start:end]

    def _end(self) -> None:
        if self._file is None:
            assert self._text is not None
            self._found.values.setdefault(self._input, []).append(self._text.decode())
        elif self._file.content or self._file.is_too_large:
            self._found.files.append(self._file)

    def _finish(self) -> None:
        self._is_whole = True
