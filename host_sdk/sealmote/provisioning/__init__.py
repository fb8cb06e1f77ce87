"""From a board on the desk to a first reading that anybody can check.

wishes        what a board is to be told: Wi-Fi and other sections, from a file, the environment, a person
target        the gateway that it is told of: a folder of this machine, or a URL
ca            the certificates by which it knows an https gateway
merging       what is wished, put over what the board has
registry      a device's key, entered at the gateway and on the chain
flow          one board, step by step
watch         its first reading, verified
complaints    what the board has to say against it meanwhile
"""
