"""The record of API calls in CloudTrail's form: events, trails, and the log files that trails deliver."""


def install() -> None:
    """Record every call that comes over HTTP, and let trails deliver what they select."""
    # Imported here: importing ministack reads the environment, which the launcher sets first.
    from local_aws import hooks  # noqa: PLC0415
    from local_aws.audit import delivery, digests, recorder, signing, trails  # noqa: PLC0415

    hooks.check([*recorder.HOOKS, *trails.HOOKS, *delivery.HOOKS])
    trails.install()
    signing.install()
    digests.install()
    recorder.install(delivery.take)
    delivery.start()
