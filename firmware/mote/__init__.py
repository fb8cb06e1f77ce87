"""The device application: sample, seal, keep, send. `app.run` starts it."""

NAME = "sealmote"
VERSION = "0.1.0"
