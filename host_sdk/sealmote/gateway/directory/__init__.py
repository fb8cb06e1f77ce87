"""Files of a gateway's directory that guard it: the serving lock, the copy check, the operator's token."""
