"""Hardware: board profiles, GPIOs, the I2C bus and the button."""
