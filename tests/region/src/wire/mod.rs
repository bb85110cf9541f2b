//! The wire: AWS's protocols by AWS's own models, signatures, the HTTP server. It knows no service's meaning.

use percent_encoding::{AsciiSet, NON_ALPHANUMERIC};

/// Everything but RFC 3986's unreserved characters, as SigV4 and IAM encode.
pub const UNRESERVED: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');
