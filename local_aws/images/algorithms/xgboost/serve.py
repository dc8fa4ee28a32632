"""XGBoost serving: the built-in algorithm's formats, or a script's own if the environment names one."""

import os

from local_aws.images.toolkit.serving import Model, model_folder, serve

_PROGRAM_VARIABLE = "SAGEMAKER_PROGRAM"
_SUBMIT_DIRECTORY_VARIABLE = "SAGEMAKER_SUBMIT_DIRECTORY"
_OUTPUT_VARIABLE = "SAGEMAKER_INFERENCE_OUTPUT"


def _server() -> Model:
    """What serves the model in `/opt/ml/model`: a script gets all of XGBoost, the algorithm what it needs."""
    program = os.environ.get(_PROGRAM_VARIABLE)
    if program:
        from local_aws.images.algorithms.xgboost.script_serving import ScriptServer, load_script  # noqa: PLC0415

        script = load_script(program, os.environ.get(_SUBMIT_DIRECTORY_VARIABLE, "/opt/ml/model/code"))
        return ScriptServer(script, model_folder())
    from local_aws.images.algorithms.xgboost import built_in_serving, model  # noqa: PLC0415

    selected = os.environ.get(_OUTPUT_VARIABLE, "")
    return built_in_serving.XgboostServer(model.Model.load(model_folder()), selected)


if __name__ == "__main__":
    serve(_server())
