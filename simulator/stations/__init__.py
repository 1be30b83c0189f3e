"""Virtual charging stations: see the page in `simulator/__init__.py`."""
