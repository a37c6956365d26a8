"""What the load balancer must and must not do.

It knows the types of Google's load balancer.
"""

from collections.abc import Iterator

from tests.infra.policies.policy import Policy, policy, wrong
from tests.infra.recording import Recording

BACKEND_SERVICE = "gcp:compute/backendService:BackendService"
NEG = "gcp:compute/regionNetworkEndpointGroup:RegionNetworkEndpointGroup"
HTTPS_PROXY = "gcp:compute/targetHttpsProxy:TargetHttpsProxy"
HTTP_PROXY = "gcp:compute/targetHttpProxy:TargetHttpProxy"
TLS = "gcp:compute/sSLPolicy:SSLPolicy"
URL_MAP = "gcp:compute/uRLMap:URLMap"
ADDRESS = "gcp:compute/globalAddress:GlobalAddress"
RULE = "gcp:compute/globalForwardingRule:GlobalForwardingRule"
ARMOR = "gcp:compute/securityPolicy:SecurityPolicy"
LAST_PRIORITY = 2147483647


@policy("HTTP/3 is what callers with bad connections need most.")
def quic_is_enabled(recording: Recording) -> Iterator[str]:
    for proxy in recording.of_type(HTTPS_PROXY):
        if proxy.at("quicOverride") != "ENABLE":
            yield wrong(proxy, f"quicOverride is {proxy.at('quicOverride')}")


@policy("What comes in 0-RTT can be sent again by others, and creating a video costs money.")
def early_data_are_off(recording: Recording) -> Iterator[str]:
    for proxy in recording.of_type(HTTPS_PROXY):
        if proxy.at("tlsEarlyData") != "DISABLED":
            yield wrong(proxy, f"tlsEarlyData is {proxy.at('tlsEarlyData')}")


@policy("Keys travel in headers.")
def tls_is_modern(recording: Recording) -> Iterator[str]:
    modern = {
        policy.at("name")
        for policy in recording.of_type(TLS)
        if policy.at("profile") == "RESTRICTED" and policy.at("minTlsVersion") in ("TLS_1_2", "TLS_1_3")
    }
    for proxy in recording.of_type(HTTPS_PROXY):
        if str(proxy.at("sslPolicy")).rpartition("/")[2] not in modern:
            yield wrong(proxy, f"its TLS policy is {proxy.at('sslPolicy')}")


@policy("The API of Compute Engine refuses it for a group without servers.")
def serverless_backends_have_no_timeout(recording: Recording) -> Iterator[str]:
    for backend in recording.of_type(BACKEND_SERVICE):
        if backend.at("timeoutSec") is not None:
            yield wrong(backend, f"timeoutSec is {backend.at('timeoutSec')}")


@policy("Without it every caller has as much of us as it can take.")
def backends_are_behind_cloud_armor(recording: Recording) -> Iterator[str]:
    for backend in recording.of_type(BACKEND_SERVICE):
        if not backend.at("securityPolicy"):
            yield wrong(backend, "has no security policy")
    for armor in recording.of_type(ARMOR):
        if LAST_PRIORITY not in list(armor.each("rules.*.priority")):
            yield wrong(armor, "has no default rule")


@policy("A plain request must never get further than to be sent to https.")
def plain_http_only_redirects(recording: Recording) -> Iterator[str]:
    redirecting = {
        str(routes.at("name"))
        for routes in recording.of_type(URL_MAP)
        if routes.at("defaultUrlRedirect.httpsRedirect") is True
        and routes.at("defaultUrlRedirect.stripQuery") is False
        and not routes.at("defaultService")
        and not routes.at("pathMatchers")
    }
    for proxy in recording.of_type(HTTP_PROXY):
        if str(proxy.at("urlMap")).rpartition("/")[2] not in redirecting:
            yield wrong(proxy, f"serves {proxy.at('urlMap')}")


@policy("Half of all phones have IPv6 only.")
def the_edge_is_there_for_both_kinds_of_address(recording: Recording) -> Iterator[str]:
    for version in ("IPV4", "IPV6"):
        if not any(address.at("ipVersion") == version for address in recording.of_type(ADDRESS)):
            yield f"no {version} address"
    for kind in (BACKEND_SERVICE, NEG, HTTPS_PROXY, HTTP_PROXY):
        if len(recording.of_type(kind)) != 1:
            yield f"{len(recording.of_type(kind))} of {kind}"


@policy("Google refuses a change whose tests fail, before it serves anybody.")
def routes_are_tested_by_google(recording: Recording) -> Iterator[str]:
    for routes in recording.of_type(URL_MAP):
        if routes.at("hostRules") and not routes.at("tests"):
            yield wrong(routes, "has no tests")


POLICIES: tuple[Policy, ...] = (
    quic_is_enabled,
    early_data_are_off,
    tls_is_modern,
    serverless_backends_have_no_timeout,
    backends_are_behind_cloud_armor,
    plain_http_only_redirects,
    the_edge_is_there_for_both_kinds_of_address,
    routes_are_tested_by_google,
)
