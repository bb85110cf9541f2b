//! PEM, read with an eye for what people hand over in its place, and written in its plain form. Pure.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use rustls_pki_types::CertificateDer;
use x509_parser::pem::Pem;

use super::{Fault, File, Format};

/// A certificate, and the file that it came from.
#[derive(Debug)]
pub(super) struct Found<'a> {
    pub(super) file: &'a str,
    pub(super) der: CertificateDer<'static>,
}

/// Every certificate of a file, in its order.
pub(super) fn certificates(file: File<'_>) -> Result<Vec<Found<'_>>, Fault> {
    let name = file.name.to_owned();
    if let Some(format) = Format::of_bytes(file.bytes) {
        return Err(Fault::Format { file: name, format });
    }
    let mut found = Vec::new();
    for block in Pem::iter_from_buffer(file.bytes) {
        let block = block.map_err(|error| Fault::Broken { file: name.clone(), why: error.to_string() })?;
        match (block.label.as_str(), Format::of_label(&block.label)) {
            ("CERTIFICATE" | "X509 CERTIFICATE", _) => {
                found.push(Found { file: file.name, der: CertificateDer::from(block.contents) });
            }
            (label, _) if label.ends_with("PRIVATE KEY") => return Err(Fault::KeyAmongCertificates(name)),
            (_, Some(format)) => return Err(Fault::Format { file: name, format }),
            (label, None) => return Err(Fault::OtherKind { file: name, label: label.to_owned() }),
        }
    }
    if found.is_empty() { Err(Fault::NoCertificate(name)) } else { Ok(found) }
}

/// One block in the form that every reader takes: nothing before it, lines of 64 characters.
pub(super) fn write(label: &str, der: &[u8]) -> String {
    let encoded = STANDARD.encode(der);
    let mut text = format!("-----BEGIN {label}-----\n");
    let mut rest = encoded.as_str();
    while !rest.is_empty() {
        let (line, more) = rest.split_at(rest.len().min(64));
        text.push_str(line);
        text.push('\n');
        rest = more;
    }
    text.push_str(&format!("-----END {label}-----\n"));
    text
}
