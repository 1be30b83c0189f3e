"""The outside world: virtual charging stations and a stand-in for the payment provider."""
