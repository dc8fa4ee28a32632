"""Bias metrics and explanations of a model, with the configuration and outputs of SageMaker Clarify's
processing container.

https://docs.aws.amazon.com/sagemaker/latest/dg/clarify-processing-job-configure-analysis.html
"""
