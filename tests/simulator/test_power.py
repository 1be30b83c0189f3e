"""Laws of energy: what flows is counted, limits are obeyed, and the same seed gives the same day."""

from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from simulator.stations.profiles import Limit, Period, Profile, ProfileStore
from simulator.stations.spec import EvseSpec
from simulator.stations.vehicles import AC_EFFICIENCY, CATALOG, Offer, Vehicle
from tests.simulator.fakes import NOON, Conversation, ac_spec, car, dc_spec


def profile(limit, *, unit="A", purpose="TxDefaultProfile", level=0, profile_id=1, **schedule):
    return {
        "chargingProfileId": profile_id,
        "stackLevel": level,
        "chargingProfilePurpose": purpose,
        "chargingProfileKind": "Absolute" if "startSchedule" in schedule else "Relative",
        "chargingSchedule": {
            "chargingRateUnit": unit,
            "chargingSchedulePeriod": schedule.pop("periods", [{"startPeriod": 0, "limit": limit}]),
            **schedule,
        },
    }


def charging(spec=None, **kwargs):
    return Conversation(spec or ac_spec()).plug_in(**kwargs).tap().after(20)


def limit_to(talk, limit, connector=1, **kwargs):
    return talk.call("SetChargingProfile", connectorId=connector, csChargingProfiles=profile(limit, **kwargs))


def test_the_register_counts_what_the_power_was():
    talk = charging(vehicle=car(soc=20))
    evse, total_wh, before_wh = talk.station.cabinet.evse(1), 0.0, talk.station.cabinet.evse(1).register_wh
    for _ in range(3600):
        total_wh += evse.flow.power_w / 3600
        talk.after(1)
    assert evse.register_wh - before_wh == pytest.approx(total_wh, rel=0.002)


@given(
    name=st.sampled_from(sorted(CATALOG)),
    soc=st.floats(0, 100),
    limit_a=st.floats(0, 40),
    phases=st.sampled_from([1, 3]),
)
def test_an_ac_car_takes_nothing_below_six_amperes_and_never_more_than_offered(name, soc, limit_a, phases):
    flow = Vehicle(spec=CATALOG[name], soc_percent=soc).accept(Offer("AC", 22_000, limit_a, phases))
    assert flow.current_a <= limit_a
    assert flow.phases <= phases
    assert flow.power_w == 0 or flow.current_a >= 6
    assert (flow.state == "Charging") == (flow.power_w > 0)


@given(name=st.sampled_from(sorted(CATALOG)), soc=st.floats(0, 100), limit_w=st.floats(0, 400_000))
def test_a_dc_car_never_takes_more_than_offered_or_than_it_can(name, soc, limit_w):
    car_spec = CATALOG[name]
    flow = Vehicle(spec=car_spec, soc_percent=soc).accept(Offer("DC", limit_w, 500, 0))
    assert flow.power_w <= min(limit_w, car_spec.max_dc_w, 500 * flow.voltage_v) + 1e-6
    assert flow.power_w == pytest.approx(flow.current_a * flow.voltage_v)


def test_a_battery_gains_what_flowed_less_the_losses():
    talk = charging(vehicle=(compact := car(soc=20)))
    talk.after(7200)
    gained_wh = (compact.soc_percent - 20) / 100 * compact.spec.battery_wh
    taken_wh = talk.station.cabinet.evse(1).register_wh - 1000
    assert gained_wh == pytest.approx(taken_wh * AC_EFFICIENCY, rel=0.001)


def test_a_dc_car_tapers_near_full():
    talk = charging(dc_spec(), vehicle=car("Long ranger", soc=30))
    early_w = talk.station.cabinet.evse(1).flow.power_w
    talk.after(2700)
    assert talk.station.cabinet.evse(1).flow.power_w < early_w / 2


def test_a_default_limit_holds_at_once_and_a_session_limit_goes_before_it():
    talk = charging()
    flow = lambda: talk.station.cabinet.evse(1).flow.current_a  # noqa: E731
    assert limit_to(talk, 10, connector=0) == {"status": "Accepted"}
    assert 9 < flow() <= 10
    assert limit_to(talk, 14, purpose="TxProfile", profile_id=2) == {"status": "Accepted"}
    assert 13 < flow() <= 14
    assert talk.call("ClearChargingProfile", id=2) == {"status": "Accepted"}
    assert flow() <= 10
    assert talk.call("ClearChargingProfile", id=2) == {"status": "Unknown"}


def test_below_six_amperes_the_station_suspends_and_comes_back():
    talk = charging()
    limit_to(talk, 0)
    talk.after(60)
    assert talk.central.statuses()[-1] == "SuspendedEVSE"
    before_wh = talk.station.cabinet.evse(1).register_wh
    talk.after(600)
    assert talk.station.cabinet.evse(1).register_wh == before_wh
    limit_to(talk, 6)
    talk.after(10)
    assert talk.central.statuses()[-1] == "Charging"


def test_watts_are_turned_into_amperes_per_phase():
    talk = charging()
    limit_to(talk, 6900, unit="W")
    assert 9.5 < talk.station.cabinet.evse(1).flow.current_a <= 10


def test_a_schedule_changes_at_its_own_second():
    talk = charging()
    periods = [{"startPeriod": 0, "limit": 8}, {"startPeriod": 300, "limit": 12}]
    limit_to(talk, None, startSchedule=talk.now.isoformat(), duration=600, periods=periods)
    amperes = []
    for _ in range(3):
        amperes.append(round(talk.station.cabinet.evse(1).flow.current_a))
        talk.after(300)
    assert amperes == [8, 12, 16]


def test_a_ceiling_for_the_station_is_divided_between_those_who_charge():
    talk = Conversation(ac_spec()).plug_in(1).tap("A", 1).plug_in(2).tap("B", 2).after(20)
    limit_to(talk, 20, connector=0, purpose="ChargePointMaxProfile")
    evses = talk.station.cabinet.evses
    assert [round(evse.flow.current_a) for evse in evses.values()] == [10, 10]
    talk.unplug(2).after(5)
    assert evses[1].flow.current_a > 15


def test_two_outlets_of_one_feed_share_it():
    outlets = tuple(
        EvseSpec(number=number, current="DC", standard="IEC_62196_T2_COMBO", max_power_w=150_000)
        for number in (1, 2)
    )
    talk = Conversation(dc_spec(evses=outlets, max_power_w=200_000))
    talk.plug_in(1, car("Tourer 800", soc=20)).tap("A", 1).after(60)
    assert talk.station.cabinet.evse(1).flow.power_w > 145_000
    talk.plug_in(2, car("Tourer 800", soc=20)).tap("B", 2).after(60)
    assert sum(evse.flow.power_w for evse in talk.station.cabinet.evses.values()) <= 200_000


@pytest.mark.parametrize(
    ("connector", "bad"),
    [
        (1, {"level": 99}),
        (1, {"purpose": "TxProfile"}),
        (1, {"purpose": "ChargePointMaxProfile"}),
        (7, {}),
        (1, {"periods": [{"startPeriod": 5, "limit": 10}]}),
        (1, {"periods": [{"startPeriod": second, "limit": 10} for second in range(30)]}),
    ],
)
def test_a_profile_the_station_cannot_keep_is_refused(connector, bad):
    assert limit_to(Conversation(ac_spec()), 10, connector=connector, **bad) == {"status": "Rejected"}


def test_a_dc_station_takes_no_amperes():
    assert limit_to(Conversation(dc_spec("1.6")), 100) == {"status": "Rejected"}


def test_a_session_profile_dies_with_its_session():
    talk = charging()
    limit_to(talk, 10, purpose="TxProfile")
    talk.unplug()
    assert talk.station.cabinet.profiles.installed == []


def test_the_composite_schedule_says_what_will_be_followed():
    talk = charging()
    periods = [{"startPeriod": 0, "limit": 8}, {"startPeriod": 300, "limit": 12}]
    limit_to(talk, None, startSchedule=talk.now.isoformat(), duration=600, periods=periods)
    answer = talk.call("GetCompositeSchedule", connectorId=1, duration=900, chargingRateUnit="A")
    assert answer["chargingSchedule"]["chargingSchedulePeriod"] == [
        {"startPeriod": 0, "limit": 8.0},
        {"startPeriod": 300, "limit": 12.0},
        {"startPeriod": 600, "limit": 32.0},
    ]
    whole = talk.call("GetCompositeSchedule", connectorId=0, duration=900, chargingRateUnit="W")
    assert whole["chargingSchedule"]["chargingSchedulePeriod"] == [{"startPeriod": 0, "limit": 44_000.0}]


def test_a_recurring_profile_returns_every_day():
    night = Profile(
        profile_id=1,
        stack_level=0,
        purpose="default",
        kind="Recurring",
        recurrency="Daily",
        evse=0,
        periods=(Period(0, Limit(6, "A")),),
        starts_at=NOON - timedelta(days=5),
        duration_s=3600,
    )
    store = ProfileStore([night])
    at = NOON + timedelta(minutes=30)
    assert store.session_limit(1, at, at, in_session=False) == Limit(6, "A")
    assert store.session_limit(1, at + timedelta(hours=1), at, in_session=False) is None
    assert store.next_change(at, at) == NOON + timedelta(hours=1)


@settings(max_examples=15, deadline=None)
@given(limits=st.lists(st.integers(0, 20), min_size=1, max_size=6), seed=st.integers(0, 1000))
def test_whatever_limits_come_the_current_stays_below_them(limits, seed):
    talk = Conversation(ac_spec(), seed=seed).plug_in(vehicle=car("Rapid AC", soc=10)).tap().after(20)
    for limit in limits:
        limit_to(talk, limit)
        for _ in range(5):
            assert talk.station.cabinet.evse(1).flow.current_a <= limit
            talk.after(17)


def test_the_same_seed_says_the_same_words_and_another_does_not():
    def day(seed):
        talk = Conversation(dc_spec(), seed=seed).plug_in().tap().after(1800).unplug().after(600)
        return talk.central.said, talk.central.ids

    assert day(3) == day(3)
    assert day(3)[1] != day(4)[1]


def test_how_often_time_is_advanced_changes_nothing():
    def energy(step_s):
        talk = charging()
        for _ in range(3600 // step_s):
            talk.after(step_s)
        return talk.station.cabinet.evse(1).register_wh

    assert energy(3600) == pytest.approx(energy(7), rel=0.005)


def test_a_second_life_does_not_repeat_transaction_ids():
    first = Conversation(dc_spec()).plug_in().tap()
    second = Conversation(dc_spec(), now=NOON + timedelta(seconds=1)).plug_in().tap()
    ids = [
        talk.central.of("TransactionEvent")[0]["transactionInfo"]["transactionId"] for talk in (first, second)
    ]
    assert ids[0] != ids[1]
