//! Instances, groups and load balancers.
