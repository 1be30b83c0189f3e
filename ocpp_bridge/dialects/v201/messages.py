"""The OCPP 2.0.1 messages that we translate, as they are after the schema has judged them.

Members follow part 2, sections 1 and 2; NotRequired ones are optional there.
"""

from __future__ import annotations

from typing import Any, NotRequired, TypedDict


class ChargingStation(TypedDict):
    vendorName: str
    model: str
    serialNumber: NotRequired[str]
    firmwareVersion: NotRequired[str]


class BootNotification(TypedDict):
    reason: str
    chargingStation: ChargingStation


class StatusNotification(TypedDict):
    evseId: int
    connectorId: int
    connectorStatus: str
    timestamp: str


class IdToken(TypedDict):
    idToken: str
    type: str


class Authorize(TypedDict):
    idToken: IdToken


class IdTokenInfo(TypedDict):
    status: str
    groupIdToken: NotRequired[IdToken]
    cacheExpiryDateTime: NotRequired[str]


class UnitOfMeasure(TypedDict, total=False):
    unit: str
    multiplier: int


class SignedMeterValue(TypedDict):
    signedMeterData: str
    signingMethod: str
    encodingMethod: str
    publicKey: str


class SampledValue(TypedDict):
    value: float
    context: NotRequired[str]
    measurand: NotRequired[str]
    phase: NotRequired[str]
    location: NotRequired[str]
    unitOfMeasure: NotRequired[UnitOfMeasure]
    signedMeterValue: NotRequired[SignedMeterValue]


class MeterValue(TypedDict):
    timestamp: str
    sampledValue: list[SampledValue]


class MeterValues(TypedDict):
    evseId: int
    meterValue: list[MeterValue]


class EVSE(TypedDict):
    id: int
    connectorId: NotRequired[int]


class Transaction(TypedDict):
    transactionId: str
    chargingState: NotRequired[str]
    stoppedReason: NotRequired[str]
    remoteStartId: NotRequired[int]


class TransactionEvent(TypedDict):
    eventType: str
    timestamp: str
    triggerReason: str
    seqNo: int
    transactionInfo: Transaction
    offline: NotRequired[bool]
    evse: NotRequired[EVSE]
    idToken: NotRequired[IdToken]
    reservationId: NotRequired[int]
    meterValue: NotRequired[list[MeterValue]]


class Component(TypedDict):
    name: str
    instance: NotRequired[str]
    evse: NotRequired[EVSE]


class Variable(TypedDict):
    name: str
    instance: NotRequired[str]


class VariableAttribute(TypedDict, total=False):
    type: str
    value: str
    mutability: str


class ReportData(TypedDict):
    component: Component
    variable: Variable
    variableAttribute: list[VariableAttribute]
    variableCharacteristics: NotRequired[dict[str, Any]]


class NotifyReport(TypedDict):
    requestId: int
    seqNo: int
    reportData: NotRequired[list[ReportData]]


class GetVariableResult(TypedDict):
    attributeStatus: str
    component: Component
    variable: Variable
    attributeType: NotRequired[str]
    attributeValue: NotRequired[str]


class SetVariableResult(TypedDict):
    attributeStatus: str
    component: Component
    variable: Variable
