"""Ways in: the intake that takes every batch of messages, and what is shared by all listeners."""
