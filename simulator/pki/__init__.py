"""A stand-in for the public key infrastructure of ISO 15118: contracts, their revocation, their judgment.

It shares nothing with the server. Its EXI is none: what a car would decode is a JSON text that says so.
"""
