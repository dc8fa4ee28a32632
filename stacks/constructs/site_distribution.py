"""The CloudFront distribution: the page from its bucket, the API under /api, one origin to a browser."""

from functools import partial
from pathlib import Path

from aws_cdk import Duration
from aws_cdk import aws_apigateway as apigateway
from aws_cdk import aws_certificatemanager as acm
from aws_cdk import aws_cloudfront as cloudfront
from aws_cdk import aws_cloudfront_origins as origins
from constructs import Construct

from settings.website import Website
from stacks.constructs.api_access import KEY_HEADER
from stacks.constructs.content_security_policy import CONTENT_SECURITY_POLICY
from stacks.constructs.decisions import DEFAULT_CERTIFICATE, EVERY_COUNTRY, NO_FIREWALL_AT_THE_EDGE
from stacks.constructs.site_buckets import PAGE_PREFIX, SiteBuckets

API_PATHS = "/api/*"
QUIZ_PATH = "/api/recommendations"
ROOT_PAGE = "index.html"
MISSING_PAGE = "/404.html"
TLS_VERSION = cloudfront.SecurityPolicyProtocol.TLS_V1_2_2021
HSTS_MAX_AGE = Duration.days(2 * 365)
_HTTPS_ONLY = cloudfront.ViewerProtocolPolicy.REDIRECT_TO_HTTPS
_API_VIEWER_REQUEST = Path(__file__).with_name("api_viewer_request.js")


class SiteDistribution(Construct):
    """Attributes: `distribution`, `domain`."""

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        buckets: SiteBuckets,
        api: apigateway.RestApi,
        site_key: str | None,
        website: Website,
    ) -> None:
        super().__init__(scope, construct_id)
        headers = self._build_headers()
        self.distribution = cloudfront.Distribution(
            self,
            "Distribution",
            comment="The quiz's page and its API",
            default_root_object=ROOT_PAGE,
            default_behavior=self._page(buckets, headers),
            additional_behaviors=self._api(api, site_key, headers),
            # S3 answers 403 for what isn't there to who may not list it. The API's own 404 stays as it is.
            error_responses=[
                cloudfront.ErrorResponse(
                    http_status=403,
                    response_http_status=404,
                    response_page_path=MISSING_PAGE,
                    ttl=Duration.minutes(5),
                )
            ],
            http_version=cloudfront.HttpVersion.HTTP2_AND_3,
            enable_logging=True,
            log_bucket=buckets.access_logs,
            log_file_prefix="distribution/",
            domain_names=[website.domain] if website.domain else None,
            certificate=self._certificate(website),
            minimum_protocol_version=TLS_VERSION if website.certificate_arn else None,
        )
        self.domain = website.domain or self.distribution.distribution_domain_name
        self._acknowledge(website)

    def _page(
        self, buckets: SiteBuckets, headers: cloudfront.ResponseHeadersPolicy
    ) -> cloudfront.BehaviorOptions:
        return cloudfront.BehaviorOptions(
            origin=origins.S3BucketOrigin.with_origin_access_control(
                buckets.page, origin_path=f"/{PAGE_PREFIX.rstrip('/')}"
            ),
            viewer_protocol_policy=_HTTPS_ONLY,
            allowed_methods=cloudfront.AllowedMethods.ALLOW_GET_HEAD,
            cache_policy=cloudfront.CachePolicy.CACHING_OPTIMIZED,
            response_headers_policy=headers,
            compress=True,
        )

    def _api(
        self, api: apigateway.RestApi, site_key: str | None, headers: cloudfront.ResponseHeadersPolicy
    ) -> dict[str, cloudfront.BehaviorOptions]:
        """The API's paths. Where it wants keys, the quiz's own path, and no other, brings the website's."""
        viewer_request = cloudfront.Function(
            self,
            "ApiViewerRequest",
            comment="Takes /api off, and tells the API the visitor's address",
            code=cloudfront.FunctionCode.from_file(file_path=str(_API_VIEWER_REQUEST)),
            runtime=cloudfront.FunctionRuntime.JS_2_0,
        )
        behavior = partial(
            cloudfront.BehaviorOptions,
            viewer_protocol_policy=cloudfront.ViewerProtocolPolicy.HTTPS_ONLY,
            allowed_methods=cloudfront.AllowedMethods.ALLOW_ALL,
            cache_policy=cloudfront.CachePolicy.CACHING_DISABLED,
            # The API answers under its own host name only.
            origin_request_policy=cloudfront.OriginRequestPolicy.ALL_VIEWER_EXCEPT_HOST_HEADER,
            response_headers_policy=headers,
            function_associations=[
                cloudfront.FunctionAssociation(
                    function=viewer_request, event_type=cloudfront.FunctionEventType.VIEWER_REQUEST
                )
            ],
            compress=False,
        )
        behaviors = {API_PATHS: behavior(origin=origins.RestApiOrigin(api))}
        if site_key is None:
            return behaviors
        keyed = origins.RestApiOrigin(api, custom_headers={KEY_HEADER: site_key})
        return {QUIZ_PATH: behavior(origin=keyed), **behaviors}

    def _build_headers(self) -> cloudfront.ResponseHeadersPolicy:
        own = {
            "Cross-Origin-Opener-Policy": "same-origin",
            "Cross-Origin-Resource-Policy": "same-origin",
            "Permissions-Policy": "camera=(), geolocation=(), microphone=(), payment=(), usb=()",
        }
        return cloudfront.ResponseHeadersPolicy(
            self,
            "Headers",
            comment="Security headers of the quiz's page",
            security_headers_behavior=cloudfront.ResponseSecurityHeadersBehavior(
                content_security_policy=cloudfront.ResponseHeadersContentSecurityPolicy(
                    content_security_policy=CONTENT_SECURITY_POLICY, override=True
                ),
                content_type_options=cloudfront.ResponseHeadersContentTypeOptions(override=True),
                frame_options=cloudfront.ResponseHeadersFrameOptions(
                    frame_option=cloudfront.HeadersFrameOption.DENY, override=True
                ),
                referrer_policy=cloudfront.ResponseHeadersReferrerPolicy(
                    referrer_policy=cloudfront.HeadersReferrerPolicy.NO_REFERRER, override=True
                ),
                strict_transport_security=cloudfront.ResponseHeadersStrictTransportSecurity(
                    access_control_max_age=HSTS_MAX_AGE, include_subdomains=True, override=True
                ),
            ),
            custom_headers_behavior=cloudfront.ResponseCustomHeadersBehavior(
                custom_headers=[
                    cloudfront.ResponseCustomHeader(header=name, value=value, override=True)
                    for name, value in own.items()
                ]
            ),
        )

    def _certificate(self, website: Website) -> acm.ICertificate | None:
        if website.certificate_arn is None:
            return None
        return acm.Certificate.from_certificate_arn(self, "Certificate", website.certificate_arn)

    def _acknowledge(self, website: Website) -> None:
        EVERY_COUNTRY.accept(self.distribution)
        NO_FIREWALL_AT_THE_EDGE.accept(self.distribution)
        if website.domain is None:
            DEFAULT_CERTIFICATE.accept(self.distribution)
