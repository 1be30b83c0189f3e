"""The OCPP 1.6 messages that we translate, as they are after the schema has judged them.

Members follow the specification's section 6 and 7; total=False ones are optional there.
"""

from __future__ import annotations

from typing import Literal, NotRequired, TypedDict

RegistrationStatus = Literal["Accepted", "Pending", "Rejected"]


class BootNotification(TypedDict):
    chargePointVendor: str
    chargePointModel: str
    chargePointSerialNumber: NotRequired[str]
    chargeBoxSerialNumber: NotRequired[str]
    firmwareVersion: NotRequired[str]


class BootNotificationAnswer(TypedDict):
    status: RegistrationStatus
    currentTime: str
    interval: int


class StatusNotification(TypedDict):
    connectorId: int
    errorCode: str
    status: str
    info: NotRequired[str]
    timestamp: NotRequired[str]
    vendorId: NotRequired[str]
    vendorErrorCode: NotRequired[str]


class Authorize(TypedDict):
    idTag: str


class IdTagInfo(TypedDict):
    status: str
    parentIdTag: NotRequired[str]
    expiryDate: NotRequired[str]


class SampledValue(TypedDict):
    value: str
    context: NotRequired[str]
    format: NotRequired[str]
    measurand: NotRequired[str]
    phase: NotRequired[str]
    location: NotRequired[str]
    unit: NotRequired[str]


class MeterValue(TypedDict):
    timestamp: str
    sampledValue: list[SampledValue]


class MeterValues(TypedDict):
    connectorId: int
    transactionId: NotRequired[int]
    meterValue: list[MeterValue]


class StartTransaction(TypedDict):
    connectorId: int
    idTag: str
    meterStart: int
    timestamp: str
    reservationId: NotRequired[int]


class StopTransaction(TypedDict):
    transactionId: int
    meterStop: int
    timestamp: str
    idTag: NotRequired[str]
    reason: NotRequired[str]
    transactionData: NotRequired[list[MeterValue]]


class ConfigurationKey(TypedDict):
    key: str
    readonly: bool
    value: NotRequired[str]


class GetConfigurationAnswer(TypedDict, total=False):
    configurationKey: list[ConfigurationKey]
    unknownKey: list[str]
