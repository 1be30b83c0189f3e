"""Examples of the kinds that only 2.x has words for. Pure."""

from __future__ import annotations

from typing import Final

from stations import command_kinds as kinds

TARIFF: Final = {
    "tariffId": "night-1",
    "currency": "EUR",
    "energy": {"prices": [{"priceKwh": 0.35}]},
}

DEVICE_MODEL: Final = (
    kinds.ReadReport(base="full"),
    kinds.ReadReport(criteria=("problem",), names=("EVSE", "Connector.Available"), request_number=21),
    kinds.SetMonitor(variable="EVSE.Power", kind="upper", value=20_000, severity=5),
    kinds.SetMonitor(
        variable="EVSE.Power", kind="periodic", value=60, severity=8, is_transactional=True, number=4
    ),
    kinds.ClearMonitors(numbers=(4, 5)),
    kinds.SetMonitoringBase(base="hard_wired"),
    kinds.SetMonitoringLevel(severity=5),
    kinds.ReadMonitors(criteria=("threshold",), names=("EVSE.Power",)),
    kinds.ReadMonitors(),
    kinds.SetNetworkProfile(slot=1, url="wss://charge.example/ocpp"),
    kinds.ReadTransactionState(transaction_id="tx-81"),
    kinds.ReadTransactionState(),
)
ENERGY: Final = (
    kinds.ReadProfiles(evse_number=1, purpose="default", stack_level=0, request_number=22),
    kinds.ReadProfiles(profile_ids=(3, 4)),
    kinds.UpdateDynamicLimit(profile_id=3, limit=11.5),
    kinds.UsePriority(transaction_id="tx-81"),
    kinds.AllowEnergyTransfer(transaction_id="tx-81", modes=("DC", "DC_BPT")),
    kinds.SetDefaultTariff(evse_number=0, tariff=TARIFF),
    kinds.ChangeTariff(transaction_id="tx-81", tariff=TARIFF),
    kinds.ClearTariffs(tariff_ids=("night-1",), evse_number=1),
    kinds.ClearTariffs(),
    kinds.ReadTariffs(),
    kinds.TellWebPayment(evse_number=1, timeout_s=120),
    kinds.ShowPaymentCode(
        url_template="https://charge.example/q/{chargingstationid}/{evse}/{totp}/{version}/",
        shared_secret="between two only",
    ),
    kinds.ShowPaymentCode(is_on=False),
)
PEOPLE: Final = (
    kinds.ShowMessage(number=1, content="Welcome"),
    kinds.ShowMessage(
        number=2,
        content="Please move your car",
        language="en",
        priority="front",
        state="idle",
        evse_number=1,
        transaction_id="tx-81",
        starts_at="2026-03-01T00:00:00Z",
        ends_at="2026-03-02T00:00:00Z",
    ),
    kinds.ClearMessage(number=1),
    kinds.ReadMessages(numbers=(1, 2), priority="normal", state="idle"),
    kinds.ReadMessages(),
    kinds.ShowCost(transaction_id="tx-81", total_cost="12.34"),
    kinds.ReadCustomer(token_uid="04A1B2C3"),
    kinds.ReadCustomer(customer="anna", is_report=False, is_clear=True),
)
UPKEEP: Final = (
    kinds.PublishFirmware(url="https://files.example/fw.bin", checksum="9e107d9d372bb6826bd81d3542a419d6"),
    kinds.UnpublishFirmware(checksum="9e107d9d372bb6826bd81d3542a419d6"),
)

NEWER: Final[tuple[kinds.CommandKind, ...]] = (*DEVICE_MODEL, *ENERGY, *PEOPLE, *UPKEEP)
