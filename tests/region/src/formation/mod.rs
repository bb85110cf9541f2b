//! What a template means, as pure functions: parse, check, evaluate, compare. No state, no clock, no other service.

pub mod attributes;
mod cidr;
pub mod condition;
pub mod difference;
pub mod document;
pub mod dynamic;
pub mod export;
pub mod failure;
pub mod graph;
pub mod intrinsic;
pub mod parameter;
pub mod pseudo;
pub mod reference;
pub mod rule;
pub mod schema;
pub mod template;
mod template_check;
pub mod validation;

pub use failure::FormationError;
pub use template::Template;
