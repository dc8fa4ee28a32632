"""SageMaker: control plane, runtime, jobs and endpoints that really run, on the images in `local_aws.images`."""


def install() -> None:
    """Register SageMaker with the emulator, which must be imported and not yet serving.

    Raises:
        HooksMissing: this version of the emulator lacks a name that is relied on.
    """
    from local_aws import hooks
    from local_aws.sagemaker import routing

    hooks.check(routing.HOOKS)
    routing.install()
