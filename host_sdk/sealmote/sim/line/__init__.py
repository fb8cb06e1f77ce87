"""The serial line of a simulated board on the host: its output as lines, its console as bytes both ways."""
