"""SageMaker: control plane, runtime, jobs and endpoints that really run, on the images of
`local_aws.images`."""


def install() -> None:
    """Register SageMaker with the emulator, which must be imported and not yet serving.

    Raises:
        HooksMissing: this version of the emulator lacks a name that is relied on.
    """
    # Imported here: importing ministack reads the environment, which the launcher sets first.
    from local_aws import hooks  # noqa: PLC0415
    from local_aws.sagemaker import cloudformation, routing, step_functions  # noqa: PLC0415
    from local_aws.sagemaker.hosting import rollouts  # noqa: PLC0415
    from local_aws.sagemaker.notebooks import instances  # noqa: PLC0415
    from local_aws.sagemaker.studio import cloudformation as studio_cloudformation  # noqa: PLC0415
    from local_aws.sagemaker.studio import home  # noqa: PLC0415

    relied_on = (routing, cloudformation, studio_cloudformation, step_functions, home, instances, rollouts)
    hooks.check([name for module in relied_on for name in module.HOOKS])
    routing.install()
    cloudformation.install()
    studio_cloudformation.install()
    step_functions.install()
