"""What one core can do with chargers that never pause: the bridge beside a floor and a control."""
