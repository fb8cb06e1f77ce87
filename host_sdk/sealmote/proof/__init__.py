"""One file that proves one reading to anyone: make it, check it, say which link broke.

bundle   the file: message, device key, registration, receipt, checkpoint, anchor
verify   its links, one after another, offline or against the chain
words    the same as a person would tell it
"""
