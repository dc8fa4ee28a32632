"""Athena answers from the objects in S3, as the workgroup and the caller's permissions let it."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.local.querying import answers, ended_query
from tests.local.running import ACCOUNT, Deploy, LocalAws, MakeRole, statement

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


RICH = "SELECT age FROM census WHERE income = 1 ORDER BY age"


def run(athena: Any, catalogue: Catalogue, sql: str = RICH, **more: Any) -> dict[str, Any]:
    """Ask, for the ages of the rich if for nothing else; gives the ended execution."""
    return ended_query(athena, sql, workgroup=catalogue.workgroup, database=catalogue.database, **more)


def test_a_query_is_answered_and_its_result_encrypted(local_aws: LocalAws, catalogue: Catalogue) -> None:
    # When a caller asks for another place than the workgroup enforces
    athena, s3 = local_aws.client("athena"), local_aws.client("s3")
    elsewhere = {"OutputLocation": f"s3://{catalogue.bucket}/elsewhere/"}
    ended = run(athena, catalogue, ResultConfiguration=elsewhere)
    # Then
    key = f"results/{ended['QueryExecutionId']}.csv"
    stored = s3.get_object(Bucket=catalogue.bucket, Key=key)
    assert answers(athena, ended) == [["age"], ["38"], ["50"]]
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


def projected(catalogue: Catalogue, **parameters: str) -> dict[str, Any]:
    """The catalogue's template with a table whose partitions are made up, of a run and a part."""
    resources = template(catalogue, 10_000_000)
    table = resources["Table"]["Properties"]["TableInput"]
    table["PartitionKeys"] = [{"Name": name, "Type": "string"} for name in ("run", "part")]
    table["StorageDescriptor"]["Location"] = f"s3://{catalogue.bucket}/runs/"
    table["Parameters"] |= {
        "projection.enabled": "true",
        "projection.run.type": "injected",
        "projection.part.type": "enum",
        "projection.part.values": "train,test",
        "storage.location.template": f"s3://{catalogue.bucket}/runs/${{run}}/${{part}}/",
        **parameters,
    }
    return resources


@pytest.fixture
def runs(local_aws: LocalAws, deploy: Deploy, catalogue: Catalogue, name: str) -> Catalogue:
    """Two runs with a few people in two parts, and something that isn't theirs."""
    ages = {"a/train": (20, 21, 22), "a/test": (30,), "b/train": (40,), "b/encoder": (50,)}
    for place, people in ages.items():
        rows = "".join(f"{age},1\n" for age in people)
        body = f"age,income\n{rows}".encode()
        local_aws.client("s3").put_object(Bucket=catalogue.bucket, Key=f"runs/{place}/p.csv", Body=body)
    deploy(f"{name}-s", projected(catalogue))
    return catalogue


RUNS = "SELECT part, age FROM census AS c WHERE … ORDER BY part, age"


@pytest.mark.parametrize(
    ("where", "found"),
    [
        ("run = 'a'", [["test", "30"], ["train", "20"], ["train", "21"], ["train", "22"]]),
        ("c.run = 'a' AND part = 'test'", [["test", "30"]]),
        ("run IN ('a', 'b') AND age > 21", [["test", "30"], ["train", "22"], ["train", "40"]]),
        ("run = 'none'", []),
    ],
)
def test_a_query_names_the_partitions_that_are_made_up(
    local_aws: LocalAws, runs: Catalogue, where: str, found: list[list[str]]
) -> None:
    athena = local_aws.client("athena")
    ended = run(athena, runs, RUNS.replace("…", where))
    assert answers(athena, ended)[1:] == found


def test_a_query_reads_and_needs_no_more_than_its_partitions(
    local_aws: LocalAws, make_role: MakeRole, runs: Catalogue
) -> None:
    # Given somebody who may list and read one run's objects, and no partitions of the catalogue
    listed = {"StringLike": {"s3:prefix": "runs/a/*"}}
    bucket = f"arn:aws:s3:::{runs.bucket}"
    role = make_role(
        None,
        *runs.permissions[:2],
        statement("s3:ListBucket", bucket, Condition=listed),
        statement("s3:GetBucketLocation", bucket),
        statement("s3:GetObject", f"{bucket}/runs/a/*"),
        *runs.permissions[4:],
    )
    athena = local_aws.as_role("athena", role)
    # When that run is queried, and another
    own = run(athena, runs, "SELECT count(*) FROM census WHERE run = 'a'")
    others = run(athena, runs, "SELECT count(*) FROM census WHERE run = 'b'")
    # Then the first is answered by what it read, the other is refused
    assert answers(athena, own)[1:] == [["4"]]
    assert own["Statistics"]["DataScannedInBytes"] == len("age,income\n") * 2 + len("20,1\n") * 4
    assert "s3:ListBucket" in others["Status"]["StateChangeReason"]


def test_a_query_that_names_no_partition_fails(local_aws: LocalAws, runs: Catalogue) -> None:
    status = run(local_aws.client("athena"), runs, "SELECT count(*) FROM census WHERE run > 'a'")["Status"]
    assert status["State"] == "FAILED"
    assert "injected projected partition column run" in status["StateChangeReason"]


def test_a_projection_that_is_not_here_fails(
    local_aws: LocalAws, deploy: Deploy, runs: Catalogue, name: str
) -> None:
    deploy(f"{name}-s", projected(runs, **{"projection.part.type": "date"}))
    status = run(local_aws.client("athena"), runs, "SELECT 1 FROM census WHERE run = 'a'")["Status"]
    assert "projection.part.type date isn't in the local AWS" in status["StateChangeReason"]


def test_the_catalogue_shows_its_tables(local_aws: LocalAws, runs: Catalogue) -> None:
    (table,) = local_aws.client("glue").get_tables(DatabaseName=runs.database)["TableList"]
    assert [column["Name"] for column in table["StorageDescriptor"]["Columns"]] == ["age", "income"]
    assert [key["Name"] for key in table["PartitionKeys"]] == ["run", "part"]


def test_a_workgroup_with_queries_goes_only_with_them(
    local_aws: LocalAws, deploy: Deploy, catalogue: Catalogue, name: str
) -> None:
    # Given a workgroup in which something was asked
    athena = local_aws.client("athena")
    query = run(athena, catalogue)["QueryExecutionId"]
    assert "is not empty" in refused(athena.delete_work_group, WorkGroup=catalogue.workgroup)
    # When its stack goes, which wants that with all there is
    deploy(f"{name}-s", {"Topic": {"Type": "AWS::SNS::Topic"}})
    # Then both are gone
    assert catalogue.workgroup not in [each["Name"] for each in athena.list_work_groups()["WorkGroups"]]
    assert query not in [
        each["QueryExecutionId"]
        for each in athena.batch_get_query_execution(QueryExecutionIds=[query])["QueryExecutions"]
    ]
