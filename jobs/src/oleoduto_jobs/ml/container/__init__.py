"""The commands that run inside the SageMaker image, and the folders that SageMaker gives them."""
