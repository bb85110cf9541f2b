//! `dockreg cert …`: the server certificates of the account.

pub mod delete;
mod find;
pub mod list;
mod removal;
pub mod rotate;
pub mod upload;
