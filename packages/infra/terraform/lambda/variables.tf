variable "stream_name" {
  description = "Name of the stream"
  type        = string

  validation {
    condition     = can(regex("^([a-zA-Z0-9_.-]{1,128})$", var.stream_name))
    error_message = "stream_name must be text that matches [a-zA-Z0-9_.-]{1,128}."
  }
}

variable "shard_count" {
  description = "Open shards: 1 MiB and 1,000 records a second written each"
  type        = number
  default     = 2

  validation {
    condition     = var.shard_count >= 1 && var.shard_count <= 20000
    error_message = "shard_count must be from 1 to 20000."
  }
}

variable "retention_hours" {
  description = "Hours records are kept"
  type        = number
  default     = 168

  validation {
    condition     = var.retention_hours >= 24 && var.retention_hours <= 8760
    error_message = "retention_hours must be from 24 to 8760."
  }
}

variable "environment" {
  description = "Tag of everything that has tags"
  type        = string
  default     = "production"

  validation {
    condition     = contains(["development", "staging", "production"], var.environment)
    error_message = "environment must be one of development, staging, production."
  }
}

variable "alarm_email" {
  description = "Who is told; gets a letter to confirm"
  type        = string

  validation {
    condition     = can(regex("^([^@ ]+@[^@ ]+)$", var.alarm_email))
    error_message = "alarm_email must be text that matches [^@ ]+@[^@ ]+."
  }
}

variable "max_lag_milliseconds" {
  description = "How late a reader may be before an alarm goes off"
  type        = number
  default     = 60000

  validation {
    condition     = var.max_lag_milliseconds >= 1000
    error_message = "max_lag_milliseconds must be at least 1000."
  }
}

variable "code_bucket" {
  description = "S3 bucket that has the package of the function"
  type        = string
}

variable "code_key" {
  description = "Its key in the bucket"
  type        = string
}

variable "handler" {
  description = "Its handler"
  type        = string
  default     = "index.handler"
}

variable "batch_size" {
  description = "Largest batch, records"
  type        = number
  default     = 100

  validation {
    condition     = var.batch_size >= 1 && var.batch_size <= 10000
    error_message = "batch_size must be from 1 to 10000."
  }
}

variable "filter_pattern" {
  description = "Records to read, as a pattern on their data such as {\"data\": {\"type\": [\"order\"]}}; the rest, and what is no JSON, is skipped. Default: all"
  type        = string
  default     = ""

  validation {
    condition     = can(regex("^((\\{ *\"data\" *:.*\\})?)$", var.filter_pattern))
    error_message = "filter_pattern must be text that matches (\\{ *\"data\" *:.*\\})?."
  }
}

variable "parallelization" {
  description = "Batches of one shard in flight at once; each key stays in order"
  type        = number
  default     = 1

  validation {
    condition     = var.parallelization >= 1 && var.parallelization <= 10
    error_message = "parallelization must be from 1 to 10."
  }
}
