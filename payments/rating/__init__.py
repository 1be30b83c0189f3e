"""Rating: what a charge costs, and why. Pure (MONEY rule 1): no Django, no clock, no float."""
