"""Id tokens out of a file: parsed, compared with what is there, written and taken back, many at once."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any, Final
from zoneinfo import ZoneInfo

from django.db.models.functions import Upper
from django.utils.dateparse import parse_datetime
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from accounts import permissions
from accounts.events import TokenChanged
from accounts.models import IdToken, Organization, User
from core.dependents import first_dependent
from core.events import publish
from stations.importing import cells as read
from stations.importing.cells import NotUnderstood, squash
from stations.importing.kinds import (
    CHANGED,
    NEW,
    PROBLEM,
    UNCHANGED,
    Field,
    Problem,
    Scene,
    StillNeeded,
    Verdict,
    Written,
)

UID: Final = re.compile(r"[\x21-\x7e]{1,255}")
TYPES: Final = {
    "": "rfid", "rfid": "rfid", "card": "rfid", "karte": "rfid", "iso14443": "rfid", "iso15693": "rfid",
    "app": "app", "appuser": "app", "central": "app", "vehicle": "vehicle", "emaid": "vehicle",
    "macaddress": "vehicle", "other": "other", "adhocuser": "other", "keycode": "other", "local": "other",
}  # fmt: skip
STATUSES: Final = {
    "": "accepted", "accepted": "accepted", "active": "accepted", "valid": "accepted", "allowed": "accepted",
    "aktiv": "accepted", "expired": "accepted", "blocked": "blocked", "invalid": "blocked",
    "inactive": "blocked", "gesperrt": "blocked",
}  # fmt: skip
"""An expired one is accepted here with an end in the past."""
WRITTEN: Final = ("status", "valid_until", "group_uid", "label", "allows_concurrent", "user_id")
FIELDS: Final = (
    Field(
        name="uid",
        label=gettext_lazy("UID"),
        also=("idtag", "idtoken", "tagid", "tag", "token", "rfid", "cardid", "contractid", "id"),
        is_required=True,
    ),
    Field(name="type", label=gettext_lazy("Type"), also=("tokentype", "typ")),
    Field(name="status", label=gettext_lazy("Status"), also=("tagstatus", "state")),
    Field(name="blocked", label=gettext_lazy("Blocked"), also=("isblocked", "gesperrt")),
    Field(
        name="valid_until",
        label=gettext_lazy("Valid until"),
        also=("expirydate", "expiry", "expiredate", "expires", "validto", "gueltigbis", "gültigbis"),
    ),
    Field(
        name="group",
        label=gettext_lazy("Group"),
        also=("parentidtag", "parent", "groupid", "groupuid", "parenttag", "gruppe"),
    ),
    Field(
        name="holder",
        label=gettext_lazy("Holder's e-mail"),
        also=("email", "mail", "holderemail", "useremail", "owner"),
    ),
    Field(
        name="note",
        label=gettext_lazy("Note"),
        also=("label", "comment", "description", "name", "tagname", "visualnumber", "notiz"),
    ),
    Field(
        name="concurrent",
        label=gettext_lazy("Charges at once"),
        also=("maxactivetransactioncount", "maxactivetransactions"),
    ),
)


class TokenImporter:
    """See `stations.importing.kinds.Importer`."""

    kind = "tokens"
    title: str | Promise = gettext_lazy("Cards and tokens")
    fields = FIELDS

    def may(self, user: Any, organization: Organization) -> bool:
        return permissions.may_manage_tokens(user, organization)

    def parse(self, cells: Mapping[str, str], scene: Scene) -> tuple[str, dict[str, Any]]:
        uid = cells["uid"]
        if not UID.fullmatch(uid):
            raise Problem(_("A UID has 1 to 255 letters, digits and signs, and no blank."))
        kind = _word("type", TYPES, cells)
        many = _understood("concurrent", read.whole, cells) if "concurrent" in cells else 1
        is_blocked = many == 0 or ("blocked" in cells and _understood("blocked", read.yes, cells))
        values: dict[str, Any] = {"uid": uid, "type": kind, "allows_concurrent": many not in (0, 1)}
        values["status"] = "blocked" if is_blocked else _word("status", STATUSES, cells)
        zone = ZoneInfo(scene.organization.time_zone)
        if "valid_until" in cells:
            ends = _understood("valid_until", lambda text: read.instant(text, zone), cells)
            values["valid_until"] = ends.isoformat()
        values["group_uid"] = cells.get("group", "").upper()[:255]
        values["holder"] = cells.get("holder", "")[:254]
        values["label"] = (cells.get("note") or values["holder"])[:60]
        return f"{kind} {uid}", values

    def compare(self, rows: Sequence[Mapping[str, Any]], scene: Scene) -> list[Verdict]:
        known = {(token.type, token.uid.upper()): token for token in _tokens(rows)}
        members = _members(rows, scene)
        return [_judge(row, known.get((row["type"], row["uid"].upper())), members, scene) for row in rows]

    def write(self, verdicts: Sequence[Verdict], scene: Scene) -> list[Written]:
        known = {
            (one.type, one.uid.upper()): one for one in _tokens([verdict.values for verdict in verdicts])
        }
        pairs = [(one, known.get((one.values["type"], one.values["uid"].upper()))) for one in verdicts]
        fresh = IdToken.objects.bulk_create(
            _fresh(one.values, scene) for one, token in pairs if token is None
        )
        made = iter(fresh)
        written = [_change(token, one.values, scene) if token else _made(next(made)) for one, token in pairs]
        publish(*(TokenChanged(token_id=one.object_id) for one in written))
        return written

    def undo(
        self, made: Sequence[int], changed: Sequence[tuple[int, Mapping[str, Any]]], scene: Scene
    ) -> None:
        taken_over = scene.options["made"]
        fresh = [pk for pk, before in zip(made, taken_over, strict=True) if not before]
        needed = first_dependent(IdToken, fresh)
        if needed is not None:
            words = _("Something needs a token that was imported: %(what)s “%(row)s”.")
            raise StillNeeded(words % {"what": needed._meta.verbose_name, "row": needed})
        strangers = [(pk, before) for pk, before in zip(made, taken_over, strict=True) if before]
        for pk, before in (*changed, *strangers):
            _restore(pk, before)
        IdToken.objects.filter(pk__in=fresh).delete()


IMPORTER: Final = TokenImporter()


def _word(name: str, words: Mapping[str, str], cells: Mapping[str, str]) -> str:
    found = words.get(squash(cells.get(name, "")))
    if found is None:
        raise _not_understood(name, cells)
    return found


def _understood(name: str, reader: Any, cells: Mapping[str, str]) -> Any:
    try:
        return reader(cells[name])
    except (NotUnderstood, ValueError, OverflowError) as error:
        raise _not_understood(name, cells) from error


def _not_understood(name: str, cells: Mapping[str, str]) -> Problem:
    label = next(field.label for field in FIELDS if field.name == name)
    return Problem(
        _("“%(text)s” is not understood as %(field)s.") % {"text": cells[name][:60], "field": label}
    )


# --- against what is there -------------------------------------------------------------------


def _tokens(rows: Sequence[Mapping[str, Any]]) -> list[IdToken]:
    """Those of these UIDs, by the index that ignores case."""
    uids = {row["uid"].upper() for row in rows}
    return list(IdToken.objects.alias(upper=Upper("uid")).filter(upper__in=uids))


def _members(rows: Sequence[Mapping[str, Any]], scene: Scene) -> dict[str, int]:
    """Holders whom the network may name: its own members. Nobody else's account gets a card from a file."""
    if not any(row["holder"] for row in rows):
        return {}
    people = User.objects.filter(memberships__organization=scene.organization, is_active=True)
    return {email.casefold(): pk for email, pk in people.values_list("email", "pk")}


def _judge(
    row: Mapping[str, Any], token: IdToken | None, members: Mapping[str, int], scene: Scene
) -> Verdict:
    values = {**row, "user_id": members.get(row["holder"].casefold())}
    if token is None or _is_stranger(token):
        return Verdict(status=NEW, values=values, changes=_told(values))
    if token.organization_id != scene.organization.pk:
        return Verdict(
            status=PROBLEM,
            problem=_("This token is in use outside your network. Its holder can keep it there."),
        )
    fields = _differences(token, values)
    changes = {name.removesuffix("_id"): [_text(old), _text(new)] for name, (old, new) in fields.items()}
    return Verdict(status=CHANGED if changes else UNCHANGED, values=values, changes=changes)


def _is_stranger(token: IdToken) -> bool:
    """A row that a station's report made: nobody's, and not accepted."""
    return token.user_id is None and token.organization_id is None and token.status != IdToken.Status.ACCEPTED


def _told(values: Mapping[str, Any]) -> dict[str, list[str]]:
    told = {name: _text(values.get(name)) for name in ("type", "status", "valid_until", "group_uid", "label")}
    return {name: ["", text] for name, text in told.items() if text}


def _text(value: Any) -> str:
    return "" if value is None else str(value)


def _wanted(values: Mapping[str, Any]) -> dict[str, Any]:
    """Model fields; a holder that is not named, and an end that is not said, stay as they are."""
    wanted = {name: values[name] for name in WRITTEN if values.get(name) not in (None, "")}
    if "valid_until" in wanted:
        wanted["valid_until"] = parse_datetime(wanted["valid_until"])
    return wanted


def _differences(token: IdToken, values: Mapping[str, Any]) -> dict[str, tuple[Any, Any]]:
    pairs = {name: (getattr(token, name), new) for name, new in _wanted(values).items()}
    return {name: pair for name, pair in pairs.items() if pair[0] != pair[1]}


# --- written ---------------------------------------------------------------------------------


def _fresh(values: Mapping[str, Any], scene: Scene) -> IdToken:
    return IdToken(uid=values["uid"], type=values["type"], organization=scene.organization, **_wanted(values))


def _made(token: IdToken) -> Written:
    return Written(object_id=token.pk)


def _change(token: IdToken, values: Mapping[str, Any], scene: Scene) -> Written:
    fields = _differences(token, values)
    if _is_stranger(token):
        fields["organization_id"] = (None, scene.organization.pk)
    IdToken.objects.filter(pk=token.pk).update(**{name: new for name, (_old, new) in fields.items()})
    plain = {name: [_plain(old), _plain(new)] for name, (old, new) in fields.items()}
    return Written(object_id=token.pk, before={"fields": plain})


def _plain(value: Any) -> Any:
    return value.isoformat() if hasattr(value, "isoformat") else value


def _restore(pk: int, before: Mapping[str, Any]) -> None:
    token = IdToken.objects.select_for_update(no_key=True).filter(pk=pk).first()
    fields = before["fields"]
    if token is None or any(_plain(getattr(token, name)) != pair[1] for name, pair in fields.items()):
        raise StillNeeded(_("The token %(uid)s was changed since.") % {"uid": token.uid if token else pk})
    for name, (old, _new) in fields.items():
        setattr(token, name, parse_datetime(old) if name == "valid_until" and old else old)
    token.save(update_fields=list(fields))
    publish(TokenChanged(token_id=pk))
