"""k-NN: https://docs.aws.amazon.com/sagemaker/latest/dg/k-nearest-neighbors.html and the pages below it."""

from settings.algorithms.specification import Algorithm, Hyperparameter, Problem, Values, number, refused


def _knn_rules(values: Values) -> list[Problem]:
    return [*_dimension_reduction_rules(values), *_index_rules(values)]


def _dimension_reduction_rules(values: Values) -> list[Problem]:
    method, target = "dimension_reduction_type", "dimension_reduction_target"
    if method in values and target not in values:
        return [Problem(target, f"missing; {method} needs it: a whole number from 1 to below feature_dim")]
    if target in values and method not in values:
        return [refused(target, values[target], f"only used with {method}: set it to sign or fjlt")]
    reduced, dimension = number(values.get(target)), number(values.get("feature_dim"))
    if reduced is not None and dimension is not None and reduced >= dimension:
        return [refused(target, values[target], f"less than feature_dim ({values['feature_dim']})")]
    return []


def _index_rules(values: Values) -> list[Problem]:
    index = values.get("index_type", "faiss.Flat")
    metric, lists, parts = "index_metric", "faiss_index_ivf_nlists", "faiss_index_pq_m"
    found = []
    if index == "faiss.IVFPQ" and values.get(metric, "L2") != "L2":
        found.append(refused(metric, values[metric], "L2 when index_type is faiss.IVFPQ"))
    if lists in values and index not in {"faiss.IVFFlat", "faiss.IVFPQ"}:
        allowed = "only used when index_type is faiss.IVFFlat or faiss.IVFPQ"
        found.append(refused(lists, values[lists], allowed))
    if parts in values and index != "faiss.IVFPQ":
        found.append(refused(parts, values[parts], "only used when index_type is faiss.IVFPQ"))
    centroids, points = number(values.get(lists)), number(values.get("sample_size"))
    if centroids is not None and points is not None and centroids > points:
        allowed = f"at most sample_size ({values['sample_size']}), as each centroid needs a point"
        found.append(refused(lists, values[lists], allowed))
    return found


KNN = Algorithm(
    repository="knn",
    hyperparameters={
        "feature_dim": Hyperparameter(type="integer", required=True, minimum=1),
        "k": Hyperparameter(type="integer", required=True, minimum=1, tunable=True),
        "predictor_type": Hyperparameter(
            type="categorical", required=True, choices=("classifier", "regressor")
        ),
        "sample_size": Hyperparameter(type="integer", required=True, minimum=1, tunable=True),
        "dimension_reduction_type": Hyperparameter(type="categorical", choices=("sign", "fjlt")),
        "dimension_reduction_target": Hyperparameter(type="integer", minimum=1),
        "index_type": Hyperparameter(
            type="categorical", choices=("faiss.Flat", "faiss.IVFFlat", "faiss.IVFPQ")
        ),
        "index_metric": Hyperparameter(type="categorical", choices=("L2", "INNER_PRODUCT", "COSINE")),
        "faiss_index_ivf_nlists": Hyperparameter(type="integer", minimum=1, words=("auto",)),
        "faiss_index_pq_m": Hyperparameter(
            type="categorical",
            choices=(
                "1",
                "2",
                "3",
                "4",
                "8",
                "12",
                "16",
                "20",
                "24",
                "28",
                "32",
                "40",
                "48",
                "56",
                "64",
                "96",
            ),
        ),
        "mini_batch_size": Hyperparameter(type="integer", minimum=1),
    },
    objectives={"test:accuracy": "Maximize", "test:mse": "Minimize"},
    channels=("train", "test"),
    required_channels=("train",),
    channel_types=("text/csv", "application/x-recordio-protobuf"),
    requests=("text/csv", "application/json", "application/jsonlines", "application/x-recordio-protobuf"),
    answers=("application/json", "application/jsonlines", "application/x-recordio-protobuf"),
    rules=_knn_rules,
)
