output "stream_arn" {
  description = "ARN of the stream"
  value       = aws_kinesis_stream.stream.arn
}

output "processor_function_name" {
  description = "Name of the function that reads the stream"
  value       = aws_lambda_function.processor_function.function_name
}
