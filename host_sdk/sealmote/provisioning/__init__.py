"""Provisioning: from a board with the firmware to its first verified reading.

provisioning_input    settings from a file, the environment or a person
target                the gateway that the board is provisioned for
addresses             this machine's addresses, by which boards may reach it
ca                    the certificates by which a board knows an https gateway
merge_patch           new settings put over what the board has
registry              the device's key, registered at the gateway and on the chain
flow                  one board, step by step
first_reading         its first reading, verified
board_warnings        the board's own warnings meanwhile
"""
