//! Turns an AWS account into a private Docker registry with one command.
//!
//! Dependencies run one way: `main → command → {settings, registry, stack, aws, ui}`. Only [`aws`] names the AWS SDK
//! and only [`ui`] prints.

pub mod aws;
pub mod cli;
pub mod command;
pub mod context;
pub mod error;
pub mod registry;
pub mod settings;
pub mod stack;
pub mod ui;
