//! Staged readiness of the registry, from the load balancer's address to DNS as this machine sees it.
