"""Surroundings of a simulated board: weather, time servers, faults, and the conditions of one start."""
