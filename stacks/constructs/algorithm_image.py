"""The URI of one of SageMaker's own images, in the stack's region or in whichever it is deployed to."""

from aws_cdk import Aws, CfnMapping, Fn, Stack, Token
from constructs import Construct

from settings.images import Image, image_uri, region_mapping


class AlgorithmImage(Construct):
    """An image of SageMaker's: its `uri` for jobs and its repository's `arn` for policies.

    With a concrete region a missing image is a SettingsError at synth; without one the template holds the
    table as a mapping, and CloudFormation refuses the region.
    """

    def __init__(self, scope: Construct, construct_id: str, image: Image) -> None:
        super().__init__(scope, construct_id)
        repository, tag = image
        region = Stack.of(self).region
        if not Token.is_unresolved(region):
            self.uri = image_uri(repository, tag, region)
            account = self.uri.split(".", 1)[0]
        else:
            table = CfnMapping(self, "Regions", mapping=region_mapping(repository, tag))
            account = table.find_in_map(Aws.REGION, "Account")
            suffix = table.find_in_map(Aws.REGION, "Suffix")
            self.uri = Fn.sub(
                "${Account}.dkr.ecr.${AWS::Region}.${Suffix}/" + f"{repository}:{tag}",
                {"Account": account, "Suffix": suffix},
            )
        self.arn = Stack.of(self).format_arn(
            service="ecr", account=account, resource="repository", resource_name=repository
        )
