//! `dockreg cert …`: server certificates in IAM and ACM.
