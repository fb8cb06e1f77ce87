"""Proof files: fetch what proves one reading, check it link by link, explain it.

proof_file  the file: message, device key, registration, receipt, checkpoint, anchor
verify      its links, one after another, offline or against the chain
explain     the same in sentences
fetch       from a gateway
"""
