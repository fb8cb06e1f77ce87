"""Uplink: batches of messages to the gateway, over the transport that its URL names."""
