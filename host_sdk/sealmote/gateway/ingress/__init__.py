"""Ways in: listeners, each for one protocol, that hand what arrives to the one intake."""
