//! Stage three: TLS with the registry's host name, judged as every Docker client will judge it.

use std::time::Duration;

use hyper::client::conn::http1::SendRequest;
use hyper_util::rt::TokioIo;
use jiff::Timestamp;
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::{CertificateError, Error as TlsError};
use tokio::net::TcpStream;
use tokio::time::timeout;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;

use super::{Outcome, Probe, Step};
use crate::registry::certificate::{a_label, is_authority_served};

/// How long a handshake may take.
const HANDSHAKE_TIMEOUT: Duration = Duration::from_secs(10);

/// An open connection that takes requests.
pub(super) type Session = SendRequest<http_body_util::Empty<hyper::body::Bytes>>;

/// Opens a TLS session with the host's name in it, and looks at the certificate.
pub(super) async fn handshake(probe: &Probe, stream: TcpStream) -> Step<Session> {
    let name = a_label(&probe.host).and_then(|name| ServerName::try_from(name).ok()).ok_or_else(|| {
        Outcome::failed(format!("{} is not a host name", probe.host), "give the registry another --domain")
    })?;
    let connector = TlsConnector::from(probe.trust.config());
    let stream = match timeout(HANDSHAKE_TIMEOUT, connector.connect(name, stream)).await {
        Ok(Ok(stream)) => stream,
        Ok(Err(error)) => return Err(judge(probe, &error)),
        Err(_) => {
            let cure = "a proxy or firewall in between may hold TLS back; try from another network";
            return Err(Outcome::failed("no TLS handshake within 10 s", cure));
        }
    };
    let seen = seen(&stream);
    let (session, connection) = hyper::client::conn::http1::handshake(TokioIo::new(stream))
        .await
        .map_err(|error| Outcome::failed(error.to_string(), "run `dockreg status` again in a minute"))?;
    tokio::spawn(async move {
        if let Err(error) = connection.await {
            tracing::debug!(%error, "the probe's connection ended");
        }
    });
    Ok((session, Outcome::passed(seen)))
}

/// The version of TLS, and until when the certificate is valid.
fn seen(stream: &TlsStream<TcpStream>) -> String {
    let (_, session) = stream.get_ref();
    let version = match session.protocol_version() {
        Some(rustls::ProtocolVersion::TLSv1_3) => "TLS 1.3",
        Some(rustls::ProtocolVersion::TLSv1_2) => "TLS 1.2",
        _ => "TLS",
    };
    match session.peer_certificates().and_then(|chain| chain.first()).and_then(end_of) {
        Some(end) => format!("{version}, certificate valid until {}", end.strftime("%Y-%m-%d")),
        None => version.to_owned(),
    }
}

fn end_of(certificate: &CertificateDer<'_>) -> Option<Timestamp> {
    let (_, certificate) = x509_parser::parse_x509_certificate(certificate).ok()?;
    Timestamp::from_second(certificate.validity().not_after.timestamp()).ok()
}

/// Why a handshake failed, in the user's words.
fn judge(probe: &Probe, error: &std::io::Error) -> Outcome {
    let host = &probe.host;
    let tls = error.get_ref().and_then(|inner| inner.downcast_ref::<TlsError>());
    let Some(tls) = tls else {
        let cure = "something in between speaks no TLS; check proxies and firewalls, then try again";
        return Outcome::failed(format!("the connection broke during the TLS handshake: {error}"), cure);
    };
    let TlsError::InvalidCertificate(fault) = tls else {
        return Outcome::failed(format!("TLS failed: {tls}"), "run `dockreg up` again to put its TLS policy back");
    };
    let renew = "give `dockreg up` a renewed certificate with --certificate; `dockreg cert list` shows what there is";
    let outcome = match fault {
        CertificateError::NotValidForNameContext { presented, .. } => {
            Outcome::failed(format!("the certificate covers {}, not {host}", names(presented)), other(host))
        }
        CertificateError::NotValidForName => {
            Outcome::failed(format!("the certificate does not cover {host}"), other(host))
        }
        CertificateError::ExpiredContext { not_after, .. } => {
            Outcome::failed(format!("the certificate expired on {}", date(*not_after)), renew)
        }
        CertificateError::Expired => Outcome::failed("the certificate has expired", renew),
        CertificateError::NotValidYetContext { not_before, .. } => Outcome::failed(
            format!("the certificate is not valid before {}", date(*not_before)),
            "check this machine's clock, or wait until then",
        ),
        CertificateError::UnknownIssuer | CertificateError::BadSignature if probe.trust.is_empty() => Outcome::failed(
            "this machine has no root certificates, so it trusts nobody",
            "install them (package ca-certificates), or name the issuer's with --ca-file",
        ),
        // An issuer of a known name with another key shows as a bad signature.
        CertificateError::UnknownIssuer | CertificateError::BadSignature => Outcome::failed(
            "the certificate's issuer is not trusted here, or its chain is incomplete",
            "upload the certificate with its whole chain; for an issuer of your own name its root with --ca-file, \
             and give it to every Docker client too",
        ),
        // What openssl makes says of itself that it is an authority's; who was given it takes it all the same.
        CertificateError::Other(_) if is_authority_served(tls) => Outcome::failed(
            "the certificate signed itself, and is not trusted here",
            "name the certificate itself with --ca-file, and give it to every Docker client too",
        ),
        other => Outcome::failed(format!("the certificate is not accepted: {other:?}"), renew),
    };
    outcome.lasting()
}

fn other(host: &str) -> String {
    format!("choose another with `dockreg up --certificate …`; `dockreg cert list --domain {host}` shows what fits")
}

/// The names as rustls lists them: `DnsName("a.example")`.
fn names(presented: &[String]) -> String {
    let plain = |name: &String| name.split('"').nth(1).unwrap_or(name).to_owned();
    match presented {
        [] => "no name".to_owned(),
        names => names.iter().map(plain).collect::<Vec<_>>().join(", "),
    }
}

fn date(time: UnixTime) -> String {
    let seconds = i64::try_from(time.as_secs()).unwrap_or(i64::MAX);
    Timestamp::from_second(seconds)
        .map_or_else(|_| "an unknown day".to_owned(), |at| at.strftime("%Y-%m-%d").to_string())
}
