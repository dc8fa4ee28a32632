"""Debugger's rules: what they make of what a training's hook has saved.

https://docs.aws.amazon.com/sagemaker/latest/dg/debugger-training-xgboost-report.html
"""
