//! Turns an AWS account into a private Docker registry with one command.
