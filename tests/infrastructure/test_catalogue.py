"""The tables over prepared data, and the workgroup in which they are queried."""

from typing import Any

from settings.columns import columns_of
from tests.infrastructure.assembly import Assembly, Resource


def _workgroup(assembly: Assembly) -> Resource:
    [workgroup] = assembly.resources("AWS::Athena::WorkGroup")
    return workgroup


def _tables(assembly: Assembly) -> dict[str, dict[str, Any]]:
    """The tables' inputs by name, resolved."""
    found = (
        assembly.resolve(each.stack, each.properties["TableInput"])
        for each in assembly.resources("AWS::Glue::Table")
    )
    return {each["Name"]: each for each in found}


def test_each_workload_has_a_table_of_its_columns(whole: Assembly) -> None:
    # Given the tables of the platform's one database
    [database] = whole.resources("AWS::Glue::Database")
    assert database.properties["DatabaseInput"]["Name"] == whole.environment.prefix.replace("-", "_")
    for table in whole.resources("AWS::Glue::Table"):
        assert table.properties["DatabaseName"] == {"Ref": database.logical_id}
    tables = _tables(whole)
    # Then there is one for each workload, with the columns that its folder declares
    assert tables.keys() == {workload.name for workload in whole.workloads}
    for workload in whole.workloads:
        columns = tables[workload.name]["StorageDescriptor"]["Columns"]
        assert [(each["Name"], each["Type"]) for each in columns] == [
            (each.name, each.type) for each in columns_of(workload.columns)
        ]


def test_a_tables_partitions_are_made_up_of_the_run_and_the_part(whole: Assembly) -> None:
    tables = _tables(whole)
    for name, table in tables.items():
        # Given where a run leaves what it prepared
        assert [key["Name"] for key in table["PartitionKeys"]] == ["run", "part"]
        parameters = table["Parameters"]
        # Then a query's run and part lead there, with nothing registered
        location = table["StorageDescriptor"]["Location"]
        assert location.endswith(f"/processed/{name}/")
        assert parameters["storage.location.template"] == location + "${run}/${part}/"
        assert parameters["projection.enabled"] == "true"
        assert parameters["projection.run.type"] == "injected"
        assert parameters["projection.part.type"] == "enum"
    # And only the parts with a label are there
    parts = {name: table["Parameters"]["projection.part.values"] for name, table in tables.items()}
    assert parts == {
        "bank_marketing": "test,train",
        "census_income": "test,train,validation",
        "census_income_tuned": "test,train",
        "mysfit_recommender": "test,train",
        "taxi_anomalies": "test",
    }


def test_no_query_leaves_the_workgroups_limits(assembly: Assembly) -> None:
    # Given the workgroup, resolved
    workgroup = _workgroup(assembly)
    properties = assembly.resolve(workgroup.stack, workgroup.properties)
    configuration = properties["WorkGroupConfiguration"]
    # Then what a client asks for doesn't count, and a query ends at the limit
    assert configuration["EnforceWorkGroupConfiguration"] is True
    limit = assembly.environment.catalogue.scan_limit_mb * 1_000_000
    assert configuration["BytesScannedCutoffPerQuery"] == limit
    # And answers go to the account's own bucket, under the platform's key
    results = configuration["ResultConfiguration"]
    assert results["OutputLocation"].partition("-storage-")[2].startswith("Artifacts")
    assert results["OutputLocation"].endswith("/queries/")
    assert results["ExpectedBucketOwner"] == "111122223333"
    [key] = assembly.resources("AWS::KMS::Key")
    arn = assembly.resolve(key.stack, {"Fn::GetAtt": [key.logical_id, "Arn"]})
    assert results["EncryptionConfiguration"] == {"EncryptionOption": "SSE_KMS", "KmsKey": arn}
    # And it can be deleted with what was asked in it
    assert properties["RecursiveDeleteOption"] is True


def test_people_in_studio_may_query_this_catalogue_only(assembly: Assembly) -> None:
    # Given what Studio's roles may do with Athena and Glue
    name, database = assembly.environment.prefix, assembly.environment.prefix.replace("-", "_")
    here = f"{assembly.region}:111122223333"
    places: dict[str, set[str]] = {}
    for resource in assembly.resources("AWS::IAM::Policy", "AWS::IAM::ManagedPolicy"):
        document = assembly.resolve(resource.stack, resource.properties["PolicyDocument"])
        for statement in document["Statement"]:
            for action in _listed(statement["Action"]):
                if action.startswith(("athena:", "glue:")):
                    assert resource.stack == "studio"
                    places.setdefault(action, set()).update(_listed(statement["Resource"]))
    # Then they ask in the one workgroup, and read the one database's tables; they change nothing
    workgroup = f"arn:aws:athena:{here}:workgroup/{name}"
    glue = f"arn:aws:glue:{here}:"
    tables = {f"{glue}catalog", f"{glue}database/{database}", f"{glue}table/{database}/*"}
    queries = ("GetQueryExecution", "GetQueryResults", "GetWorkGroup", "StartQueryExecution")
    assert places == {
        **{f"athena:{each}": {workgroup} for each in (*queries, "StopQueryExecution")},
        **{f"glue:{each}": tables for each in ("GetDatabase", "GetTable", "GetTables")},
    }


def _listed(value: Any) -> list[str]:
    return value if isinstance(value, list) else [value]
