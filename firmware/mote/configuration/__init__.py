"""Configuration: /data/config.json, read, checked and written."""
