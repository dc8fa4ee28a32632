"""XGBoost, with the hyperparameters, formats and metrics of SageMaker's `sagemaker-xgboost` container.

https://docs.aws.amazon.com/sagemaker/latest/dg/xgboost.html
"""
