//! Certificates, zones, secrets, roles and objects.
