from scheduling.models.power import ChargingPreferences, PowerPlan, PowerSlice, SentProfile
from scheduling.models.reservations import Reservation
from scheduling.models.saved import SavedPlace

__all__ = ["ChargingPreferences", "PowerPlan", "PowerSlice", "Reservation", "SavedPlace", "SentProfile"]
