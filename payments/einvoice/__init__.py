"""Electronic invoices after EN 16931, as UBL 2.1 and as CII. Pure."""
