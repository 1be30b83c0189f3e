"""Repeatable measurements, each against a floor or a control in the same run."""
