"""/api/v1/: thin. The same selectors and services as the pages; foreign rows are a 404."""
