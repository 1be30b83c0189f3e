"""What every app's part of /api/v1/ leans on: pages of rows, filters by name, calm errors."""
