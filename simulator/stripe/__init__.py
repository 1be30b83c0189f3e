"""A stand-in for Stripe on loopback: another party, sharing no code with the server.

It keeps the promises money tests lean on (exact idempotency, no over-capture, no over-refund, signed
webhooks, well-known test cards) and can break its own on request (`/_faults`). No real money, ever.
"""
