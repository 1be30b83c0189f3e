"""Websocket frames as bytes (RFC 6455 section 5.2), as far as the short way needs them. Pure.

Nearly everything that a station says is one whole masked text frame. Finding where a frame ends,
and reading or writing such a text, costs a tenth of the general parser's way; whatever is not
that simple is left to the library.
"""

from __future__ import annotations

from typing import Final

try:
    from websockets.speedups import apply_mask
except ImportError:  # no compiled wheel for this platform
    from websockets.utils import apply_mask

WHOLE_TEXT: Final = 0x81
"""First byte of a text that is not fragmented and not compressed."""

MASKED: Final = 0x80
LENGTH: Final = 0x7F
TWO_BYTES: Final = 126
EIGHT_BYTES: Final = 127
MASK_SIZE: Final = 4


def frame_end(data: bytes) -> int:
    """How long the first frame is, perhaps longer than `data`; 0 when its head is not whole yet."""
    if len(data) < 2:
        return 0
    masking = MASK_SIZE if data[1] & MASKED else 0
    length = data[1] & LENGTH
    if length < TWO_BYTES:
        return 2 + masking + length
    head = 4 if length == TWO_BYTES else 10
    return 0 if len(data) < head else head + masking + int.from_bytes(data[2:head])


def is_plain_text(frame: bytes) -> bool:
    return frame[0] == WHOLE_TEXT and frame[1] & MASKED != 0


def read_text(frame: bytes) -> str:
    """The text of a whole masked text frame. Raises UnicodeDecodeError."""
    length = frame[1] & LENGTH
    start = 2 if length < TWO_BYTES else 4 if length == TWO_BYTES else 10
    body = start + MASK_SIZE
    return str(apply_mask(frame[body:], frame[start:body]), "utf-8")


def text_frame(text: str) -> bytes:
    """A server's text frame: whole and not masked."""
    body = text.encode()
    size = len(body)
    if size < TWO_BYTES:
        return bytes((WHOLE_TEXT, size)) + body
    if size < 1 << 16:
        return b"\x81\x7e" + size.to_bytes(2) + body
    return b"\x81\x7f" + size.to_bytes(8) + body
