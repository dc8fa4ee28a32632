"""Distributions from templates: at an address of their own, with the page and an API behind one origin."""

from __future__ import annotations

import http.client
import json
import time
import urllib.error
import urllib.request
from email.message import Message
from typing import Any
from urllib.parse import urlsplit

import pytest

from tests.local.running import Deploy, LocalAws, MakeRole
from tests.local.test_contract_apis import api_resources

CACHED, NOT_CACHED = "658327ea-f89d-4fab-a63d-7e88639e58f6", "4135ea2d-6df8-44a3-9df3-4b5a84be39ad"
ALL_BUT_HOST = "b689b0a8-53d0-40ab-baf2-68738e2966ac"
STRIP = "function handler(event) { event.request.uri = event.request.uri.slice(4); return event.request; }"
TEXT = "All of the page. " * 100


def site_resources(role: str) -> dict[str, Any]:
    """An API under /api and a bucket's page, which only the distribution may read, over TLS."""
    distribution_arn = {"Fn::Sub": "arn:aws:cloudfront::${AWS::AccountId}:distribution/${Distribution}"}
    page = {"Fn::Sub": "${Page.Arn}/*"}
    behavior = {"ViewerProtocolPolicy": "redirect-to-https"}
    return {
        **api_resources(role),
        "Page": {"Type": "AWS::S3::Bucket"},
        "PagePolicy": {
            "Type": "AWS::S3::BucketPolicy",
            "Properties": {
                "Bucket": {"Ref": "Page"},
                "PolicyDocument": {
                    "Statement": [
                        {
                            "Effect": "Deny",
                            "Principal": "*",
                            "Action": "s3:*",
                            "Resource": page,
                            "Condition": {"Bool": {"aws:SecureTransport": "false"}},
                        },
                        {
                            "Effect": "Allow",
                            "Principal": {"Service": "cloudfront.amazonaws.com"},
                            "Action": "s3:GetObject",
                            "Resource": page,
                            "Condition": {"StringEquals": {"AWS:SourceArn": distribution_arn}},
                        },
                    ]
                },
            },
        },
        "Access": {
            "Type": "AWS::CloudFront::OriginAccessControl",
            "Properties": {
                "OriginAccessControlConfig": {
                    "Name": {"Ref": "Page"},
                    "OriginAccessControlOriginType": "s3",
                    "SigningBehavior": "always",
                    "SigningProtocol": "sigv4",
                }
            },
        },
        "Strip": {
            "Type": "AWS::CloudFront::Function",
            "Properties": {
                "Name": {"Fn::Sub": "strip-${Page}"},
                "AutoPublish": True,
                "FunctionCode": STRIP,
                "FunctionConfig": {"Comment": "", "Runtime": "cloudfront-js-2.0"},
            },
        },
        "Distribution": {
            "Type": "AWS::CloudFront::Distribution",
            "Properties": {
                "DistributionConfig": {
                    "Enabled": True,
                    "DefaultRootObject": "index.html",
                    "Origins": [
                        {
                            "Id": "page",
                            "DomainName": {"Fn::GetAtt": ["Page", "RegionalDomainName"]},
                            "OriginAccessControlId": {"Fn::GetAtt": ["Access", "Id"]},
                            "S3OriginConfig": {"OriginAccessIdentity": ""},
                        },
                        {
                            "Id": "api",
                            "DomainName": {"Fn::Sub": "${Api}.execute-api.us-east-1.amazonaws.com"},
                            "OriginPath": "/v1",
                            "CustomOriginConfig": {"OriginProtocolPolicy": "https-only"},
                        },
                    ],
                    "DefaultCacheBehavior": {
                        **behavior,
                        "TargetOriginId": "page",
                        "CachePolicyId": CACHED,
                        "Compress": True,
                    },
                    "CacheBehaviors": [
                        {
                            **behavior,
                            "PathPattern": "/api/*",
                            "TargetOriginId": "api",
                            "CachePolicyId": NOT_CACHED,
                            "OriginRequestPolicyId": ALL_BUT_HOST,
                            "AllowedMethods": ["GET", "HEAD", "OPTIONS", "PUT", "PATCH", "POST", "DELETE"],
                            "FunctionAssociations": [
                                {
                                    "EventType": "viewer-request",
                                    "FunctionARN": {"Fn::GetAtt": ["Strip", "FunctionARN"]},
                                }
                            ],
                        }
                    ],
                }
            },
        },
    }


OUTPUTS = {
    "Page": {"Ref": "Page"},
    "Domain": {"Fn::GetAtt": ["Distribution", "DomainName"]},
}


def request(url: str, body: str | None = None, **headers: str) -> tuple[int, Message, bytes]:
    """Status, headers and body of a GET, or of a POST of JSON."""
    if body is not None:
        headers["Content-Type"] = "application/json"
    asked = urllib.request.Request(  # noqa: S310 - a local address
        url, None if body is None else body.encode(), {k.replace("_", "-"): v for k, v in headers.items()}
    )
    try:
        with urllib.request.urlopen(asked) as answer:  # noqa: S310
            return answer.status, answer.headers, answer.read()
    except urllib.error.HTTPError as error:
        return error.code, error.headers, error.read()


def address(aws: LocalAws, domain: str) -> tuple[int, str]:
    status, _, body = request(f"{aws.endpoint_url}/_aws/cloudfront/{domain}")
    return status, json.loads(body).get("url", "")


def is_refused(url: str) -> bool:
    """Whether nobody listens there any more, after the second that a listener takes to close."""
    for _ in range(50):
        try:
            request(url)
        except urllib.error.URLError as error:
            return isinstance(error.reason, ConnectionRefusedError)
        time.sleep(0.02)
    return False


@pytest.fixture
def site(local_aws: LocalAws, make_role: MakeRole, deploy: Deploy, name: str) -> str:
    """The address of a distribution with a page."""
    outputs = deploy(name, site_resources(make_role("lambda.amazonaws.com")), OUTPUTS)
    local_aws.client("s3").put_object(
        Bucket=outputs["Page"], Key="index.html", Body=TEXT.encode(), ContentType="text/html"
    )
    status, url = address(local_aws, outputs["Domain"])
    assert status == 200
    return url


def test_the_page_and_the_api_have_one_origin(site: str) -> None:
    # Given a distribution with a bucket and an API behind it, both for viewers with TLS only
    # When the page is asked for at the root, and the API below /api
    page = request(site)
    good = request(f"{site}api/items", '{"entry": [1, 2]}')
    refused = request(f"{site}api/items", '{"entry": [1]}')
    # Then each answers as it does by itself
    assert (page[0], page[2].decode()) == (200, TEXT)
    assert (good[0], json.loads(good[2])) == (200, {"entry": [1, 2]})
    assert refused[0] == 400


def test_a_viewer_without_tls_is_sent_to_the_address_with_it(site: str) -> None:
    host, port = urlsplit(site).hostname, urlsplit(site).port
    connection = http.client.HTTPConnection(host or "", port)
    connection.request("GET", "/", headers={"X-Forwarded-Proto": "http"})
    answer = connection.getresponse()
    assert answer.status == 301
    assert (answer.headers["Location"] or "").startswith("https://")


def test_what_may_be_compressed_is_for_those_who_take_it(site: str) -> None:
    _, plain, whole = request(site)
    _, headers, body = request(site, Accept_Encoding="gzip, br")
    _, api, _ = request(f"{site}api/items", '{"entry": [1, 2]}', Accept_Encoding="gzip")
    assert plain["Content-Encoding"] is None
    assert headers["Content-Encoding"] == "gzip"
    assert len(body) < len(whole)
    assert api["Content-Encoding"] is None


def test_a_distribution_is_protected_by_its_web_acl(
    local_aws: LocalAws, make_role: MakeRole, deploy: Deploy, name: str
) -> None:
    # Given a distribution that takes ten requests of an address in five minutes
    visibility = {"CloudWatchMetricsEnabled": True, "MetricName": "m", "SampledRequestsEnabled": True}
    rule = {
        "Name": "rate",
        "Priority": 0,
        "Statement": {"RateBasedStatement": {"Limit": 10, "AggregateKeyType": "IP"}},
        "Action": {"Block": {}},
        "VisibilityConfig": visibility,
    }
    acl = local_aws.client("wafv2").create_web_acl(
        Name=name, Scope="CLOUDFRONT", DefaultAction={"Allow": {}}, VisibilityConfig=visibility, Rules=[rule]
    )
    resources = site_resources(make_role("lambda.amazonaws.com"))
    resources["Distribution"]["Properties"]["DistributionConfig"]["WebACLId"] = acl["Summary"]["ARN"]
    outputs = deploy(name, resources, OUTPUTS)
    url = address(local_aws, outputs["Domain"])[1]
    # When
    statuses = [request(f"{url}api/items", '{"entry": [1, 2]}')[0] for _ in range(11)]
    # Then
    assert statuses == [*[200] * 10, 403]
    assert b"Request blocked" in request(url)[2]


def test_an_address_ends_with_its_distribution(
    local_aws: LocalAws, make_role: MakeRole, deploy: Deploy, name: str
) -> None:
    # Given a distribution's address, which stays the same
    resources = site_resources(make_role("lambda.amazonaws.com"))
    outputs = deploy(name, resources, OUTPUTS)
    first, again = address(local_aws, outputs["Domain"]), address(local_aws, outputs["Domain"])
    assert first == again
    assert request(first[1])[0] == 403
    # When the distribution goes
    kept = {key: value for key, value in resources.items() if key not in {"Distribution", "PagePolicy"}}
    deploy(name, kept, {})
    # Then nobody answers there, and there is no address any more
    assert address(local_aws, outputs["Domain"])[0] == 404
    assert is_refused(first[1])
