"""The columns of a file of stations, and what other systems call them."""

from __future__ import annotations

from typing import Final

from django.utils.translation import gettext_lazy

from stations.importing.kinds import Field

TEXTS: Final = {"name": 60, "vendor": 50, "model": 50, "serial": 50}
PLACE_TEXTS: Final = {"location": 120, "address": 200, "city": 80, "postal_code": 16, "country": 2}
FIELDS: Final = (
    Field(
        name="identity",
        label=gettext_lazy("Identity"),
        also=("chargeboxid", "chargepointid", "stationid", "chargerid", "evseid", "cpid", "id", "ocppid"),
        is_required=True,
    ),
    Field(
        name="alias",
        label=gettext_lazy("Dials as"),
        also=("oldidentity", "oldname", "dialsas", "ocppidentity", "foreignid"),
    ),
    Field(name="name", label=gettext_lazy("Name"), also=("description", "displayname", "stationname")),
    Field(
        name="location",
        label=gettext_lazy("Site"),
        also=("locationname", "site", "sitename", "standort", "place"),
    ),
    Field(
        name="address", label=gettext_lazy("Address"), also=("street", "adresse", "strasse", "addressline")
    ),
    Field(name="city", label=gettext_lazy("City"), also=("ort", "stadt", "town")),
    Field(name="postal_code", label=gettext_lazy("Postal code"), also=("zip", "zipcode", "plz", "postcode")),
    Field(name="country", label=gettext_lazy("Country"), also=("countrycode", "land")),
    Field(name="latitude", label=gettext_lazy("Latitude"), also=("lat", "locationlatitude", "breite")),
    Field(
        name="longitude",
        label=gettext_lazy("Longitude"),
        also=("lon", "lng", "locationlongitude", "laenge", "länge"),
    ),
    Field(name="stalls", label=gettext_lazy("Stalls"), also=("evses", "connectors")),
    Field(name="stall_count", label=gettext_lazy("Number of stalls"), also=("evsecount", "connectorcount")),
    Field(
        name="plug",
        label=gettext_lazy("Connector"),
        also=("connectortype", "standard", "plugtype", "steckertyp"),
    ),
    Field(
        name="max_power",
        label=gettext_lazy("Highest power"),
        also=("power", "maxpowerkw", "maxpowerw", "powerkw", "leistung", "leistungkw"),
    ),
    Field(
        name="vendor", label=gettext_lazy("Vendor"), also=("chargepointvendor", "manufacturer", "hersteller")
    ),
    Field(name="model", label=gettext_lazy("Model"), also=("chargepointmodel", "modell")),
    Field(
        name="serial",
        label=gettext_lazy("Serial number"),
        also=("chargepointserialnumber", "serialnumber", "chargeboxserialnumber", "seriennummer"),
    ),
    Field(
        name="password",
        label=gettext_lazy("Password"),
        also=("basicauthpassword", "authorizationkey", "authkey", "passwort"),
        is_secret=True,
    ),
    Field(name="security_profile", label=gettext_lazy("Security profile"), also=("profile",)),
)
