"""Where stations fetch firmware and hand in logs. The signed link is the whole permission.

No session, no cookie, no CSRF: whoever holds the link is the station (1.6 section 6.19 and 6.39,
2.0.1 L01 and N01). A station may ask for parts (Range), and may append a file's name when it hands in.
"""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator, Iterable, Iterator
from http import HTTPStatus
from typing import Final, NamedTuple, cast

from django.core.files.uploadedfile import UploadedFile
from django.http import HttpRequest, HttpResponse, HttpResponseNotFound, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods, require_safe

from core.threads import in_db_thread
from stations.models import FileLink, StoredFile
from stations.services import file_store, files

_RANGE: Final = re.compile(r"bytes=(\d*)-(\d*)$")


class Span(NamedTuple):
    """Bytes from `start` (inclusive) to `stop` (exclusive)."""

    start: int
    stop: int


@require_safe
def fetch(request: HttpRequest, token: str, name: str = "") -> HttpResponseBase:
    """The file behind the link, whole or in part."""
    try:
        link = files.open_link(token, FileLink.Purpose.FETCH)
    except files.LinkSpent as refusal:
        return HttpResponseNotFound(str(refusal), content_type="text/plain")
    file = cast(StoredFile, link.file)
    span = span_of(request.headers.get("Range", ""), file.size_bytes)
    if span is None:
        return _unsatisfiable(file)
    files.begin_fetch(link=link)
    is_head = request.method == "HEAD"
    return sent(file, span, link_id=None if is_head else link.pk, is_part="Range" in request.headers)


def span_of(header: str, size_bytes: int) -> Span | None:
    """The part that is asked for (RFC 9110 section 14); the whole when none is; None beyond the end."""
    asked = _RANGE.match(header.strip())
    if asked is None or not any(asked.groups()):
        return Span(0, size_bytes)
    first, last = asked.groups()
    if not first:
        return Span(max(size_bytes - int(last), 0), size_bytes) if int(last) else None
    stop = min(int(last) + 1, size_bytes) if last else size_bytes
    return Span(int(first), stop) if int(first) < stop else None


def _unsatisfiable(file: StoredFile) -> HttpResponse:
    response = HttpResponse(status=HTTPStatus.REQUESTED_RANGE_NOT_SATISFIABLE)
    response["Content-Range"] = f"bytes */{file.size_bytes}"
    return response


class FileResponse(StreamingHttpResponse):
    """The bytes of `span`; the link, if any, is spent when the last one of the file has left.

    A station that has all it wants may hang up before anybody asks for the end of the stream: then that
    is looked at when the response is closed, which the handler does in any case.
    """

    def __init__(self, file: StoredFile, span: Span, link_id: int | None) -> None:
        self._left, self._link_id = file.size_bytes - span.start, link_id
        source = file_store.pieces(
            file_store.path_of(file.stored_as), start=span.start, length=span.stop - span.start
        )
        super().__init__(self._pass_on(source), content_type="application/octet-stream")

    async def _pass_on(self, source: Iterator[bytes]) -> AsyncIterator[bytes]:
        while piece := await asyncio.to_thread(next, source, b""):
            self._left -= len(piece)
            yield piece
        if self._is_spent():
            await in_db_thread(self._spend)

    def close(self) -> None:
        if self._is_spent():
            self._spend()
        super().close()

    def _is_spent(self) -> bool:
        return self._link_id is not None and self._left == 0

    def _spend(self) -> None:
        if self._link_id is not None:
            files.finish_fetch(self._link_id)
        self._link_id = None


def sent(
    file: StoredFile, span: Span, *, link_id: int | None = None, is_part: bool = False
) -> StreamingHttpResponse:
    """The answer that carries these bytes."""
    response = FileResponse(file, span, link_id)
    response["Content-Length"] = str(span.stop - span.start)
    response["Accept-Ranges"] = "bytes"
    response["ETag"] = f'"{file.sha256}"'
    if is_part:
        response.status_code = HTTPStatus.PARTIAL_CONTENT
        response["Content-Range"] = f"bytes {span.start}-{span.stop - 1}/{file.size_bytes}"
    return response


@csrf_exempt
@require_http_methods(["PUT", "POST"])
def hand_in(request: HttpRequest, token: str, name: str = "") -> HttpResponse:
    """Keep what the station sends: as the bare body, or as a form with one file."""
    try:
        link = files.open_link(token, FileLink.Purpose.HAND_IN)
        called, chunks = _body(request, name)
        files.receive(link=link, name=called, chunks=chunks)
    except files.LinkSpent as refusal:
        return HttpResponseNotFound(str(refusal), content_type="text/plain")
    except file_store.TooLarge:
        return _refused(HTTPStatus.REQUEST_ENTITY_TOO_LARGE, "This is more than is taken here.")
    except file_store.Empty:
        return _refused(HTTPStatus.BAD_REQUEST, "There is nothing in it.")
    return HttpResponse(status=HTTPStatus.CREATED)


def _body(request: HttpRequest, name: str) -> tuple[str, Iterable[bytes]]:
    if request.content_type == "multipart/form-data":
        uploaded = next(iter(request.FILES.values()), None)
        if isinstance(uploaded, UploadedFile):
            return name or uploaded.name or "", uploaded.chunks()
        raise file_store.Empty
    return name, iter(lambda: request.read(file_store.CHUNK_BYTES), b"")


def _refused(status: HTTPStatus, why: str) -> HttpResponse:
    return HttpResponse(why, status=status, content_type="text/plain")
