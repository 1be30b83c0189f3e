"""The control: the same chargers on stock Channels and the async ORM, a few writes per message."""
