"""Random cut forests by AWS's own library, with the hyperparameters and formats of `randomcutforest:1`.

https://docs.aws.amazon.com/sagemaker/latest/dg/randomcutforest.html
"""
