"""Simulated peripherals of the chip: pins, I2C, real-time clock."""
