"""Training and serving of XGBoost models in script mode: in SageMaker's XGBoost container."""
