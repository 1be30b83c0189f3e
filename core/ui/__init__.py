"""What pages are made of: status words, numbers, charts, panels, fragments (README.md)."""
