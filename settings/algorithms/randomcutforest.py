"""Random Cut Forest: docs.aws.amazon.com/sagemaker/latest/dg/randomcutforest.html and the pages below it."""

from settings.algorithms.specification import Algorithm, Hyperparameter

_METRIC = '"?(accuracy|precision_recall_fscore)"?'
_METRICS = (
    rf"\[?\s*{_METRIC}(\s*,\s*{_METRIC})*\s*\]?",
    'a list of accuracy and precision_recall_fscore, such as ["accuracy"]',
)

RANDOM_CUT_FOREST = Algorithm(
    repository="randomcutforest",
    hyperparameters={
        "feature_dim": Hyperparameter(type="integer", required=True, minimum=1, maximum=10000),
        "num_trees": Hyperparameter(type="integer", minimum=50, maximum=1000, tunable=True),
        "num_samples_per_tree": Hyperparameter(type="integer", minimum=1, maximum=2048, tunable=True),
        "eval_metrics": Hyperparameter(type="categorical", form=_METRICS),
    },
    objectives={"test:f1": "Maximize"},
    channels=("train", "test"),
    required_channels=("train",),
    channel_types=("text/csv", "application/x-recordio-protobuf"),
    requests=("text/csv", "application/json", "application/jsonlines", "application/x-recordio-protobuf"),
    answers=("application/json", "application/jsonlines", "application/x-recordio-protobuf"),
    sharded_channels=("train",),
)
