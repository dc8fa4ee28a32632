"""Application Auto Scaling of SageMaker's endpoint variants: targets and policies are kept and shown, limits
hold, and no metric scales anything."""


def install() -> None:
    """Register the service with the emulator, after SageMaker.

    Raises:
        HooksMissing: this version of the emulator lacks a name that is relied on.
    """
    # Imported here: importing ministack reads the environment, which the launcher sets first.
    from local_aws import hooks  # noqa: PLC0415
    from local_aws.auto_scaling import service  # noqa: PLC0415

    hooks.check(service.HOOKS)
    service.install()
