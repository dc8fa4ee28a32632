"""analysis_config.json: what to analyse and how."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from local_aws.images.toolkit.errors import ClientError

_KNOWN = (
    "version",
    "dataset_type",
    "headers",
    "label",
    "label_values_or_threshold",
    "facet",
    "group_variable",
    "methods",
    "predictor",
    "probability_threshold",
)
_METHODS = ("pre_training_bias", "post_training_bias", "shap", "report")
_ACCEPTED = ("text/csv", "application/jsonlines")
_PREDICTOR = ("model_name", "instance_type", "initial_instance_count")


@dataclass(frozen=True)
class Facet:
    """A sensitive column and its disadvantaged values; without values, each one is compared to all others."""

    column: str | int
    values: list[Any] | None


@dataclass(frozen=True)
class Predictor:
    """The model to ask, what to host it on meanwhile, and where its answer holds the prediction."""

    model_name: str
    instance_type: str
    instance_count: int
    accept_type: str
    endpoint_name_prefix: str
    label: str | int | None
    probability: str | int | None


@dataclass(frozen=True)
class Shap:
    """How the contributions of single records are put together."""

    agg_method: str
    save_local_values: bool


@dataclass(frozen=True)
class Analysis:
    """The whole configuration; metrics are names or ["all"], None where they aren't wanted."""

    headers: list[str] | None
    label: str | int
    label_values: list[Any]
    facets: tuple[Facet, ...]
    group_variable: str | int | None
    pre_training: list[str] | None
    post_training: list[str] | None
    shap: Shap | None
    title: str | None
    predictor: Predictor | None
    probability_threshold: float


def read(path: Path) -> Analysis:
    """The configuration in a file.

    Raises:
        ClientError: there is none, or it is wrong.
    """
    if not path.is_file():
        raise ClientError(
            "There is no analysis_config.json; give a ProcessingInput 'analysis_config' with LocalPath "
            "/opt/ml/processing/input/config."
        )
    try:
        document = json.loads(path.read_text("utf-8"))
    except ValueError as error:
        raise ClientError(f"analysis_config.json is not JSON: {error}") from None
    if not isinstance(document, dict):
        raise ClientError("analysis_config.json must be a JSON object.")
    return parse(document)


def parse(document: dict[str, Any]) -> Analysis:
    """The configuration that a document says.

    Raises:
        ClientError: the text names the parameter, what was wrong and what is right.
    """
    _require_known(document, _KNOWN, "analysis_config.json")
    _require_one_of(document.get("version", "1.0"), ("1.0",), "version")
    _require_one_of(document.get("dataset_type"), ("text/csv",), "dataset_type")
    methods = _required(document, "methods", dict)
    _require_known(methods, _METHODS, "methods")
    analysis = Analysis(
        headers=_headers(document),
        label=_required(document, "label", str, int),
        label_values=document.get("label_values_or_threshold", []),
        facets=_facets(document.get("facet", [])),
        group_variable=document.get("group_variable"),
        pre_training=_metrics(methods, "pre_training_bias"),
        post_training=_metrics(methods, "post_training_bias"),
        shap=_shap(methods.get("shap")),
        title=methods["report"].get("title", "Analysis Report") if "report" in methods else None,
        predictor=_predictor(document["predictor"]) if "predictor" in document else None,
        probability_threshold=float(document.get("probability_threshold", 0.5)),
    )
    _require_what_methods_need(analysis)
    return analysis


def _require_what_methods_need(analysis: Analysis) -> None:
    bias = analysis.pre_training is not None or analysis.post_training is not None
    if bias and not analysis.facets:
        raise ClientError("Bias metrics need a 'facet': a list of {name_or_index, value_or_threshold}.")
    if bias and not analysis.label_values:
        raise ClientError("Bias metrics need 'label_values_or_threshold': the label's positive values.")
    if not bias and analysis.shap is None:
        raise ClientError("'methods' must have one of pre_training_bias, post_training_bias and shap.")
    if analysis.predictor is None and (analysis.post_training is not None or analysis.shap is not None):
        raise ClientError("post_training_bias and shap need a 'predictor' with a model_name.")


def _headers(document: dict[str, Any]) -> list[str] | None:
    headers: list[str] | None = document.get("headers")
    if headers is not None and len(set(headers)) < len(headers):
        twice = sorted({name for name in headers if headers.count(name) > 1})
        raise ClientError(f"'headers' has names more than once: {', '.join(twice)}.")
    return headers


def _facets(items: Any) -> tuple[Facet, ...]:
    if not isinstance(items, list) or not all(isinstance(item, dict) for item in items):
        raise ClientError("'facet' must be a list of {name_or_index, value_or_threshold}.")
    return tuple(
        Facet(_required(item, "name_or_index", str, int), item.get("value_or_threshold")) for item in items
    )


def _metrics(methods: dict[str, Any], stage: str) -> list[str] | None:
    if stage not in methods:
        return None
    names = methods[stage].get("methods", "all")
    return ["all"] if names == "all" else list(names)


def _shap(options: dict[str, Any] | None) -> Shap | None:
    if options is None:
        return None
    aggregation = options.get("agg_method", "mean_abs")
    _require_one_of(aggregation, ("mean_abs", "median", "mean_sq"), "methods.shap.agg_method")
    return Shap(aggregation, bool(options.get("save_local_shap_values", True)))


def _predictor(options: dict[str, Any]) -> Predictor:
    missing = [name for name in _PREDICTOR if name not in options]
    if missing:
        raise ClientError(
            f"'predictor' lacks {', '.join(missing)}; a model is hosted on instances meanwhile."
        )
    _require_one_of(options.get("content_type", "text/csv"), ("text/csv",), "predictor.content_type")
    accept = options.get("accept_type", "text/csv")
    _require_one_of(accept, _ACCEPTED, "predictor.accept_type")
    return Predictor(
        model_name=options["model_name"],
        instance_type=options["instance_type"],
        instance_count=int(options["initial_instance_count"]),
        accept_type=accept,
        endpoint_name_prefix=options.get("endpoint_name_prefix", "sm-clarify"),
        label=options.get("label"),
        probability=options.get("probability"),
    )


def _required(document: dict[str, Any], name: str, *kinds: type) -> Any:
    if not isinstance(document.get(name), kinds):
        allowed = " or ".join({dict: "object", str: "name", int: "index"}[kind] for kind in kinds)
        raise ClientError(f"'{name}' must be given as {allowed}, not {document.get(name)!r}.")
    return document[name]


def _require_known(document: dict[str, Any], known: tuple[str, ...], where: str) -> None:
    unknown = sorted(set(document) - set(known))
    if unknown:
        raise ClientError(f"{where}: {', '.join(unknown)} not supported here; known: {', '.join(known)}.")


def _require_one_of(value: Any, allowed: tuple[str, ...], name: str) -> None:
    if value not in allowed:
        raise ClientError(f"'{name}' {value!r} is not supported here; give one of {', '.join(allowed)}.")
