"""What a run prepared is asked in SQL."""

from __future__ import annotations

import re
from typing import Any

import pytest
from botocore.exceptions import ClientError

from tests.local.platform.callers import People
from tests.local.platform.conftest import HappyRun
from tests.local.platform.deployed import WORKLOAD, DeployedPlatform
from tests.local.querying import answers, ended_query

COUNTS = f"SELECT part, count(*) FROM {WORKLOAD} WHERE run = '{{}}' GROUP BY part ORDER BY part"  # noqa: S608
RECORD = re.compile(r"(\d+) records to train on, (\d+) to test with")


def ask(platform: DeployedPlatform, athena: Any, sql: str) -> dict[str, Any]:
    """The end of a query in the platform's workgroup."""
    outputs = platform.outputs
    return ended_query(athena, sql, workgroup=outputs["WorkGroupName"], database=outputs["DatabaseName"])


def counted(platform: DeployedPlatform, run: str) -> list[list[str]]:
    """How many records the preparation of a run said that it wrote, by part."""
    events = platform.client("logs").filter_log_events(
        logGroupName="/aws/sagemaker/ProcessingJobs",
        logStreamNamePrefix=f"ml-dev-mysfit-recommender-{run}-prepare",
    )["events"]
    [found] = filter(None, (RECORD.search(event["message"]) for event in events))
    return [["test", found[2]], ["train", found[1]]]


def test_sql_counts_the_records_that_preparation_wrote(platform: DeployedPlatform, happy: HappyRun) -> None:
    # Given
    athena, run = platform.client("athena"), happy.training.output["run"]
    # When
    ended = ask(platform, athena, COUNTS.format(run))
    # Then
    assert answers(athena, ended)[1:] == counted(platform, run)
    # And the answer lies encrypted where the workgroup wants it
    bucket, key = platform.outputs["ArtifactsBucketName"], f"queries/{ended['QueryExecutionId']}.csv"
    assert ended["ResultConfiguration"]["OutputLocation"] == f"s3://{bucket}/{key}"
    stored = platform.client("s3").head_object(Bucket=bucket, Key=key)
    assert stored["SSEKMSKeyId"] == platform.outputs["KeyArn"]


def test_columns_have_the_names_and_values_of_the_raw_data(
    platform: DeployedPlatform, happy: HappyRun
) -> None:
    # Given the quiz's answers, of which the platform trained on some and was tested with the others
    athena, run = platform.client("athena"), happy.training.output["run"]
    header, *lines = happy.data.decode().split()
    mean = sum(int(line.split(",")[header.split(",").index("age")]) for line in lines) / len(lines)
    # When the mean of a column is asked for
    sql = f"SELECT avg(age), max(mysfit) FROM {WORKLOAD} WHERE run = '{run}'"  # noqa: S608
    [[age, label]] = answers(athena, ask(platform, athena, sql))[1:]
    # Then
    assert abs(float(age) - mean) < 1e-9
    assert label == "11"


def test_a_data_scientist_queries_what_was_prepared(
    platform: DeployedPlatform, happy: HappyRun, people: People
) -> None:
    # Given somebody who has the persona's role and nothing else
    run, database = happy.training.output["run"], platform.outputs["DatabaseName"]
    athena, glue, s3 = (people.data_scientist.client(each) for each in ("athena", "glue", "s3"))
    # When the records are counted, and the tables are looked at
    ended = ask(platform, athena, COUNTS.format(run))
    tables = glue.get_tables(DatabaseName=database)["TableList"]
    # Then both are answered, and the answer can be read as a file
    assert answers(athena, ended)[1:] == counted(platform, run)
    assert [table["Name"] for table in tables] == [WORKLOAD]
    bucket, _, key = ended["ResultConfiguration"]["OutputLocation"].removeprefix("s3://").partition("/")
    assert s3.get_object(Bucket=bucket, Key=key)["Body"].read()
    assert athena.get_work_group(WorkGroup=platform.outputs["WorkGroupName"])["WorkGroup"]
    athena.stop_query_execution(QueryExecutionId=ended["QueryExecutionId"])
    for each in (bucket, platform.outputs["DataBucketName"]):
        s3.get_bucket_location(Bucket=each)
    # But nothing is changed in the catalogue
    with pytest.raises(ClientError, match="AccessDenied"):
        glue.delete_table(DatabaseName=database, Name=WORKLOAD)
