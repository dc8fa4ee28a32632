"""The packs of cdk-nag's rules that an environment's synth has to pass."""

from aws_cdk import App, Validations
from cdk_nag import AwsSolutionsChecks, HIPAASecurityChecks, NagPack, NIST80053R5Checks, ServerlessChecks

from settings.governance import RulePack

_PACKS: dict[RulePack, type[NagPack]] = {
    "hipaa_security": HIPAASecurityChecks,
    "nist_800_53_r5": NIST80053R5Checks,
    "serverless": ServerlessChecks,
}


def check(app: App, packs: tuple[RulePack, ...]) -> None:
    """Have the synth fail on any finding of AwsSolutions, or of one of the packs, that isn't acknowledged."""
    Validations.of(app).add_plugins(AwsSolutionsChecks(app), *(_PACKS[pack](app) for pack in packs))
