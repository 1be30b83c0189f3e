"""The kinds of object and what may be done with each; every module lists its operations in ENDPOINTS."""
