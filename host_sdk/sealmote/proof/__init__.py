"""Proof files: what proves one reading, checked link by link, explained.

proof_file  the file: message, device key, registration, receipt, checkpoint, anchor
verify      its links, one after another, offline or against the chain
report      what became of each link
explain     the same in sentences
"""
