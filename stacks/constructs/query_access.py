"""What somebody who queries the catalogue may do: ask in its workgroup, read its tables, read the answers.

What the tables hold is read with the permissions of who asks, which others give.
https://docs.aws.amazon.com/athena/latest/ug/workgroups-access.html
https://docs.aws.amazon.com/athena/latest/ug/fine-grained-access-to-glue-resources.html
"""

from aws_cdk import Stack
from aws_cdk import aws_iam as iam
from constructs import Construct

from stacks.constructs.data_stores import QUERY_RESULTS, DataStores
from stacks.constructs.own_role import OwnPolicy

_ASK = ("GetQueryExecution", "GetQueryResults", "GetWorkGroup", "StartQueryExecution", "StopQueryExecution")
_ANSWERS = ("AbortMultipartUpload", "GetObject", "ListMultipartUploadParts", "PutObject")


class QueryAccess(OwnPolicy):
    """For roles that may read the prepared data and use the key."""

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        roles: list[iam.IRole],
        stores: DataStores,
        database_name: str,
        workgroup_name: str,
    ) -> None:
        super().__init__(scope, construct_id, roles=roles)
        stack = Stack.of(self)
        workgroup = stack.format_arn(service="athena", resource="workgroup", resource_name=workgroup_name)
        self._allow([f"athena:{operation}" for operation in _ASK], workgroup)
        self._allow(
            ["glue:GetDatabase", "glue:GetTable", "glue:GetTables"],
            stack.format_arn(service="glue", resource="catalog"),
            stack.format_arn(service="glue", resource="database", resource_name=database_name),
            stack.format_arn(service="glue", resource="table", resource_name=f"{database_name}/*"),
        )
        self._write_answers(stores)

    def _write_answers(self, stores: DataStores) -> None:
        """Athena writes as who asks."""
        bucket = stores.artifacts_bucket
        answers = bucket.arn_for_objects(f"{QUERY_RESULTS}*")
        self._allow([f"s3:{operation}" for operation in _ANSWERS], answers)
        self._allow(["s3:GetBucketLocation"], bucket.bucket_arn, stores.data_bucket.bucket_arn)

    def _allow(self, actions: list[str], *resources: str) -> None:
        self.add_statements(iam.PolicyStatement(actions=actions, resources=list(resources)))
