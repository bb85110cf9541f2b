//! Instances, groups and load balancers.

mod booting;
mod placing;
mod shrinking;
