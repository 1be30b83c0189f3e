"""Messages to people. Called by event handlers only, so that a lost mail server delays and no more.

A message is one template, `emails/<kind>.txt`: its first line is the subject, the rest the body.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from django.core.mail import EmailMessage
from django.template.loader import render_to_string
from django.utils import translation


def send_message(
    *,
    to: str,
    kind: str,
    context: Mapping[str, Any],
    locale: str = "en",
    files: Sequence[tuple[str, bytes, str]] = (),
) -> None:
    """Render and send one e-mail in the person's language. Raises what the mail server raises.

    `files` go with it: name, content, type.
    """
    with translation.override(locale):
        text = render_to_string(f"emails/{kind}.txt", dict(context))
    subject, _, body = text.lstrip().partition("\n")
    EmailMessage(subject.strip(), body.lstrip(), None, [to], attachments=list(files)).send()
