"""The parameters of each operation, compared with the SDK's own types by a test."""
