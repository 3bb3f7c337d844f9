"""AWS: S3, SQS, Secrets Manager."""
