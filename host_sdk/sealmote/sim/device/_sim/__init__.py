"""The simulated hardware behind the port's modules; firmware never imports it."""
