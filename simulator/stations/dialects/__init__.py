"""One folder per OCPP version: what a station says, what it hears, what it remembers."""
