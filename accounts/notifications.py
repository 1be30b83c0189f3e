"""Messages to people. Called by event handlers only, so that a lost mail server delays and no more.

A message is one template, `emails/<kind>.txt`: its first line is the subject, the rest the body.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.core.mail import send_mail
from django.template.loader import render_to_string
from django.utils import translation


def send_message(*, to: str, kind: str, context: Mapping[str, Any], locale: str = "en") -> None:
    """Render and send one e-mail in the person's language. Raises what the mail server raises."""
    with translation.override(locale):
        text = render_to_string(f"emails/{kind}.txt", dict(context))
    subject, _, body = text.lstrip().partition("\n")
    send_mail(subject.strip(), body.lstrip(), None, [to])
