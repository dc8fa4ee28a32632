"""XGBoost training: as a built-in algorithm, or by a script if the hyperparameters name one."""

from local_aws.images.algorithms.xgboost.script_training import PROGRAM, run_script
from local_aws.images.toolkit import training
from local_aws.images.toolkit.training import TrainingContainer


def train(container: TrainingContainer) -> None:
    """Train as the container's configuration says."""
    if PROGRAM in container.hyperparameters:
        run_script(container)
        return
    # Not above: a script imports XGBoost in a process of its own.
    from local_aws.images.algorithms.xgboost import built_in_training  # noqa: PLC0415

    built_in_training.train(container)


if __name__ == "__main__":
    training.run(train)
