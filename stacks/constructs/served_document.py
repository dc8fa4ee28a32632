"""A JSON document that API Gateway answers itself: no function, no cold start."""

import json
import re
from collections.abc import Mapping
from typing import Any

from aws_cdk import aws_apigateway as apigateway

from stacks.contract.body import JSON

# https://docs.aws.amazon.com/apigateway/latest/developerguide/api-gateway-execution-service-limits-table.html
_MOST_BYTES = 300 * 1024
# The document is a mapping template, in which `$name` and `#word` mean something: `$ref` is made to mean
# itself, and nothing else that could is let through.
_REF_IS_ITSELF = "#set($ref = '$ref')\n"
_VELOCITY = re.compile(r"\$(?!ref\")(?=[a-zA-Z_{!])|#(?=[a-zA-Z{@#*\[])")
_KEPT_SECONDS = 300


def document_integration(document: Mapping[str, Any]) -> apigateway.MockIntegration:
    """Answer 200 with the document.

    Raises:
        ValueError: it is longer than API Gateway takes, or holds what its template language would replace.
    """
    return apigateway.MockIntegration(
        # Without it, a request of another media type would be passed on as it is, and end in a 500.
        passthrough_behavior=apigateway.PassthroughBehavior.NEVER,
        request_templates={JSON: '{"statusCode": 200}'},
        integration_responses=[
            apigateway.IntegrationResponse(
                status_code="200",
                response_templates={JSON: _template(document)},
                response_parameters={
                    "method.response.header.Cache-Control": f"'public, max-age={_KEPT_SECONDS}'"
                },
            )
        ],
    )


def document_response() -> apigateway.MethodResponse:
    """What the method that has the integration says of its answer."""
    return apigateway.MethodResponse(
        status_code="200", response_parameters={"method.response.header.Cache-Control": True}
    )


def _template(document: Mapping[str, Any]) -> str:
    text = json.dumps(document, separators=(",", ":"))
    found = _VELOCITY.search(text)
    if found:
        around = text[max(0, found.start() - 30) : found.end() + 30]
        raise ValueError(f"the document holds {around!r}, which a mapping template would replace")
    template = _REF_IS_ITSELF + text
    if len(template) > _MOST_BYTES:
        raise ValueError(
            f"the document has {len(template)} bytes; a mapping template has at most {_MOST_BYTES}"
        )
    return template
