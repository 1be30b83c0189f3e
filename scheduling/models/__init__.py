from scheduling.models.power import ChargingPreferences, PowerPlan, PowerSlice, SentProfile
from scheduling.models.reservations import Reservation

__all__ = ["ChargingPreferences", "PowerPlan", "PowerSlice", "Reservation", "SentProfile"]
