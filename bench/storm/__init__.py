"""All stations at once: what it costs to let a crowd in, beside a floor that only opens the door."""
