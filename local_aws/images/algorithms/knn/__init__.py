"""k-nearest neighbours on faiss, with the hyperparameters, formats and metrics of SageMaker's `knn:1`.

https://docs.aws.amazon.com/sagemaker/latest/dg/k-nearest-neighbors.html
"""
