"""The OpenAPI document that the API serves: valid, and of one definition with what the gateway holds."""

import json
from typing import Any

import pytest
from openapi_schema_validator import OAS31Validator
from openapi_spec_validator import validate

from settings.workload import Workload
from stacks.constructs.served_document import document_integration
from stacks.contract.contract import contract_of
from tests.infrastructure.assembly import Assembly

REF_IS_ITSELF = "#set($ref = '$ref')\n"


def _served(assembly: Assembly) -> str:
    """What API Gateway renders for GET /openapi.json."""
    [method] = [
        method
        for method in assembly.resources("AWS::ApiGateway::Method")
        if method.properties["Integration"]["Type"] == "MOCK"
    ]
    [response] = method.properties["Integration"]["IntegrationResponses"]
    template = str(response["ResponseTemplates"]["application/json"])
    assert template.startswith(REF_IS_ITSELF)
    return template.removeprefix(REF_IS_ITSELF)


def _document(assembly: Assembly) -> dict[str, Any]:
    document: dict[str, Any] = json.loads(_served(assembly))
    return document


def _predicted(assembly: Assembly) -> list[Workload]:
    return [one for one in assembly.workloads if one.name in assembly.environment.api.predictions]


def test_the_document_is_valid_openapi_and_the_contracts(assembly: Assembly) -> None:
    # Given the document that is served
    document = _document(assembly)
    # Then it is valid
    validate(document)
    # And that of the environment's contract
    assert document == contract_of(assembly.environment, _predicted(assembly)).document
    # And its server is where it lies itself, under the API's own address as under the website's
    assert document["servers"] == [{"url": "."}]


def test_the_document_describes_the_methods_that_there_are(assembly: Assembly) -> None:
    # Given the document's operations
    described = {
        (method.upper(), path) for path, item in _document(assembly)["paths"].items() for method in item
    }
    # Then they are the API's
    parts = {one.logical_id: one.properties for one in assembly.resources("AWS::ApiGateway::Resource")}

    def path_of(resource: dict[str, Any]) -> str:
        if "Ref" not in resource:
            return ""
        properties = parts[resource["Ref"]]
        return f"{path_of(properties['ParentId'])}/{properties['PathPart']}"

    methods = [one.properties for one in assembly.resources("AWS::ApiGateway::Method")]
    assert described == {(one["HttpMethod"], path_of(one["ResourceId"])) for one in methods}


def test_what_the_gateway_refuses_is_in_the_document(assembly: Assembly) -> None:
    # Given the statuses that the document has for any operation, and the codes in their examples
    told: dict[str, set[str]] = {}
    for item in _document(assembly)["paths"].values():
        for operation in item.values():
            for status, response in operation["responses"].items():
                examples = response["content"]["application/json"]["examples"].values()
                codes = {one["value"]["error"]["code"] for one in examples if "error" in one["value"]}
                told.setdefault(status, set()).update(codes)
    # Then each of the gateway's own answers is among them
    for response in assembly.resources("AWS::ApiGateway::GatewayResponse"):
        kind, status = response.properties["ResponseType"], response.properties.get("StatusCode")
        if status is None or kind == "MISSING_AUTHENTICATION_TOKEN":
            continue  # any status of that class; what there is no operation for
        template = response.properties["ResponseTemplates"]["application/json"]
        assert json.loads(template)["error"]["code"] in told[status], kind


def test_examples_fit_their_schemas(assembly: Assembly) -> None:
    document = _document(assembly)
    seen = 0
    for item in document["paths"].values():
        for operation in item.values():
            for body in (operation.get("requestBody", {}), *operation["responses"].values()):
                content = body.get("content", {}).get("application/json")
                if content is None:
                    continue
                name = content["schema"]["$ref"].removeprefix("#/components/schemas/")
                for example in content["examples"].values():
                    OAS31Validator(document["components"]["schemas"][name]).validate(example["value"])
                    seen += 1
    assert seen > 10


def test_the_gateways_models_are_the_shapes_of_the_documents_schemas(assembly: Assembly) -> None:
    # Given the bodies that the gateway looks at
    schemas = _document(assembly)["components"]["schemas"]
    for model in assembly.resources("AWS::ApiGateway::Model"):
        schema = model.properties["Schema"]
        full = schemas[schema["title"]]
        # Then what they hold is in the document's schema of the same name
        assert full.get("type") == schema.get("type")
        alternatives = {one["type"] for one in full.get("anyOf", [])}
        assert {one["type"] for one in schema.get("anyOf", [])} == alternatives
        assert not any("required" in one for one in schema.get("anyOf", []))  # the function names what lacks
        assert full.get("required", []) == schema.get("required", [])
        for name, one in schema.get("properties", {}).items():
            assert full["properties"][name]["type"] == one["type"]


@pytest.mark.parametrize(
    ("value", "shown"),
    [("$context.requestId", r"\$context"), ("#set(1)", "#set"), ("#*", r"#\*"), ("x" * 400_000, "bytes")],
)
def test_a_document_that_a_mapping_template_would_change_is_refused(value: str, shown: str) -> None:
    with pytest.raises(ValueError, match=shown):
        document_integration({"info": value})
