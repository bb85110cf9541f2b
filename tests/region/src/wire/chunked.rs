//! `aws-chunked` bodies of S3: pieces with a size line each, perhaps a signature each, perhaps checksums after the last.
// https://docs.aws.amazon.com/AmazonS3/latest/API/sigv4-streaming.html

use aws_lc_rs::digest;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

use super::signature::{sha256, sign};
use crate::AwsError;

/// How the pieces are signed.
pub(super) struct Chain {
    pub key: Vec<u8>,
    pub stamp: String,
    pub scope: String,
    /// Signature before: the request's own at first.
    pub previous: String,
}

/// Decodes a body piece by piece; feed it with [`Chunked::push`], then ask [`Chunked::finish`].
pub(super) struct Chunked {
    chain: Option<Chain>,
    waiting: Vec<u8>,
    crc: u32,
    sha256: digest::Context,
    done: bool,
    trailers: Vec<(String, String)>,
}

fn malformed() -> AwsError {
    AwsError::new("IncompleteBody", "The request body terminated unexpectedly")
}

impl Chunked {
    /// A decoder; without a chain the pieces are unsigned.
    pub fn new(chain: Option<Chain>) -> Self {
        Self {
            chain,
            waiting: Vec::new(),
            crc: u32::MAX,
            sha256: digest::Context::new(&digest::SHA256),
            done: false,
            trailers: Vec::new(),
        }
    }

    /// Takes bytes as they come, gives what is decoded of them.
    ///
    /// # Errors
    /// `IncompleteBody`, or `SignatureDoesNotMatch` for a piece.
    pub fn push(&mut self, bytes: &[u8]) -> Result<Vec<u8>, AwsError> {
        self.waiting.extend_from_slice(bytes);
        let mut decoded = Vec::new();
        while !self.done {
            let Some(end) = self.waiting.windows(2).position(|pair| pair == b"\r\n") else { break };
            let line = std::str::from_utf8(&self.waiting[..end]).map_err(|_| malformed())?.to_owned();
            let (size, extension) = line.split_once(';').unwrap_or((&line, ""));
            let size = usize::from_str_radix(size.trim(), 16).map_err(|_| malformed())?;
            let start = end + 2;
            if size > 0 && self.waiting.len() < start + size + 2 {
                break;
            }
            let piece = self.waiting[start..start + size].to_vec();
            self.check_piece(extension, &piece)?;
            if size == 0 {
                self.done = true;
                self.waiting.drain(..start);
            } else {
                self.waiting.drain(..start + size + 2);
                self.crc = crc32(self.crc, &piece);
                self.sha256.update(&piece);
                decoded.extend_from_slice(&piece);
            }
        }
        Ok(decoded)
    }

    fn check_piece(&mut self, extension: &str, piece: &[u8]) -> Result<(), AwsError> {
        let Some(chain) = &mut self.chain else { return Ok(()) };
        let signature = extension.trim().strip_prefix("chunk-signature=").ok_or_else(malformed)?;
        let text = format!(
            "AWS4-HMAC-SHA256-PAYLOAD\n{}\n{}\n{}\n{}\n{}",
            chain.stamp,
            chain.scope,
            chain.previous,
            sha256(b""),
            sha256(piece)
        );
        if hex::encode(sign(&chain.key, text.as_bytes())) != signature {
            let message = "The request signature we calculated does not match the signature you provided. Check your key and signing method.";
            return Err(AwsError::new("SignatureDoesNotMatch", message).with_status(403));
        }
        signature.clone_into(&mut chain.previous);
        Ok(())
    }

    /// Ends the body: the last piece must have come, and the checksums after it must be right.
    ///
    /// # Errors
    /// `IncompleteBody`, `BadDigest`.
    pub fn finish(mut self) -> Result<(), AwsError> {
        if !self.done {
            return Err(malformed());
        }
        let rest = String::from_utf8_lossy(&self.waiting).into_owned();
        let trailer = |line: &str| {
            line.split_once(':').map(|(name, value)| (name.trim().to_ascii_lowercase(), value.trim().to_owned()))
        };
        self.trailers = rest.lines().filter_map(trailer).collect();
        let crc = STANDARD.encode((!self.crc).to_be_bytes());
        let sha = STANDARD.encode(self.sha256.finish());
        for (name, expected) in [("x-amz-checksum-crc32", crc), ("x-amz-checksum-sha256", sha)] {
            if self.trailers.iter().any(|(trailer, value)| trailer == name && *value != expected) {
                let message = format!(
                    "The {} you specified did not match the calculated checksum.",
                    name.trim_start_matches("x-amz-checksum-").to_ascii_uppercase()
                );
                // https://github.com/aws/aws-sdk-ruby/issues/3322
                return Err(AwsError::new("BadDigest", message));
            }
        }
        Ok(())
    }
}

/// CRC-32 (IEEE) of every byte.
const CRC: [u32; 256] = {
    let mut table = [0; 256];
    let mut byte = 0;
    while byte < 256 {
        let mut crc = byte as u32;
        let mut bit = 0;
        while bit < 8 {
            crc = if crc & 1 == 1 { (crc >> 1) ^ 0xEDB8_8320 } else { crc >> 1 };
            bit += 1;
        }
        table[byte] = crc;
        byte += 1;
    }
    table
};

/// CRC-32 over further bytes, without the final complement.
fn crc32(before: u32, bytes: &[u8]) -> u32 {
    bytes.iter().fold(before, |crc, byte| (crc >> 8) ^ CRC[usize::from(crc.to_le_bytes()[0] ^ byte)])
}

/// The checksum as S3's header has it.
pub(super) fn crc32_base64(bytes: &[u8]) -> String {
    STANDARD.encode((!crc32(u32::MAX, bytes)).to_be_bytes())
}

#[cfg(test)]
mod tests {
    use super::{Chunked, crc32};

    #[test]
    fn pieces_are_joined_however_they_come() {
        let body = b"5\r\nhello\r\n6\r\n world\r\n0\r\nx-amz-checksum-crc32:DUoRhQ==\r\n\r\n";
        assert_eq!(!crc32(u32::MAX, b"hello world"), 0x0D4A_1185);
        for step in [1, 7, body.len()] {
            let mut chunked = Chunked::new(None);
            let mut whole = Vec::new();
            for bytes in body.chunks(step) {
                whole.extend(chunked.push(bytes).expect("well-formed"));
            }
            assert_eq!(whole, b"hello world");
            chunked.finish().expect("complete");
        }
        let mut cut = Chunked::new(None);
        cut.push(b"5\r\nhel").expect("so far");
        assert!(cut.finish().is_err());
        let mut wrong = Chunked::new(None);
        wrong.push(b"1\r\na\r\n0\r\nx-amz-checksum-crc32:AAAAAA==\r\n\r\n").expect("well-formed");
        assert_eq!(wrong.finish().expect_err("a wrong checksum").code, "BadDigest");
    }
}
