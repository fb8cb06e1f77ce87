"""Reason codes of the ESP32's Wi-Fi driver (esp_wifi_types.h) as text."""

REASONS = {
    2: "the access point forgot us",
    15: "the password is wrong, or the signal too weak for the handshake",
    200: "the access point's beacons stopped",
    201: "no such network in reach",
    202: "the password is wrong",
    203: "the access point refused the association",
    204: "the password is wrong, or the signal too weak for the handshake",
    205: "the connection failed",
    210: "the network's security is of no kind that this board speaks",
    211: "the network's security is weaker than the board accepts",
    212: "the signal is too weak",
}
