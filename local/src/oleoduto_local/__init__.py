"""The local AWS of Oleoduto: moto in server mode with real Glue, Lambda, SageMaker and Step Functions."""

__version__ = "0.1.0"
