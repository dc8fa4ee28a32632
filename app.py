"""Settings in, stacks out."""

import sys

from aws_cdk import App

from settings.errors import SettingsError
from settings.loading import load_environment, load_workloads
from stacks.house_rules import check_house_rules
from stacks.platform import Platform
from stacks.rule_packs import check

DEFAULT_ENVIRONMENT = "dev"


def main() -> None:
    """Synthesize the environment that the context value `env` names."""
    app = App()
    try:
        environment = load_environment(app.node.try_get_context("env") or DEFAULT_ENVIRONMENT)
        Platform(app, environment, load_workloads(environment))
    except SettingsError as error:
        sys.exit(f"The settings are wrong; nothing was synthesized.\n{error}")
    check(app, environment.governance.rule_packs)
    check_house_rules(app, environment)
    app.synth()


if __name__ == "__main__":
    main()
