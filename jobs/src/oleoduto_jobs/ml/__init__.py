"""Training and forecasting: what runs inside the SageMaker image."""
