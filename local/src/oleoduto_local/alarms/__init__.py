"""CloudWatch's alarms and AWS Budgets, which moto keeps but never evaluates."""
