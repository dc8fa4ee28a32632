"""Athena answers from the objects in S3, as the workgroup and the caller's permissions let it."""

import json
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.local.running import ACCOUNT, Deploy, LocalAws, MakeRole, statement

QUERY_SECONDS = 30
CENSUS = b"age,income\n39,0\n50,1\n38,1\n"


@dataclass(frozen=True)
class Catalogue:
    """A table over a bucket's objects, and a workgroup that encrypts what it answers."""

    bucket: str
    database: str
    workgroup: str
    key: str

    @property
    def permissions(self) -> list[dict[str, Any]]:
        """All that a query takes, one statement each."""
        glue = f"arn:aws:glue:us-east-1:{ACCOUNT}:"
        places = [
            f"{glue}catalog",
            f"{glue}database/{self.database}",
            f"{glue}table/{self.database}/census",
        ]
        bucket = f"arn:aws:s3:::{self.bucket}"
        actions = ["athena:StartQueryExecution", "athena:GetQueryExecution", "athena:GetQueryResults"]
        return [
            statement(actions, f"arn:aws:athena:us-east-1:{ACCOUNT}:workgroup/{self.workgroup}"),
            statement(["glue:GetDatabase", "glue:GetTable"], places),
            statement(["s3:ListBucket", "s3:GetBucketLocation"], bucket),
            statement("s3:GetObject", f"{bucket}/processed/*"),
            statement("s3:PutObject", f"{bucket}/results/*"),
            statement(["kms:GenerateDataKey", "kms:Decrypt"], self.key),
        ]


def template(catalogue: Catalogue, limit: int) -> dict[str, Any]:
    columns = [{"Name": "age", "Type": "int"}, {"Name": "income", "Type": "int"}]
    csv = "org.apache.hadoop.hive.serde2.lazy.LazySimpleSerDe"
    storage = {
        "Columns": columns,
        "Location": f"s3://{catalogue.bucket}/processed/",
        "InputFormat": "org.apache.hadoop.mapred.TextInputFormat",
        "OutputFormat": "org.apache.hadoop.hive.ql.io.HiveIgnoreKeyTextOutputFormat",
        "SerdeInfo": {"SerializationLibrary": csv, "Parameters": {"field.delim": ","}},
    }
    table = {
        "Name": "census",
        "TableType": "EXTERNAL_TABLE",
        "Parameters": {"classification": "csv", "skip.header.line.count": "1"},
        "StorageDescriptor": storage,
    }
    encryption = {"EncryptionOption": "SSE_KMS", "KmsKey": catalogue.key}
    results = {
        "OutputLocation": f"s3://{catalogue.bucket}/results/",
        "EncryptionConfiguration": encryption,
    }
    return {
        "Database": {
            "Type": "AWS::Glue::Database",
            "Properties": {
                "CatalogId": {"Ref": "AWS::AccountId"},
                "DatabaseInput": {"Name": catalogue.database},
            },
        },
        "Table": {
            "Type": "AWS::Glue::Table",
            "Properties": {
                "CatalogId": {"Ref": "AWS::AccountId"},
                "DatabaseName": {"Ref": "Database"},
                "TableInput": table,
            },
        },
        "WorkGroup": {
            "Type": "AWS::Athena::WorkGroup",
            "Properties": {
                "Name": catalogue.workgroup,
                "RecursiveDeleteOption": True,
                "WorkGroupConfiguration": {
                    "EnforceWorkGroupConfiguration": True,
                    "BytesScannedCutoffPerQuery": limit,
                    "ResultConfiguration": results,
                },
            },
        },
    }


@pytest.fixture
def catalogue(local_aws: LocalAws, deploy: Deploy, name: str) -> Catalogue:
    s3, kms = local_aws.client("s3"), local_aws.client("kms")
    owner = {"AWS": f"arn:aws:iam::{ACCOUNT}:root"}
    policy = json.dumps({"Statement": [{**statement("kms:*"), "Principal": owner}]})
    key = kms.create_key(Policy=policy)["KeyMetadata"]["Arn"]
    s3.create_bucket(Bucket=name)
    s3.put_object(Bucket=name, Key="processed/a.csv", Body=CENSUS)
    made = Catalogue(name, name.replace("-", "_"), name, key)
    deploy(f"{name}-s", template(made, 10_000_000))
    return made


def run(athena: Any, catalogue: Catalogue, **more: Any) -> dict[str, Any]:
    """Ask for the ages of the rich; gives the ended execution."""
    query = athena.start_query_execution(
        QueryString="SELECT age FROM census WHERE income = 1 ORDER BY age",
        QueryExecutionContext={"Database": catalogue.database},
        WorkGroup=catalogue.workgroup,
        **more,
    )["QueryExecutionId"]
    deadline = time.monotonic() + QUERY_SECONDS
    while time.monotonic() < deadline:
        found: dict[str, Any] = athena.get_query_execution(QueryExecutionId=query)["QueryExecution"]
        if found["Status"]["State"] not in ("QUEUED", "RUNNING"):
            return found
        time.sleep(0.05)
    raise AssertionError("the query is still running")


def test_a_query_is_answered_and_its_result_encrypted(local_aws: LocalAws, catalogue: Catalogue) -> None:
    # When a caller asks for another place than the workgroup enforces
    athena, s3 = local_aws.client("athena"), local_aws.client("s3")
    elsewhere = {"OutputLocation": f"s3://{catalogue.bucket}/elsewhere/"}
    ended = run(athena, catalogue, ResultConfiguration=elsewhere)
    # Then
    rows = athena.get_query_results(QueryExecutionId=ended["QueryExecutionId"])["ResultSet"]["Rows"]
    key = f"results/{ended['QueryExecutionId']}.csv"
    stored = s3.get_object(Bucket=catalogue.bucket, Key=key)
    assert ended["Status"]["State"] == "SUCCEEDED", ended["Status"]
    assert [row["Data"][0]["VarCharValue"] for row in rows] == ["age", "38", "50"]
    assert ended["ResultConfiguration"]["OutputLocation"] == f"s3://{catalogue.bucket}/{key}"
    assert stored["SSEKMSKeyId"] == catalogue.key
    assert stored["Body"].read() == b'"age"\n"38"\n"50"\n'
    assert ended["Statistics"]["DataScannedInBytes"] == len(CENSUS)


def test_a_query_scans_no_more_than_the_workgroup_lets_it(
    local_aws: LocalAws, deploy: Deploy, catalogue: Catalogue, name: str
) -> None:
    deploy(f"{name}-s", template(catalogue, 1))
    status = run(local_aws.client("athena"), catalogue)["Status"]
    assert (status["State"], status["StateChangeReason"]) == (
        "CANCELLED",
        "Query cancelled! : Bytes scanned limit was exceeded",
    )


@pytest.mark.parametrize(
    ("place", "missing"),
    [(1, "glue:GetDatabase"), (2, "s3:ListBucket"), (3, "s3:GetObject"), (4, "s3:PutObject"), (5, "kms:")],
)
def test_a_query_takes_its_callers_permissions(
    local_aws: LocalAws, make_role: MakeRole, catalogue: Catalogue, place: int, missing: str
) -> None:
    given = [each for index, each in enumerate(catalogue.permissions) if index != place]
    status = run(local_aws.as_role("athena", make_role(None, *given)), catalogue)["Status"]
    assert status["State"] == "FAILED"
    assert f"is not authorized to perform: {missing}" in status["StateChangeReason"]


def test_a_caller_with_all_permissions_is_answered(
    local_aws: LocalAws, make_role: MakeRole, catalogue: Catalogue
) -> None:
    ended = run(local_aws.as_role("athena", make_role(None, *catalogue.permissions)), catalogue)
    assert ended["Status"]["State"] == "SUCCEEDED", ended["Status"]


def refused(call: Callable[..., Any], **arguments: Any) -> str:
    with pytest.raises(ClientError) as caught:
        call(**arguments)
    return str(caught.value)


def test_a_query_needs_a_workgroup_that_is_there(local_aws: LocalAws) -> None:
    text = refused(local_aws.client("athena").start_query_execution, QueryString="SELECT 1", WorkGroup="none")
    assert "WorkGroup none is not found" in text
