//! What a registry is, apart from AWS and the terminal: names, settings of the template, certificates, zones, readiness.

pub mod certificate;
pub mod cidr;
pub mod connect_to;
pub mod cost;
pub mod htpasswd;
pub mod image;
pub mod names;
pub mod network;
pub mod note;
pub mod plan;
pub mod policy;
pub mod record;
pub mod template;
pub mod upload;
pub mod users;
pub mod validation;
pub mod verify;
pub mod zone;
