"""A small town for the page tests: eight sites, every status, one tariff, a day of history."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from accounts.models import Organization, User
from accounts.services import add_vehicle, create_organization, sign_up
from core import clock
from payments.models import Tariff
from payments.services.tariffs import assign_tariff, create_tariff
from stations.models import ChargingSession, ChargingStation, Circuit, Connector, Evse, Location, MeterReading

PASSWORD = "a long enough one"
CCS, TYPE_2 = "IEC_62196_T2_COMBO", "IEC_62196_T2"
# name, slug, address, latitude, longitude, power, amenities, statuses
SITES = [
    ("Harbour Hub", "harbour-hub", "Quay Road 14", 55.641716, 12.085251, 300_000, ["CAFE", "ROOF"],
     ["charging", "available", "available", "available", "available", "faulted"]),
    ("Market Street Garage", "market-street", "Market Street 3", 55.639649, 12.073316, 150_000, ["STEP_FREE"],
     ["charging", "charging", "available", "charging"]),
    ("Old Town Square", "old-town", "Church Lane 1", 55.645848, 12.079045, 50_000, [],
     ["charging", "occupied"]),
    ("Lakeside Park & Ride", "lakeside", "Lake Drive 8", 55.647644, 12.067269, 22_000, ["SOLAR"],
     ["available", "available", "occupied", "available"]),
    ("East Works", "east-works", "Foundry Road 2", 55.646926, 12.092095, 150_000, ["SUPERMARKET"],
     ["available"] * 5 + ["charging", "charging", "unavailable"]),
    ("Southgate", "southgate", "South Ring 40", 55.637314, 12.088911, 50_000, [], ["faulted", "faulted"]),
    ("Riverbank", "riverbank", "River Walk 5", 55.642434, 12.066951, 22_000, [], ["offline", "offline"]),
    ("Northfield", "northfield", "North Road 77", 55.649711, 12.081910, 50_000, ["TOILETS"],
     ["charging"] * 3),
]  # fmt: skip
ENERGY = {"type": "ENERGY", "vat": 25, "step_size": 1}
IDLE = {"type": "PARKING_TIME", "price": "12.00", "vat": 25, "step_size": 60}


@dataclass(frozen=True)
class Town:
    organization: Organization
    driver: User
    owner: User
    locations: dict[str, Location]
    tariff: Tariff

    def evse(self, slug: str, stall: int = 1) -> Evse:
        """The EVSE with this number on the page of the site."""
        return Evse.objects.filter(station__location=self.locations[slug]).order_by("station__identity")[
            stall - 1
        ]


def build_town() -> Town:
    owner = sign_up(email="elin@example.org", password=PASSWORD, name="Elin Vik")
    driver = sign_up(email="sam@example.org", password=PASSWORD, name="Sam Abe")
    add_vehicle(
        user=driver, name="ID.4", battery_wh=77_000, max_ac_w=11_000, max_dc_w=135_000,
        connector_standards=[CCS, TYPE_2],
    )  # fmt: skip
    organization = create_organization(
        name="Aurora Charge", slug="aurora", country_code="DK", party_id="AUR", owner=owner,
        time_zone="Europe/Copenhagen",
    )  # fmt: skip
    tariff = _tariff(organization)
    locations = {site[1]: _location(organization, *site) for site in SITES}
    _remember_busy_afternoons(organization, locations["harbour-hub"])
    return Town(organization, driver, owner, locations, tariff)


def _tariff(organization: Organization) -> Tariff:
    midday = {"start_time": "11:00", "end_time": "16:00"}
    tariff = create_tariff(
        organization=organization,
        name="Day and night",
        elements=[
            {"price_components": [{**ENERGY, "price": "0.39"}], "restrictions": midday},
            {"price_components": [{**ENERGY, "price": "0.49"}, IDLE]},
        ],
        idle_grace_minutes=10,
        hold_minor=2500,
    )
    assign_tariff(tariff=tariff, starts_at=clock.now() - timedelta(days=30))
    return tariff


def _location(organization, name, slug, address, latitude, longitude, power_w, amenities, statuses):
    location = Location.objects.create(
        organization=organization, name=name, slug=slug, address=address, city="Roskilde",
        latitude=latitude, longitude=longitude, time_zone="Europe/Copenhagen", amenities=amenities,
    )  # fmt: skip
    circuit = Circuit.objects.create(organization=organization, location=location, name="Grid", limit_a=400)
    for number, status in enumerate(statuses, 1):
        _stall(organization, location, circuit, number, power_w, status)
    return location


def _remember_busy_afternoons(organization, location):
    """Twelve days on which most stalls were taken from five to seven: what the forecast learns from."""
    today = clock.now().replace(hour=0, minute=0, second=0, microsecond=0)
    evses = Evse.objects.filter(station__location=location).select_related("station")
    sessions = [
        ChargingSession(
            organization=organization, station=evse.station, evse=evse, status="completed",
            started_at=today - timedelta(days=day) + timedelta(hours=hour, minutes=number),
            ended_at=today - timedelta(days=day) + timedelta(hours=hour + 1, minutes=number),
            meter_start_wh=0, meter_end_wh=20_000, energy_wh=20_000, token_uid=f"P{day}-{hour}-{number}",
        )
        for day in range(1, 13)
        for hour, taken in ((8, 1), (10, 2), (12, 3), (14, 2), (16, 5), (17, 6), (18, 4), (20, 1))
        for number, evse in enumerate(list(evses)[:taken])
    ]  # fmt: skip
    ChargingSession.objects.bulk_create(sessions)


def _stall(organization, location, circuit, number, power_w, status):
    now = clock.now()
    station = ChargingStation.objects.create(
        organization=organization, location=location, identity=f"{location.slug.upper()}-{number}",
        is_connected=status != "offline", last_seen_at=now, ocpp_version="ocpp1.6", vendor="Simulated",
    )  # fmt: skip
    is_dc = power_w > 22_000
    evse = Evse.objects.create(
        organization=organization, station=station, number=1, name=str(number), circuit=circuit,
        evse_id=f"DK*AUR*E{station.pk:04}", code=f"{location.slug[:3].upper()}{number}",
        current_type="dc" if is_dc else "ac", max_power_w=power_w,
    )  # fmt: skip
    reported = {"charging": "occupied", "offline": "available"}.get(status, status)
    Connector.objects.create(
        organization=organization,
        evse=evse,
        standard=CCS if is_dc else TYPE_2,
        status=reported,
        status_at=now,
    )
    if status == "charging":
        charge(evse, started_at=now - timedelta(minutes=18), power_w=power_w * 4 // 5)


def charge(
    evse: Evse, *, started_at: datetime, driver: User | None = None, power_w: int = 122_000, soc: int = 62
) -> ChargingSession:
    """A running session with a reading a minute: a quick rise, a plateau, a slow fall."""
    minutes = int((clock.now() - started_at).total_seconds() // 60)
    session = ChargingSession.objects.create(
        organization=evse.organization, station=evse.station, evse=evse, connector_number=1, driver=driver,
        status="active", phase="charging", phase_at=started_at, started_at=started_at,
        meter_start_wh=1_000_000, token_uid=f"T{evse.pk}",
    )  # fmt: skip
    energy_wh = 0
    for minute in range(minutes + 1):
        share = min(1.0, 0.3 + minute / 4) if minute < 4 else max(0.4, 1.0 - max(0, minute - 10) * 0.02)
        energy_wh += int(power_w * share / 60)
        taken_at = started_at + timedelta(minutes=minute)
        MeterReading.objects.create(
            station=evse.station, session=session, evse_number=1, taken_at=taken_at, received_at=taken_at,
            context="Sample.Periodic", energy_wh=1_000_000 + energy_wh, power_w=int(power_w * share),
            soc_percent=max(5, soc - minutes + minute),
        )  # fmt: skip
    ChargingSession.objects.filter(pk=session.pk).update(
        energy_wh=energy_wh, power_w=int(power_w * share), soc_percent=soc, last_reading_at=clock.now()
    )
    session.refresh_from_db()
    return session
