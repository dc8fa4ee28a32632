"""CloudWatch: metrics of services, metric math, and alarms that a clock evaluates.

ministack keeps metrics, dashboards, tags and composite alarms. Its alarms ignore dimensions, missing data and
periods, are looked at only when data is put, and can't have metric math.
"""


def install(seconds_of_a_minute: float) -> None:
    """Take metrics down, and evaluate alarms; a minute of alarms lasts `seconds_of_a_minute`."""
    # Imported here: importing ministack reads the environment, which the launcher sets first.
    from local_aws import hooks  # noqa: PLC0415
    from local_aws.cloudwatch import alarms, clock, data, embedded, measurements, series, transitions  # noqa: PLC0415

    modules = (measurements, embedded, series, data, alarms, transitions, clock)
    hooks.check(name for module in modules for name in module.HOOKS)
    measurements.install()
    embedded.install()
    data.install()
    transitions.install()
    alarms.install()
    clock.start(seconds_of_a_minute)
