//! `dockreg up`: create, update, repair or resume.

mod args;

pub use args::UpArgs;
