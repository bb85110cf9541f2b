//! The wire: AWS's protocols by AWS's own models, signatures, the HTTP server. It knows no service's meaning.

mod behind;
mod caller;
mod check;
mod chunked;
mod control;
mod endpoint;
mod line;
mod model;
mod permission;
mod planted;
mod read;
mod route;
mod s3;
mod scalar;
mod server;
mod signature;
mod write;
mod xml;

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC};

pub use control::faults;
pub use server::serve;

/// Everything but RFC 3986's unreserved characters, as SigV4 and IAM encode.
pub const UNRESERVED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');
