"""Real servers out of wheels, for the demo and the tests; production names its own by URL."""
