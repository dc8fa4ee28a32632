"""Hyperparameter tuning jobs: training jobs made one after another, each with values that a search chose.

https://docs.aws.amazon.com/sagemaker/latest/dg/automatic-model-tuning.html
"""
