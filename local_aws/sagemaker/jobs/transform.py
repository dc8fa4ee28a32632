"""Transform jobs: a model's server, run for as long as it takes to send it every record of the input.

https://docs.aws.amazon.com/sagemaker/latest/APIReference/API_CreateTransformJob.html
"""

import http.client
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from local_aws.sagemaker import listing, model, store
from local_aws.sagemaker.container import Filesystem
from local_aws.sagemaker.errors import validation_error
from local_aws.sagemaker.hosting import models
from local_aws.sagemaker.hosting.servers import HOST, ModelServer, ServerFailedError
from local_aws.sagemaker.jobs import channels, lifecycle
from local_aws.sagemaker.jobs.batches import Batch, BatchError, TransformFormat
from local_aws.sagemaker.jobs.json_paths import JsonPathError
from local_aws.sagemaker.jobs.lifecycle import Job, JobFailedError
from local_aws.sagemaker.kinds import MODEL, TRANSFORM_JOB
from local_aws.sagemaker.rules import jobs as rules
from local_aws.sagemaker.uris import S3Location

_DEFAULT_TIMEOUT_SECONDS = 600
_DEFAULT_PAYLOAD_MB = 6


def create(params: dict[str, Any]) -> dict[str, Any]:
    """CreateTransformJob."""
    rules.check_transform_job(params)
    try:
        TransformFormat(params)
    except JsonPathError as error:
        raise validation_error(f"DataProcessing: {error}") from None
    servable = models.servable(store.get(MODEL, params["ModelName"]))
    if servable.role_arn is None:
        raise validation_error(
            f"Model {params['ModelName']} has no ExecutionRoleArn to run a transform job with."
        )
    fields = {**params, "TransformJobStatus": "InProgress"}
    record = store.create(TRANSFORM_JOB, params["TransformJobName"], fields)
    record["_servable"] = servable.as_dict()
    lifecycle.start(TRANSFORM_JOB, record, servable.role_arn, _transform)
    return {"TransformJobArn": record["TransformJobArn"]}


def describe(params: dict[str, Any]) -> dict[str, Any]:
    """DescribeTransformJob."""
    return model.answer("DescribeTransformJob", store.get(TRANSFORM_JOB, params["TransformJobName"]))


def stop(params: dict[str, Any]) -> dict[str, Any]:
    """StopTransformJob."""
    lifecycle.stop(TRANSFORM_JOB, params["TransformJobName"])
    return {}


def list_jobs(params: dict[str, Any]) -> dict[str, Any]:
    """ListTransformJobs."""
    return listing.answer(TRANSFORM_JOB, params)


def _transform(job: Job) -> None:
    lifecycle.change(job, TransformStartTime=time.time())
    source = job.record["TransformInput"]["DataSource"]["S3DataSource"]
    found = channels.objects(job.storage, source["S3DataType"], source["S3Uri"])
    server = ModelServer(
        models.Servable(**job.record["_servable"]), Filesystem(job.filesystem.folder), job.log
    )
    try:
        server.prepare()
        server.start(_environment(job.record))
        for item in found:
            output = _transformed(job, server.port, job.storage.read(item.location))
            target = S3Location.parse(job.record["TransformOutput"]["S3OutputPath"])
            kms_key = job.record["TransformOutput"].get("KmsKeyId")
            job.storage.write(output, target.joined(f"{item.relative_name}.out"), kms_key)
    except ServerFailedError as error:
        raise JobFailedError(f"AlgorithmError: The model {error}") from None
    except (BatchError, JsonPathError) as error:
        raise JobFailedError(f"ClientError: {error}") from None
    finally:
        server.stop()


def _transformed(job: Job, port: int, content: bytes) -> bytes:
    """The output of one input object."""
    layout = TransformFormat(job.record)
    with ThreadPoolExecutor(job.record.get("MaxConcurrentTransforms") or 1) as pool:
        batches = list(layout.batches(content))
        answers = pool.map(_sender(job, port), batches)
        return layout.assembled(zip(batches, answers, strict=True))


def _sender(job: Job, port: int) -> Callable[[Batch], bytes]:
    source, target = job.record["TransformInput"], job.record["TransformOutput"]
    headers = {"Content-Type": source.get("ContentType", ""), "Accept": target.get("Accept", "*/*")}
    timeout = job.record.get("ModelClientConfig", {}).get(
        "InvocationsTimeoutInSeconds", _DEFAULT_TIMEOUT_SECONDS
    )

    def send(batch: Batch) -> bytes:
        job.check_stopped(float("inf"))
        connection = http.client.HTTPConnection(HOST, port, timeout=timeout)
        try:
            connection.request("POST", "/invocations", batch.payload, headers)
            response = connection.getresponse()
            body = response.read()
        except (OSError, http.client.HTTPException) as error:
            raise JobFailedError(f"AlgorithmError: The model server did not answer: {error}") from None
        finally:
            connection.close()
        if not 200 <= response.status < 300:
            raise _bad_status(job, response.status, body.decode("utf-8", "replace"))
        return body

    return send


def _bad_status(job: Job, status: int, message: str) -> JobFailedError:
    text = f"Bad HTTP status received from algorithm: {status}. {message}"
    job.log(text)
    side = "ClientError" if 400 <= status < 500 else "AlgorithmError"
    return JobFailedError(f"{side}: {text} See job logs for more information")


def _environment(record: dict[str, Any]) -> dict[str, str]:
    strategy = record.get("BatchStrategy", "MultiRecord")
    return {
        "SAGEMAKER_BATCH": "true",
        "SAGEMAKER_BATCH_STRATEGY": "MULTI_RECORD" if strategy == "MultiRecord" else "SINGLE_RECORD",
        "SAGEMAKER_MAX_PAYLOAD_IN_MB": str(record.get("MaxPayloadInMB", _DEFAULT_PAYLOAD_MB)),
        "SAGEMAKER_MAX_CONCURRENT_TRANSFORMS": str(record.get("MaxConcurrentTransforms") or 1),
        **record.get("Environment", {}),
    }
