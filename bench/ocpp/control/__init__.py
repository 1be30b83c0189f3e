"""The control: the same chargers on stock Channels and the async ORM, one write per message."""
