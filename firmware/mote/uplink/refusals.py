"""What an HTTP status (RFC 9110 section 15) means where an acknowledgement was expected."""

WORDS = {
    400: "the gateway cannot read the request",
    401: "the gateway wants other credentials than a signature",
    403: "the gateway forbids it",
    404: "no gateway at this url; check gateway.url",
    405: "no gateway at this url; check gateway.url",
    408: "the gateway gave up waiting",
    415: "the gateway does not take this content type",
    429: "the gateway asks for patience",
    500: "the gateway has an error",
    502: "the gateway's proxy cannot reach it",
    503: "the gateway is too busy",
    504: "the gateway's proxy cannot reach it",
}
