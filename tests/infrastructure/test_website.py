"""The website: who reads the page, what CloudFront allows, and how the API is reached under its domain."""

import re
from typing import Any

import pytest

from stacks.constructs.api_firewall import VISITOR_ADDRESS_HEADER
from tests.infrastructure.assembly import Assembly, Resource
from tests.infrastructure.conftest import OWN_DOMAIN


def _config(assembly: Assembly) -> dict[str, Any]:
    [distribution] = assembly.resources("AWS::CloudFront::Distribution")
    config: dict[str, Any] = assembly.resolve("website", distribution.properties["DistributionConfig"])
    return config


def _bucket(assembly: Assembly, name: str) -> Resource:
    [bucket] = [
        bucket
        for bucket in assembly.resources("AWS::S3::Bucket")
        if bucket.stack == "website" and bucket.logical_id.startswith(f"Buckets{name}")
    ]
    return bucket


def _origin(config: dict[str, Any], behavior: dict[str, Any]) -> dict[str, Any]:
    [origin] = [one for one in config["Origins"] if one["Id"] == behavior["TargetOriginId"]]
    return dict(origin)


def _api(config: dict[str, Any]) -> dict[str, Any]:
    """The behavior of /api."""
    return next(one for one in config["CacheBehaviors"] if one["PathPattern"] == "/api/*")


def test_only_the_distribution_reads_the_page_and_over_tls(assembly: Assembly) -> None:
    # Given the bucket of the page and its policy
    page = _bucket(assembly, "Page")
    [policy] = [
        policy
        for policy in assembly.resources("AWS::S3::BucketPolicy")
        if policy.properties["Bucket"] == {"Ref": page.logical_id}
    ]
    statements = assembly.resolve("website", policy.properties["PolicyDocument"]["Statement"])
    # Then it is private
    assert set(page.properties["PublicAccessBlockConfiguration"].values()) == {True}
    # And CloudFront may read it, for this distribution, and may not list it
    [reading] = [one for one in statements if one.get("Principal") == {"Service": "cloudfront.amazonaws.com"}]
    assert reading["Action"] == "s3:GetObject"
    [distribution] = assembly.resources("AWS::CloudFront::Distribution")
    name = assembly.resolve("website", {"Ref": distribution.logical_id})
    assert reading["Condition"]["StringEquals"]["AWS:SourceArn"].endswith(f":distribution/{name}")
    # And what isn't over TLS is denied
    assert [one for one in statements if one["Effect"] == "Deny"]
    config = _config(assembly)
    assert _origin(config, config["DefaultCacheBehavior"])["OriginAccessControlId"]


def test_the_page_is_cached_compressed_and_over_https_only(assembly: Assembly) -> None:
    behavior = _config(assembly)["DefaultCacheBehavior"]
    assert behavior["ViewerProtocolPolicy"] == "redirect-to-https"
    assert behavior["Compress"] is True
    assert behavior["AllowedMethods"] == ["GET", "HEAD"]
    assert behavior["CachePolicyId"] == "658327ea-f89d-4fab-a63d-7e88639e58f6"  # managed: CachingOptimized


def test_the_api_is_behind_the_same_domain_and_never_cached(assembly: Assembly) -> None:
    # Given the behavior of /api
    config = _config(assembly)
    behavior = _api(config)
    # Then it is not cached, and takes what the API takes, over TLS
    assert behavior["CachePolicyId"] == "4135ea2d-6df8-44a3-9df3-4b5a84be39ad"  # managed: CachingDisabled
    assert behavior["ViewerProtocolPolicy"] == "https-only"
    assert "POST" in behavior["AllowedMethods"]
    # And goes to the API's stage over TLS 1.2, under the API's own host name
    assert (
        behavior["OriginRequestPolicyId"] == "b689b0a8-53d0-40ab-baf2-68738e2966ac"
    )  # AllViewerExceptHostHeader
    origin = _origin(config, behavior)
    assert ".execute-api." in origin["DomainName"]
    [stage] = assembly.resources("AWS::ApiGateway::Stage")
    assert origin["OriginPath"] == "/" + assembly.resolve(stage.stack, {"Ref": stage.logical_id})
    assert origin["CustomOriginConfig"]["OriginProtocolPolicy"] == "https-only"
    assert origin["CustomOriginConfig"]["OriginSSLProtocols"] == ["TLSv1.2"]
    # And CloudFront waits as long as API Gateway does
    assert origin["CustomOriginConfig"].get("OriginReadTimeout", 30) > 29


def test_the_prefix_is_taken_off_before_the_api_sees_it(assembly: Assembly) -> None:
    [function] = assembly.resources("AWS::CloudFront::Function")
    [pattern, replacement] = re.findall(
        r"replace\(/(.+?)/, \"(.*?)\"\)", function.properties["FunctionCode"]
    )[0]
    # A JavaScript pattern without anything that Python's differ in
    strip = re.compile(pattern.replace("\\/", "/"))
    assert strip.sub(replacement, "/api/recommendations") == "/recommendations"
    assert strip.sub(replacement, "/api/api/x") == "/api/x"
    assert strip.sub(replacement, "/apiary/x") == "/apiary/x"
    # And the firewall is told the visitor's address, whatever the visitor says it is
    assert f'request.headers["{VISITOR_ADDRESS_HEADER}"] =' in function.properties["FunctionCode"]
    for behavior in _config(assembly)["CacheBehaviors"]:
        assert [one["EventType"] for one in behavior["FunctionAssociations"]] == ["viewer-request"]


def test_every_answer_has_the_security_headers(assembly: Assembly) -> None:
    # Given the policy that both behaviors name
    [policy] = assembly.resources("AWS::CloudFront::ResponseHeadersPolicy")
    config = _config(assembly)
    for behavior in (config["DefaultCacheBehavior"], *config["CacheBehaviors"]):
        assert behavior["ResponseHeadersPolicyId"] == assembly.resolve("website", {"Ref": policy.logical_id})
    security = policy.properties["ResponseHeadersPolicyConfig"]["SecurityHeadersConfig"]
    # Then nothing is loaded from elsewhere, inline or by eval
    rules = dict(
        rule.split(" ", 1) for rule in security["ContentSecurityPolicy"]["ContentSecurityPolicy"].split("; ")
    )
    assert rules["default-src"] == "'none'"
    assert rules["frame-ancestors"] == "'none'"
    assert not [rule for rule in rules.values() if "unsafe" in rule or "*" in rule or "http" in rule]
    # And browsers come back over TLS, and guess no types
    hsts = security["StrictTransportSecurity"]
    assert hsts["AccessControlMaxAgeSec"] >= 31536000
    assert security["ContentTypeOptions"] == {"Override": True}
    assert security["FrameOptions"]["FrameOption"] == "DENY"
    assert all(one["Override"] for one in security.values())


def test_what_is_not_there_has_a_page_and_the_apis_answers_stay(assembly: Assembly) -> None:
    # Given what CloudFront shows instead of an origin's answer, whichever origin it is
    [page] = _config(assembly)["CustomErrorResponses"]
    # Then it is for S3's 403 only, which stands for a missing page
    assert (page["ErrorCode"], page["ResponseCode"], page["ResponsePagePath"]) == (403, 404, "/404.html")


def test_requests_are_logged_where_cloudfront_may_write(assembly: Assembly) -> None:
    logs = _bucket(assembly, "AccessLogs")
    assert assembly.resolve("website", {"Fn::GetAtt": [logs.logical_id, "RegionalDomainName"]}) in str(
        _config(assembly)["Logging"]["Bucket"]
    )
    # CloudFront writes by an access control list
    [rule] = logs.properties["OwnershipControls"]["Rules"]
    assert rule["ObjectOwnership"] == "BucketOwnerPreferred"
    page = _bucket(assembly, "Page").properties["LoggingConfiguration"]
    assert page["DestinationBucketName"] == {"Ref": logs.logical_id}


def test_the_role_that_copies_the_page_reaches_the_page_only(assembly: Assembly) -> None:
    [policy] = [
        policy
        for policy in assembly.resources("AWS::IAM::ManagedPolicy")
        if policy.logical_id.startswith("DeploymentRole")
    ]
    statements = assembly.resolve("website", policy.properties["PolicyDocument"]["Statement"])
    page = assembly.resolve("website", {"Fn::GetAtt": [_bucket(assembly, "Page").logical_id, "Arn"]})
    writing = [one for one in statements if "s3:PutObject" in one["Action"]]
    assert [one["Resource"] for one in writing] == [f"{page}/page/*"]
    [purging] = [one for one in statements if "cloudfront:CreateInvalidation" in one["Action"]]
    assert ":distribution/" in purging["Resource"]


def test_a_browser_asks_again_for_the_code_and_keeps_the_portraits(assembly: Assembly) -> None:
    # Given the two deployments
    deployments = {
        str(one.properties.get("Include")): one.properties["SystemMetadata"]["cache-control"]
        for one in assembly.resources("Custom::CDKBucketDeployment")
        if one.stack == "website"
    }
    # Then the pictures are kept, and all else is asked for
    assert "max-age=604800" in deployments["['portraits/*']"]
    assert "max-age=0" in deployments["None"]
    assert all("s-maxage=31536000" in one for one in deployments.values())


@pytest.mark.parametrize("name", ["dev", "concrete"])
def test_a_domain_of_its_own_has_tls_12(name: str, request: pytest.FixtureRequest) -> None:
    # Given an environment without a domain, and one with
    assembly: Assembly = request.getfixturevalue(name)
    config = _config(assembly)
    url = assembly.resolve("website", assembly.template("website")["Outputs"]["SiteUrl"]["Value"])
    if name == "dev":
        # Then the one has CloudFront's certificate, which sets the protocol
        assert "ViewerCertificate" not in config
        assert "Aliases" not in config
        return
    # And the other its own, over TLS 1.2 at least
    assert url == f"https://{OWN_DOMAIN['domain']}/"
    assert config["Aliases"] == [OWN_DOMAIN["domain"]]
    certificate = config["ViewerCertificate"]
    assert certificate["AcmCertificateArn"] == OWN_DOMAIN["certificate_arn"]
    assert certificate["MinimumProtocolVersion"].startswith("TLSv1.2_")
    assert certificate["SslSupportMethod"] == "sni-only"
