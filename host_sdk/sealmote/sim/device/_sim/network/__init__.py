"""Simulated Wi-Fi radio and sockets."""
