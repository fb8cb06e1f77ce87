"""The gateway's HTTP interface, declared: what it is asked, what it answers, for gateway and client.

requests      query parameters and JSON bodies
answers       JSON answers and problem documents

A field that is added to an answer later has a default, so that what an older gateway says is read; a
client passes over keys that a newer one adds. In a request every key has to be known.
"""
