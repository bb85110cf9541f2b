//! `dockreg cert …`: the server certificates of the account.

pub mod list;
pub mod upload;
