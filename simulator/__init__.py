"""The outside world: virtual charging stations and a stand-in for Stripe. Shares no code with the server."""
