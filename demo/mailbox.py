"""The demo's mail: kept in a table and read on a page, never sent."""

from __future__ import annotations

from collections.abc import Sequence

from django.core.mail import EmailMessage
from django.core.mail.backends.base import BaseEmailBackend

from demo.models import Mail


class MailboxBackend(BaseEmailBackend):
    def send_messages(self, email_messages: Sequence[EmailMessage]) -> int:
        mails = [
            Mail(
                sender=message.from_email,
                recipients=", ".join(message.recipients())[:400],
                subject=str(message.subject)[:300],
                body=str(message.body),
            )
            for message in email_messages
        ]
        return len(Mail.objects.bulk_create(mails))
