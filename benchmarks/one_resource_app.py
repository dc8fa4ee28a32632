"""The least that the CDK can synthesize: the baseline of `synth.py`, checked by the same rules."""

from aws_cdk import App, Stack, Validations
from aws_cdk import aws_ssm as ssm
from cdk_nag import AwsSolutionsChecks

app = App()
ssm.StringParameter(Stack(app, "OneResource"), "Parameter", string_value="value")
Validations.of(app).add_plugins(AwsSolutionsChecks(app))
app.synth()
