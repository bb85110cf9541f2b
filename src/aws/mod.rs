//! The only place that names the AWS SDK; one file per service, answers in our own types.
