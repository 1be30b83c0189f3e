"""Cards and tariffs out of files: recognized, written, taken back while nothing needs them."""

from __future__ import annotations

import json

import pytest

from accounts.models import IdToken
from payments.models import Tariff
from payments.services.tariffs import assign_tariff
from tests.factories import (
    MembershipFactory,
    OrganizationFactory,
    SessionFactory,
    TokenFactory,
    UserFactory,
)
from tests.stations.importing import take, undo, verdicts, write

pytestmark = pytest.mark.django_db

STEVE_TAGS = (
    "ocpp_tag_pk;id_tag;parent_id_tag;expiry_date;max_active_transaction_count;note\n"
    "1;04A1B2C3;FLEET;2027-01-31 00:00:00;1;Pool car\n"
    "2;04D4E5F6;;;0;lost\n"
    "3;04AAAA01;;;-1;\n"
)


@pytest.fixture
def member():
    return MembershipFactory()


# --- tokens ----------------------------------------------------------------------------------


def test_a_steve_export_of_tags_is_recognized(member):
    write(take(member, STEVE_TAGS, kind="tokens"))
    tokens = {token.uid: token for token in IdToken.objects.all()}
    pool = tokens["04A1B2C3"]
    assert (pool.group_uid, pool.label, pool.status, pool.organization) == (
        "FLEET",
        "Pool car",
        "accepted",
        member.organization,
    )
    assert pool.valid_until.year == 2027
    assert (tokens["04D4E5F6"].status, tokens["04D4E5F6"].allows_concurrent) == ("blocked", False)
    assert (tokens["04AAAA01"].status, tokens["04AAAA01"].allows_concurrent) == ("accepted", True)


def test_a_card_that_only_a_reader_has_seen_is_taken_over_and_given_back(member):
    IdToken.objects.create(uid="04a1b2c3", type="rfid", status="invalid")
    batch = write(take(member, "uid,note\n04A1B2C3,Pool\n", kind="tokens"))
    assert IdToken.objects.get().organization == member.organization
    assert undo(batch).status == "undone"
    token = IdToken.objects.get()
    assert (token.organization, token.status, token.label) == (None, "invalid", "")


def test_a_card_of_somebody_else_is_left_alone(member):
    TokenFactory(uid="MINE")
    IdToken.objects.create(uid="THEIRS", type="rfid", organization=OrganizationFactory())
    batch = take(member, "uid\nmine\ntheirs\n", kind="tokens")
    assert verdicts(batch) == ["problem", "problem"]


def test_only_a_members_account_gets_a_card_from_a_file(member):
    stranger = UserFactory(email="driver@example.org")
    text = f"uid,email\nA,{member.user.email.upper()}\nB,{stranger.email}\n"
    write(take(member, text, kind="tokens"))
    assert IdToken.objects.get(uid="A").user == member.user
    other = IdToken.objects.get(uid="B")
    assert (other.user, other.label) == (None, "driver@example.org")


def test_tokens_change_and_are_undone_unless_somebody_charged(member):
    first = write(take(member, "uid,note\nA,One\nB,Two\n", kind="tokens"))
    second = take(member, "uid,note,blocked\nA,Uno,yes\nB,Two,no\n", kind="tokens")
    assert verdicts(second) == ["changed", "unchanged"]
    assert second.rows.first().changes == {"status": ["accepted", "blocked"], "label": ["One", "Uno"]}
    undo(write(second))
    assert IdToken.objects.get(uid="A").label == "One"
    SessionFactory(id_token=IdToken.objects.get(uid="B"))
    assert undo(first).status == "completed"
    assert IdToken.objects.count() == 2


# --- tariffs ---------------------------------------------------------------------------------


def test_a_simple_list_of_prices_becomes_tariffs(member):
    text = "name;currency;price per kWh;price per minute;flat;tax\nDay;EUR;0,49;0,02;1;19\n"
    write(take(member, text, kind="tariffs"))
    tariff = Tariff.objects.get()
    assert (tariff.name, tariff.tax_included) == ("Day", "YES")
    parts = tariff.elements[0]["price_components"]
    assert [(p["type"], p["price"], p["vat"], p["step_size"]) for p in parts] == [
        ("ENERGY", "0.49", "19", 1),
        ("TIME", "1.20", "19", 60),
        ("FLAT", "1", "19", 1),
    ]
    again = take(member, text.replace("0,49", "0,52"), kind="tariffs")
    assert verdicts(again) == ["changed"]
    write(again)
    assert list(Tariff.objects.order_by("version").values_list("version", flat=True)) == [1, 2]
    assert undo(again).status == "undone"
    assert verdicts(take(member, text, kind="tariffs")) == ["unchanged"]


def test_an_ocpi_tariff_is_read_as_it_stands(member):
    element = {
        "price_components": [{"type": "ENERGY", "price": 0.30, "vat": 19.0, "step_size": 1}],
        "restrictions": {"start_time": "08:00", "end_time": "20:00"},
    }
    tariff = {
        "id": "12", "currency": "EUR", "elements": [element],
        "min_price": {"excl_vat": 1.0, "incl_vat": 1.19},
        "tariff_alt_text": [{"language": "en", "text": "Daytime"}],
    }  # fmt: skip
    batch = write(take(member, json.dumps({"data": [tariff]}), kind="tariffs"))
    found = Tariff.objects.get()
    assert (found.name, found.tax_included, found.min_price) == (
        "Daytime",
        "NO",
        {"before_taxes": "1.0", "after_taxes": "1.19"},
    )
    assert found.elements[0]["restrictions"] == {"start_time": "08:00", "end_time": "20:00"}
    assign_tariff(tariff=found)
    assert undo(batch).status == "completed"


@pytest.mark.parametrize("row", ["Day;EUR;;;", ";EUR;1;;", "Day;EURO;1;;", "Day;EUR;-1;;", "Day;EUR;1;;900"])
def test_what_is_no_tariff_is_a_problem(member, row):
    assert verdicts(take(member, f"name;currency;kwh;minute;tax\n{row}\n", kind="tariffs")) == ["problem"]
