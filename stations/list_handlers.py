"""Reactions that keep local lists in step; named in `config/wiring.py`."""

from __future__ import annotations

from accounts.events import TokenBlocked, TokenChanged
from accounts.models import IdToken
from stations.command_kinds import ReadLocalListVersion, SendLocalList
from stations.events import CommandAnswered
from stations.models import StationCommand
from stations.services import local_lists


def look_at_lists(event: TokenBlocked | TokenChanged) -> None:
    token = IdToken.objects.filter(pk=event.token_id).first()
    if token is not None and token.organization_id is not None:
        local_lists.tokens_changed(organization_id=token.organization_id)


def follow_list(event: CommandAnswered) -> None:
    if event.kind in (SendLocalList.name, ReadLocalListVersion.name):
        command = StationCommand.objects.filter(pk=event.command_id).first()
        if command is not None:
            local_lists.follow(command=command)
