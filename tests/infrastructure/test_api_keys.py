"""API keys: who needs one, what it is good for, and how the website goes on without asking for any."""

from typing import Any

from tests.infrastructure.assembly import Assembly, Resource

KEYED = ("AWS::ApiGateway::ApiKey", "AWS::ApiGateway::UsagePlan", "AWS::SecretsManager::Secret")


def _keys(assembly: Assembly) -> dict[str, Resource]:
    found = assembly.resources("AWS::ApiGateway::ApiKey")
    return {key.properties["Description"]: key for key in found}


def _origins(assembly: Assembly) -> dict[str, Any]:
    """What the distribution sends along, by path."""
    [distribution] = assembly.resources("AWS::CloudFront::Distribution")
    config = distribution.properties["DistributionConfig"]
    headers = {one["Id"]: one.get("OriginCustomHeaders", []) for one in config["Origins"]}
    return {one["PathPattern"]: headers[one["TargetOriginId"]] for one in config["CacheBehaviors"]}


def test_keys_are_off_unless_the_settings_turn_them_on(dev: Assembly, prod: Assembly) -> None:
    for assembly in (dev, prod):
        assert assembly.resources(*KEYED) == []
        methods = assembly.resources("AWS::ApiGateway::Method")
        assert not any(one.properties.get("ApiKeyRequired") for one in methods)
        assert list(_origins(assembly).values()) == [[]]


def test_a_key_is_needed_to_have_a_model_asked_and_for_nothing_else(concrete: Assembly) -> None:
    needed = {
        one.properties["HttpMethod"]: bool(one.properties.get("ApiKeyRequired"))
        for one in concrete.resources("AWS::ApiGateway::Method")
    }
    assert needed == {"POST": True, "GET": False}


def test_each_client_has_a_key_under_the_plan_of_the_settings(concrete: Assembly) -> None:
    # Given the plan that has a quota
    settings = concrete.environment.api.keys
    assert settings is not None
    [plan] = [one for one in concrete.resources("AWS::ApiGateway::UsagePlan") if "Quota" in one.properties]
    # Then it is the settings'
    assert plan.properties["Quota"] == {"Limit": settings.monthly_quota, "Period": "MONTH"}
    assert plan.properties["Throttle"] == {
        "RateLimit": settings.throttling_rate,
        "BurstLimit": settings.throttling_burst,
    }
    # And each client's key is in it, drawn by API Gateway
    keys = _keys(concrete)
    assert keys.keys() == {*settings.clients, "website"}
    members = {
        one.properties["KeyId"]["Ref"]
        for one in concrete.resources("AWS::ApiGateway::UsagePlanKey")
        if one.properties["UsagePlanId"] == {"Ref": plan.logical_id}
    }
    assert members == {keys[client].logical_id for client in settings.clients}
    assert not any("Value" in keys[client].properties for client in settings.clients)


def test_the_website_brings_its_key_to_the_quiz_alone_and_no_template_holds_it(concrete: Assembly) -> None:
    # Given what CloudFront sends along
    sent = _origins(concrete)
    # Then the quiz's path has the website's key, and predictions need the caller's own
    assert list(sent) == ["/api/recommendations", "/api/*"]
    [header] = sent["/api/recommendations"]
    assert header["HeaderName"] == "x-api-key"
    assert sent["/api/*"] == []
    # And both sides resolve the same secret, under the platform's key
    [secret] = concrete.resources("AWS::SecretsManager::Secret")
    value = concrete.resolve("website", header["HeaderValue"])
    assert value.startswith("{{resolve:secretsmanager:")
    assert value == concrete.resolve(secret.stack, _keys(concrete)["website"].properties["Value"])
    assert "KmsKeyId" in secret.properties


def test_the_firewall_lets_long_documents_to_predictions_only(concrete: Assembly, prod: Assembly) -> None:
    # Given the firewall of an API that predicts, and of one that doesn't
    [predicting] = concrete.resources("AWS::WAFv2::WebACL")
    [other] = prod.resources("AWS::WAFv2::WebACL")
    # Then AWS's rule about long bodies is replaced by one that leaves out their path
    rules = {one["Name"]: one for one in predicting.properties["Rules"]}
    [override] = rules["AWSManagedRulesCommonRuleSet"]["Statement"]["ManagedRuleGroupStatement"][
        "RuleActionOverrides"
    ]
    assert override == {"Name": "SizeRestrictions_BODY", "ActionToUse": {"Count": {}}}
    label, path = rules["LongBodies"]["Statement"]["AndStatement"]["Statements"]
    assert label["LabelMatchStatement"]["Key"].endswith(":SizeRestrictions_Body")
    assert path["NotStatement"]["Statement"]["ByteMatchStatement"]["SearchString"] == "/predictions/"
    assert rules["LongBodies"]["Action"] == {"Block": {}}
    # And stays as it is elsewhere
    assert "RuleActionOverrides" not in str(other.properties)
