"""Who may have a model asked: clients with a key each, and the website with its own."""

from aws_cdk import CfnOutput, Stack
from aws_cdk import aws_apigateway as apigateway
from aws_cdk import aws_kms as kms
from aws_cdk import aws_secretsmanager as secretsmanager
from constructs import Construct

from settings.api import ApiKeys
from stacks.constructs.decisions import KEY_OF_THE_WEBSITE

KEY_HEADER = "x-api-key"
_KEY_LENGTH = 40


class ApiAccess(Construct):
    """Keys and usage plans of an API.

    `site_key` is the website's key, as a reference that CloudFormation resolves: no template holds it. Its
    plan has no quota, for visitors share it; the stage's throttling and the firewall hold them.
    """

    def __init__(
        self, scope: Construct, construct_id: str, *, api: apigateway.RestApi, keys: ApiKeys, key: kms.IKey
    ) -> None:
        super().__init__(scope, construct_id)
        self._stage = apigateway.UsagePlanPerApiStage(api=api, stage=api.deployment_stage)
        self._build_clients(keys)
        self.site_key = self._build_site(key)

    def _build_clients(self, keys: ApiKeys) -> None:
        plan = apigateway.UsagePlan(
            self,
            "Clients",
            description="Clients of the API",
            api_stages=[self._stage],
            quota=apigateway.QuotaSettings(limit=keys.monthly_quota, period=apigateway.Period.MONTH),
            throttle=apigateway.ThrottleSettings(
                rate_limit=keys.throttling_rate, burst_limit=keys.throttling_burst
            ),
        )
        for client in keys.clients:
            pascal = "".join(word.capitalize() for word in client.split("-"))
            client_key = apigateway.ApiKey(self, f"Client{pascal}", description=client)
            plan.add_api_key(client_key)
            CfnOutput(Stack.of(self), f"ApiKeyId{pascal}", value=client_key.key_id)

    def _build_site(self, key: kms.IKey) -> str:
        secret = secretsmanager.Secret(
            self,
            "SiteSecret",
            description="The website's API key",
            encryption_key=key,
            generate_secret_string=secretsmanager.SecretStringGenerator(
                exclude_punctuation=True, password_length=_KEY_LENGTH
            ),
        )
        KEY_OF_THE_WEBSITE.accept(secret)
        value = secret.secret_value.unsafe_unwrap()
        plan = apigateway.UsagePlan(
            self, "Site", description="The website's visitors", api_stages=[self._stage]
        )
        plan.add_api_key(apigateway.ApiKey(self, "SiteKey", description="website", value=value))
        return value
