"""The edge of the local stack: HTTP/3, HTTP/2 and HTTP/1.1 on one port, in front of submit.

It stands where Google's external load balancer stands and must not know what a request means. It ends TLS
and QUIC, offers HTTP/3 by `alt-svc`, and forwards over HTTP/1.1, body and answer chunk by chunk.

As Google's does, it appends the client's address and its own to `X-Forwarded-For`, says `X-Forwarded-Proto`
and `Via`, passes a trace on or begins one, follows no redirect and answers 502, 503 or 504 when submit
cannot. Other than Google's, it gives every request an `X-Request-Id`, and its errors come in the service's
envelope.

What it does NOT imitate: WebSockets, trailers, caching, compression, retries of requests, health checks,
0-RTT, and any address other than 127.0.0.1.
"""
