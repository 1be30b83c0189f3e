#!/usr/bin/env python
"""Django's commands for this project; `./forecourt manage …` calls it inside the environment."""

from __future__ import annotations

import gc
import os
import sys

from django.core.management import execute_from_command_line

if __name__ == "__main__":
    gc.set_threshold(100_000)  # a quarter of a migration is looking through what it dropped
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "config.settings.dev")
    execute_from_command_line(sys.argv)
