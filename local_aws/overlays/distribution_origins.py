"""CloudFront distributions in front of a REST API, over TLS, compressed.

ministack answers 502 for an API Gateway origin, since the origin's host name is AWS's. It takes the plain
HTTP endpoint for what it is and redirects every viewer to HTTPS, which nothing here speaks. And it compresses
nothing. Here the API answers in this process, every viewer counts as one with TLS that doesn't say otherwise
(as in `secure_transport`), and what a cache policy lets CloudFront compress is compressed, by gzip only.
Nothing is cached: each request goes to its origin.
"""

import asyncio
import gzip
import http.client
import re
import urllib.parse
from collections.abc import Iterable
from typing import Any

from ministack import app
from ministack.services import cloudfront

HOOKS = (
    "ministack.app:_handle_cloudfront_dataplane_request",
    "ministack.app:_handle_execute_api_request",
    "ministack.services.cloudfront:_dataplane_behavior",
    "ministack.services.cloudfront:_fetch_from_origin",
    "ministack.services.cloudfront:_match_behavior",
    "ministack.services.cloudfront:_multidict_from_pairs",
    "ministack.services.cloudfront:_opt_text",
    "ministack.services.cloudfront:_origin_request_headers",
    "ministack.services.cloudfront:OriginTimeout",
    "ministack.services.cloudfront:cache_policy_params",
    "ministack.services.cloudfront:handle_viewer_request",
    "ministack.services.cloudfront:parse_distribution_dataplane_config",
)

_API_HOST = re.compile(r"([a-z0-9]+)\.execute-api\.[a-z0-9-]+\.amazonaws\.com(?:\.cn)?")
# https://docs.aws.amazon.com/AmazonCloudFront/latest/DeveloperGuide/ServingCompressedFiles.html
_COMPRESSIBLE = re.compile(
    r"(text/|image/svg\+xml|application/(json|javascript|xml|x-javascript|manifest\+json))"
)
_COMPRESSED_BYTES = range(1_000, 10_000_001)

Response = tuple[int, dict[str, Any], bytes]


def install() -> None:
    """Put this overlay in place."""
    _count_viewers_as_secure()
    _reach_apis()
    _compress()


def _count_viewers_as_secure() -> None:
    original = app._handle_cloudfront_dataplane_request

    async def handle(
        host: str, path: str, raw_path: str, query: str, method: str, headers: dict[str, str], *more: Any
    ) -> Any:
        return await original(
            host, path, raw_path, query, method, {"x-forwarded-proto": "https", **headers}, *more
        )

    app._handle_cloudfront_dataplane_request = handle


def _reach_apis() -> None:
    original = cloudfront._fetch_from_origin

    async def fetch(origin: dict[str, Any], *request: Any) -> Any:
        api = _API_HOST.fullmatch(origin["domain_name"])
        return await (_fetch_from_api(api[1], origin, *request) if api else original(origin, *request))

    cloudfront._fetch_from_origin = fetch


async def _fetch_from_api(
    api_id: str,
    origin: dict[str, Any],
    method: str,
    uri: str,
    query: str,
    headers: dict[str, str],
    body: bytes,
    _viewer_is_https: bool,
    client_ip: str,
    forwarded_for: str,
    _distribution: str,
) -> tuple[int, str, dict[str, Any], bytes]:
    """(status, reason, headers, body) as the API answers a request to its own host name."""
    sent = cloudfront._origin_request_headers(origin, headers, client_ip, forwarded_for)
    path = f"{origin['origin_path']}{uri}"
    answering = app._handle_execute_api_request(
        f"{api_id}.execute-api.localhost",
        urllib.parse.unquote(path),
        method,
        {name.lower(): value for name, value in sent.items()},
        body,
        urllib.parse.parse_qs(query, keep_blank_values=True),
        raw_path=path,
        raw_query_string=query,
    )
    try:
        status, answered, content = await asyncio.wait_for(answering, origin["read_timeout"])
    except TimeoutError as error:
        raise cloudfront.OriginTimeout(f"{origin['domain_name']} took too long") from error
    content = content.encode() if isinstance(content, str) else content
    reason = http.client.responses.get(status, "")
    return status, reason, cloudfront._multidict_from_pairs(_pairs(answered)), content


def _pairs(headers: dict[str, Any]) -> Iterable[tuple[str, Any]]:
    for name, value in headers.items():
        for one in value if isinstance(value, list) else [value]:
            yield name, one


def _compress() -> None:
    read_behavior, answer = cloudfront._dataplane_behavior, cloudfront.handle_viewer_request

    def behavior_with_compression(element: Any, path_pattern: str | None = None) -> dict[str, Any]:
        behavior: dict[str, Any] = read_behavior(element, path_pattern)
        return {**behavior, "compress": cloudfront._opt_text(element, "Compress") == "true"}

    async def handle_viewer_request(
        distribution: dict[str, Any],
        method: str,
        path: str,
        uri: str,
        query: str,
        headers: dict[str, str],
        *more: Any,
        **named: Any,
    ) -> Response:
        response = await answer(distribution, method, path, uri, query, headers, *more, **named)
        takes_gzip = "gzip" in headers.get("accept-encoding", "")
        return _compressed(response) if takes_gzip and _lets_compress(distribution, path) else response

    cloudfront._dataplane_behavior = behavior_with_compression
    cloudfront.handle_viewer_request = handle_viewer_request


def _lets_compress(distribution: dict[str, Any], path: str) -> bool:
    behavior = cloudfront._match_behavior(cloudfront.parse_distribution_dataplane_config(distribution), path)
    if not behavior or not behavior["compress"]:
        return False
    policy = cloudfront.cache_policy_params(behavior["cache_policy_id"]) or {}
    return bool(policy.get("EnableAcceptEncodingGzip"))


def _compressed(response: Response) -> Response:
    status, headers, body = response
    named = {name.lower(): value for name, value in headers.items()}
    if (
        status != 200
        or "content-encoding" in named
        or len(body) not in _COMPRESSED_BYTES
        or not _COMPRESSIBLE.match(str(named.get("content-type", "")))
    ):
        return response
    kept = {name: value for name, value in headers.items() if name.lower() != "content-length"}
    for name in [name for name in kept if name.lower() == "etag" and not str(kept[name]).startswith("W/")]:
        kept[name] = f"W/{kept[name]}"
    return status, {**kept, "Content-Encoding": "gzip", "Vary": "Accept-Encoding"}, gzip.compress(body, 6)
