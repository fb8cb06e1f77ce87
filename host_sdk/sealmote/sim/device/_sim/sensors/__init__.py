"""Models of sensor chips on the I2C bus, and the weather that they measure."""
