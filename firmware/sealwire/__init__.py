"""The Sealmote wire format: shared by board and host."""
