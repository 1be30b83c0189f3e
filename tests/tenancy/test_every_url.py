"""The second lock: every URL of the site refuses strangers, unless it is named here.

Alice's rows are in every address. Nobody in particular, Charlie (a driver) and Bob (who runs another
network) ask for each of them. A URL that is added is covered on the day it is added: it refuses, or it
is named here with its reason, or this is red.
"""

from __future__ import annotations

import uuid
from collections.abc import Iterator
from typing import Any

import pytest
from django.test import Client

from accounts.models import ApiToken, IdToken
from core import clock
from stations.models import (
    CommissioningLink,
    CommissioningRecord,
    ConfigurationTemplate,
    StallLabel,
    StoredFile,
)
from stations.services import commissioning
from tests.factories import VehicleFactory
from tests.tenancy.cast import Cast, House
from tests.tenancy.money import a_balance_of, a_company_of, a_group_of, a_price_of, a_share_of, money_of
from tests.tenancy.urls import Address, every_address

PUBLIC = {
    "healthz": "says ok",
    "api_schema": "what the API is, nothing that is in it",
    "api_scheduling:availability": "when a public place is free",
    "api_scheduling:reservation-terms": "what booking a public place costs",
    "scheduling:find": "the map of public places",
    "scheduling:site": "a public place",
    "scheduling:save": "a bookmark of a public place; setting one asks who keeps it",
    "scheduling:book": "free times at a public place; booking one asks who books",
    "scheduling:charge": "a form for the code on the stall",
    "scheduling:start": "the stall's QR code leads here; starting asks who pays",
    "accounts:theme": "light or dark, kept in a cookie",
    "accounts:language": "kept in a cookie",
    "payments:stripe_webhook": "judged by its signature",
    "payments:return": "a signed link back from the checkout page",
    "payments:host_page": "a signed link",
    "payments:host_setup": "a signed link",
    "payments:host_statement": "a signed link",
    "payments:host_statement_pdf": "a signed link",
    "payments:owed": "a signed link",
    "payments:owed_pay": "a signed link",
    "payments:receipt_link": "a signed link",
    "payments:receipt_link_pdf": "a signed link",
    "payments:receipt_link_signed_values": "a signed link",
    "commission:board": "a signed link of one device",
    "commission:begin": "a signed link",
    "commission:identity": "a signed link of one device",
    "commission:password": "a signed link of one device",
    "commission:socket": "a signed link of one device",
    "commission:unlock": "a signed link of one device",
    "commission:rotation": "a signed link of one device",
    "commission:start": "a signed link of one device",
    "commission:stop": "a signed link of one device",
    "commission:label": "a signed link of one device",
    "commission:finish": "a signed link of one device",
    "commission:record_pdf": "a signed link of one device",
    "files:fetch": "a signed link",
    "files:fetch_unnamed": "a signed link",
    "files:hand_in": "a signed link",
    "files:hand_in_named": "a signed link",
    "demo:mailbox": "only in the demo, only on loopback",
    "demo:mail": "only in the demo, only on loopback",
}
PUBLIC_PREFIXES = ("account_", "/accounts/", "accounts/social", "mfa_", "socialaccount_", "admin:log")
"""Also what allauth opens to anybody: signing up, in and out."""

FOR_ANYBODY_SIGNED_IN = {
    "accounts:account",
    "accounts:profile",
    "accounts:cars",
    "accounts:tokens",
    "api_accounts:me",
    "api_accounts:token-list",
    "api_accounts:vehicle-list",
    "api_payments:cdr-list",
    "api_payments:company-list",
    "api_payments:group-list",
    "api_payments:payment-list",
    "api_payments:refund-list",
    "api_payments:tariff-list",
    "api_scheduling:profile-list",
    "api_scheduling:reservation-list",
    "api_stations:attempt-list",
    "api_stations:bulk-list",
    "api_stations:certificate-list",
    "api_stations:command-list",
    "api_stations:arrival-list",
    "api_stations:import-list",
    "api_stations:kind-list",
    "api_stations:link-list",
    "api_stations:record-list",
    "api_stations:path-alias-list",
    "api_stations:evse-list",
    "api_stations:file-list",
    "api_stations:location-list",
    "api_stations:monitor-list",
    "api_stations:security_event-list",
    "api_stations:session-list",
    "api_stations:station-list",
    "api_stations:transfer-list",
    "driver:autocharge",
    "payments:add_card",
    "payments:balances_panel",
    "payments:card_saved",
    "payments:cards_panel",
    "payments:driver_month",
    "scheduling:bookings",
    "scheduling:history",
}
"""These show a person her own things; nothing of Alice's may be on them."""

FOR_MEMBERS = {
    "commissioning:links",
    "door:waiting",
    "energy:calibration_law",
    "energy:meters",
    "energy:starts",
    "moving:addresses",
    "moving:imports",
    "moving:template",
    "ocpp_bridge:arrivals",
    "ocpp_bridge:connections",
    "payments:balances",
    "payments:hosts",
    "payments:disputes",
    "payments:reconciliation",
    "payments:companies",
    "payments:company_new",
    "payments:groups",
    "payments:paying",
    "payments:issuer",
    "payments:ledger_accounts",
    "payments:month_documents",
    "payments:month_ledger",
    "payments:months",
    "payments:revenue",
    "payments:revenue_today",
    "payments:tariff_new",
    "payments:tariffs",
    "payments:tariffs_export",
    "payments:write_offs",
    "scheduling:operator_bookings",
    "scheduling:power",
    "stations:api_tokens",
    "stations:bulk_new",
    "stations:bulks",
    "stations:overview",
    "stations:search",
    "stations:sessions",
    "stations:sites",
    "stations:stations",
    "ocpp_bridge:journal",
    "ocpp_bridge:journal_export",
    "upkeep:files",
    "upkeep:new_template",
    "upkeep:templates",
}
"""These show a network's members their own network; nothing of Alice's may be on Bob's."""


def is_public(address: Address) -> bool:
    return address.name in PUBLIC or address.name.startswith(PUBLIC_PREFIXES)


GUARDED = [address for address in every_address() if not is_public(address)]


Hers = tuple[dict[str, int], dict[str, uuid.UUID]]


def what_is_alices(cast: Cast) -> Hers:
    """The keys and the public ids of what she has, by what an address calls it."""
    house = cast.alice
    rows = {
        "location": house.station.location.pk,
        "station": house.station.pk,
        "evse": house.session.evse_id,
        "session": house.session.pk,
        "command": house.command.pk,
        "profile": house.profile.pk,
        "api_token_revoke": house.api_token.pk,
        "token": IdToken.objects.create(uid=uuid.uuid4().hex, user=house.owner).pk,
        "vehicle": VehicleFactory(user=house.owner, name="alices-car").pk,
    }
    rows["remove_address"] = rows["path"] = house.moving.alias.pk
    rows["remove_name"] = house.moving.name.pk
    rows["unbind_label"] = a_label_of(house).pk
    rows["autocharge_forget"] = rows["vehicle"]
    link = a_link_of(house)
    public = {"bulk": house.bulk.public_id, "import": house.moving.batch.public_id}
    public |= {"record": a_record_of(link).public_id}
    public |= dict.fromkeys(("link", "renew", "revoke"), link.public_id)
    share = a_share_of(house)
    rows["share_end"], public["host"] = share.pk, share.host.public_id
    public["statement"] = share.host.statements.get().public_id
    public["payout"] = share.host.payouts.get().public_id
    public |= money_of(house) | {"balance": a_balance_of(house).public_id}
    company = a_company_of(house)
    public |= {"company": company.public_id, "invoice": company.invoices.get().public_id}
    rows["company_member_remove"] = company.members.get().pk
    rows["company_voucher_end"] = company.vouchers.get().pk
    group = a_group_of(house)
    public["group"], rows["group_member_remove"] = group.public_id, group.members.get().pk
    held = a_price_of(house)
    assert held.tariff is not None
    rows["assignment_end"], public["tariff"] = held.pk, held.tariff.public_id
    return rows, public


def places(cast: Cast, hers: Hers, address: Address) -> dict[str, Any]:
    """What is Alice's, for every place in an address."""
    house, (rows, public) = cast.alice, hers
    kind = address.name.rpartition(":")[2].partition("-")[0].replace("car", "vehicle")
    return {
        "pk": rows.get(kind, 999_999),
        "session_pk": house.session.pk,
        "identity": house.station.identity,
        "public_id": public.get(kind.partition("_")[0], house.session.public_id),
        "slug": (house.organization if kind.startswith("balance") else house.station.location).slug,
        "code": house.station.evses.get().code,
        "evse_id": house.station.evses.get().evse_id,
        "kind": "tokens" if address.name == "moving:template" else "reset",
        "act": "cancel",
        "evse_number": house.station.evses.get().number,
        "password": "aHicux89",
        "version": "v1",
        "number": 1,
        "year": clock.now().year,
        "month": clock.now().month,
        "file_id": a_file_of(house).file_id,
        "template_id": a_template_of(house).pk,
    }


def a_file_of(house: House) -> StoredFile:
    kept = {"kind": "logs", "stored_as": uuid.uuid4().hex, "size_bytes": 1, "station": house.station}
    return StoredFile.objects.create(organization=house.organization, name="alices-file", **kept)


def a_template_of(house: House) -> ConfigurationTemplate:
    name = f"alices-template-{uuid.uuid4().hex}"
    return ConfigurationTemplate.objects.create(organization=house.organization, name=name)


def a_label_of(house: House) -> StallLabel:
    evse = house.station.evses.get()
    kept = {"organization": house.organization, "evse": evse}
    return StallLabel.objects.get_or_create(text="ALICES-LABEL", defaults=kept)[0]


def a_link_of(house: House) -> CommissioningLink:
    return commissioning.make_link(location=house.station.location, station=house.station)


def a_record_of(link: CommissioningLink) -> CommissioningRecord:
    assert link.station is not None
    evidence = {"station": {"identity": link.station.identity}}
    kept = {"organization": link.organization, "station": link.station, "installer": "alices-installer"}
    return CommissioningRecord.objects.create(link=link, evidence=evidence, **kept)


def fill(cast: Cast, hers: Hers, address: Address) -> str:
    known = places(cast, hers, address)
    if address.name.startswith("admin:"):
        known = dict.fromkeys(address.places, "1")
    missing = set(address.places) - known.keys()
    assert not missing, f"say in this test what a stranger would ask for at {address.template}"
    return address.filled(known)


def refuses(response: Any) -> bool:
    """Not found, forbidden, not allowed, or sent to the log-in."""
    sent_to_login = response.status_code == 302 and "/login" in response["Location"]
    return sent_to_login or response.status_code in (401, 403, 404, 405)


def shows_alice(response: Any, cast: Cast) -> bool:
    text = b"".join(response) if response.streaming else response.content
    house = cast.alice
    named = (
        "alices-car",
        "alices-file",
        "alices-template",
        "alices-installer",
        "alices-import",
        "alices-host",
    )
    moved = ("alice-moves", "alice-dials", "alices-tariff", "alices-company", "alices-group")
    secrets = (house.station.identity, house.owner.email, str(house.session.public_id), *named, *moved)
    return any(secret.encode() in text for secret in secrets)


def asked(client: Client, cast: Cast, method: str = "get") -> Iterator[tuple[Address, Any]]:
    """Every guarded address and its answer."""
    hers = what_is_alices(cast)
    for address in GUARDED:
        yield address, getattr(client, method)(fill(cast, hers, address))


@pytest.mark.parametrize("method", ["get", "post"])
def test_nobody_in_particular_is_refused(client, cast, method):
    assert [address.name for address, response in asked(client, cast, method) if not refuses(response)] == []


@pytest.mark.parametrize("who", ["charlie", "bob"])
def test_nobody_sees_what_is_alices(client, cast, who):
    client.force_login(cast.charlie if who == "charlie" else cast.bob.owner)
    own = FOR_ANYBODY_SIGNED_IN if who == "charlie" else FOR_ANYBODY_SIGNED_IN | FOR_MEMBERS
    opened = [pair for pair in asked(client, cast) if not refuses(pair[1])]
    assert {address.name for address, _ in opened} <= own
    assert [address.name for address, response in opened if shows_alice(response, cast)] == []
    assert [address.name for address, response in opened if response.status_code >= 500] == []


@pytest.mark.parametrize("who", ["charlie", "bob"])
def test_nobody_changes_what_is_alices(client, cast, who):
    client.force_login(cast.charlie if who == "charlie" else cast.bob.owner)
    done = [pair for pair in asked(client, cast, "post") if pair[0].places and not refuses(pair[1])]
    assert [address.name for address, _ in done] == []


@pytest.mark.parametrize("method", ["get", "post", "patch", "delete"])
def test_no_program_of_another_network_reaches_what_is_alices(client, cast, method):
    """With every scope there is; and with her own token, but none of its scopes, Alice is refused too."""
    programs = [address for address in GUARDED if address.template.startswith("/api/")]
    hers = what_is_alices(cast)
    headers = {"HTTP_AUTHORIZATION": f"Bearer {cast.bob.api_text}", "content_type": "application/json"}
    asked = [
        (address, getattr(client, method)(fill(cast, hers, address), {}, **headers)) for address in programs
    ]
    own = {address.name for address in programs if not address.places}
    opened = {address.name for address, response in asked if not refuses(response)}
    assert opened <= own
    assert [address.name for address, response in asked if shows_alice(response, cast)] == []
    ApiToken.objects.filter(pk=cast.alice.api_token.pk).update(scopes=[])
    headers["HTTP_AUTHORIZATION"] = f"Bearer {cast.alice.api_text}"
    for address in programs:
        response = getattr(client, method)(fill(cast, hers, address), {}, **headers)
        assert response.status_code in (403, 405), address.name


def test_the_walk_sees_the_whole_site():
    names = {address.name for address in every_address()}
    assert {"healthz", "account_login", "admin:index", "stations:station"} <= names
    assert len(GUARDED) > 50


def test_what_is_named_here_exists():
    names = {address.name for address in every_address()}
    assert names >= set(PUBLIC) | FOR_ANYBODY_SIGNED_IN | FOR_MEMBERS
