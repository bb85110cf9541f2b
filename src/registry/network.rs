//! Which VPC and subnets the registry goes into.
