output "stream_arn" {
  description = "ARN of the stream"
  value       = aws_kinesis_stream.stream.arn
}

output "workers_role_arn" {
  description = "Role for the workers that read the stream"
  value       = aws_iam_role.workers_role.arn
}
