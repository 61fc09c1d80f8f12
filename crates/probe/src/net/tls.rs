//! TLS as a client of today: any certificate is let through, and judged apart.

use std::{
    io::{self, Read, Write},
    sync::{Arc, Mutex},
};

use rustls::{
    ClientConfig, ClientConnection, DigitallySignedStruct, DistinguishedName, Error, RootCertStore,
    SignatureScheme, StreamOwned,
    client::{
        WebPkiServerVerifier,
        danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier},
    },
    crypto::{CryptoProvider, ring, verify_tls12_signature, verify_tls13_signature},
};
use rustls_pki_types::{CertificateDer, ServerName, UnixTime};
use url::{Host, Url};

use super::{
    Trouble,
    connect::shown,
    deadline::{Timed, is_late},
};

/// What a server shows in a handshake.
#[derive(Debug, Clone, Default)]
pub(crate) struct Shown {
    /// Its certificates, its own first.
    pub(crate) chain: Vec<CertificateDer<'static>>,
    /// Whether it could not show that it has the key of its certificate.
    pub(crate) unsigned: bool,
    /// `TLS 1.3`.
    pub(crate) version: &'static str,
}

/// A connection with TLS.
pub(crate) type Secure = StreamOwned<ClientConnection, Timed>;

/// What a handshake needs.
#[derive(Debug, Clone)]
pub(crate) struct Tls {
    config: Arc<ClientConfig>,
    watcher: Arc<Watcher>,
    provider: Arc<CryptoProvider>,
}

/// Lets every certificate through and remembers it.
#[derive(Debug)]
struct Watcher {
    provider: Arc<CryptoProvider>,
    seen: Mutex<Shown>,
}

impl Watcher {
    fn note<R>(&self, take: impl FnOnce(&mut Shown) -> R) -> R {
        take(&mut self.seen.lock().unwrap_or_else(std::sync::PoisonError::into_inner))
    }

    fn judge(
        &self,
        checked: Result<HandshakeSignatureValid, Error>,
    ) -> Result<HandshakeSignatureValid, Error> {
        if checked.is_err() {
            self.note(|seen| seen.unsigned = true);
        }
        Ok(HandshakeSignatureValid::assertion())
    }
}

impl ServerCertVerifier for Watcher {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        _: &ServerName<'_>,
        _: &[u8],
        _: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        let chain = std::iter::once(end_entity).chain(intermediates);
        self.note(|seen| seen.chain = chain.map(|one| one.clone().into_owned()).collect());
        Ok(ServerCertVerified::assertion())
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        let known = &self.provider.signature_verification_algorithms;
        self.judge(verify_tls12_signature(message, certificate, signature, known))
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        certificate: &CertificateDer<'_>,
        signature: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        let known = &self.provider.signature_verification_algorithms;
        self.judge(verify_tls13_signature(message, certificate, signature, known))
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.provider.signature_verification_algorithms.supported_schemes()
    }

    fn root_hint_subjects(&self) -> Option<&[DistinguishedName]> {
        None
    }
}

/// Why a certificate is not trusted.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Distrust {
    /// Past its end, or before its beginning: the dates say more.
    Dates,
    /// It is for other names.
    Name,
    /// No known authority stands behind it.
    Issuer,
    /// The server has not shown that it has the key.
    Key,
    /// There is nothing to compare with.
    NoRoots,
    /// Something else.
    Other(String),
}

impl Tls {
    pub(crate) fn new() -> Result<Self, Trouble> {
        let provider = Arc::new(ring::default_provider());
        let watcher = Arc::new(Watcher { provider: Arc::clone(&provider), seen: Mutex::default() });
        let verifier: Arc<dyn ServerCertVerifier> = Arc::clone(&watcher) as Arc<dyn ServerCertVerifier>;
        let mut config = ClientConfig::builder_with_provider(Arc::clone(&provider))
            .with_safe_default_protocol_versions()
            .map_err(|error| Trouble::Tls(error.to_string()))?
            .dangerous()
            .with_custom_certificate_verifier(verifier)
            .with_no_client_auth();
        config.alpn_protocols = vec![b"http/1.1".to_vec()];
        // Every handshake is a whole one, so that each shows the certificate.
        config.resumption = rustls::client::Resumption::disabled();
        Ok(Self { config: Arc::new(config), watcher, provider })
    }

    /// Makes a handshake.
    pub(crate) fn wrap(&self, origin: &Url, stream: Timed) -> Result<(Secure, Shown), Trouble> {
        self.watcher.note(|seen| *seen = Shown::default());
        let name =
            server_name(origin).ok_or_else(|| Trouble::Tls("the host's name is not one".to_owned()))?;
        let connection = ClientConnection::new(Arc::clone(&self.config), name)
            .map_err(|error| Trouble::Tls(error.to_string()))?;
        let mut secure = StreamOwned::new(connection, stream);
        while secure.conn.is_handshaking() {
            secure.conn.complete_io(&mut secure.sock).map_err(|error| trouble(&error))?;
        }
        let mut shown = self.watcher.note(std::mem::take);
        shown.version = match secure.conn.protocol_version() {
            Some(rustls::ProtocolVersion::TLSv1_3) => "TLS 1.3",
            Some(rustls::ProtocolVersion::TLSv1_2) => "TLS 1.2",
            _ => "an unknown version of TLS",
        };
        Ok((secure, shown))
    }

    /// Whether a browser with these roots would trust what the server has shown. `now` is in seconds since 1970.
    pub(crate) fn trust(
        &self,
        origin: &Url,
        shown: &Shown,
        roots: &[CertificateDer<'static>],
        now: u64,
    ) -> Result<(), Distrust> {
        if shown.unsigned {
            return Err(Distrust::Key);
        }
        let mut store = RootCertStore::empty();
        store.add_parsable_certificates(roots.iter().cloned());
        let (Some((own, others)), Some(name)) = (shown.chain.split_first(), server_name(origin)) else {
            return Err(Distrust::Other("the server shows no certificate".to_owned()));
        };
        if store.is_empty() {
            return Err(Distrust::NoRoots);
        }
        let verifier =
            WebPkiServerVerifier::builder_with_provider(Arc::new(store), Arc::clone(&self.provider)).build();
        let verifier = verifier.map_err(|error| Distrust::Other(error.to_string()))?;
        let now = UnixTime::since_unix_epoch(std::time::Duration::from_secs(now));
        match verifier.verify_server_cert(own, others, &name, &[], now) {
            Ok(_) => Ok(()),
            Err(Error::InvalidCertificate(error)) => {
                use rustls::CertificateError as E;
                Err(match error {
                    E::Expired | E::ExpiredContext { .. } | E::NotValidYet | E::NotValidYetContext { .. } => {
                        Distrust::Dates
                    }
                    E::NotValidForName | E::NotValidForNameContext { .. } => Distrust::Name,
                    E::UnknownIssuer => Distrust::Issuer,
                    // A certificate that signs itself stands for an authority, not for a server.
                    E::Other(other) if other.to_string().contains("CaUsedAsEndEntity") => Distrust::Issuer,
                    other => Distrust::Other(shown_error(&other.to_string())),
                })
            }
            Err(other) => Err(Distrust::Other(shown_error(&other.to_string()))),
        }
    }
}

fn shown_error(text: &str) -> String {
    text.chars().take(200).map(|c| if c.is_control() { ' ' } else { c }).collect()
}

fn server_name(origin: &Url) -> Option<ServerName<'static>> {
    match origin.host()? {
        Host::Domain(name) => ServerName::try_from(name.trim_end_matches('.').to_owned()).ok(),
        Host::Ipv4(address) => Some(ServerName::IpAddress(std::net::IpAddr::V4(address).into())),
        Host::Ipv6(address) => Some(ServerName::IpAddress(std::net::IpAddr::V6(address).into())),
    }
}

/// What an error of a connection with TLS means.
pub(crate) fn trouble(error: &io::Error) -> Trouble {
    if is_late(error) {
        return Trouble::Late("the handshake does not come to an end");
    }
    match error.get_ref().and_then(|inner| inner.downcast_ref::<Error>()) {
        Some(Error::InvalidMessage(_)) => Trouble::Tls("the server does not speak TLS".to_owned()),
        Some(Error::AlertReceived(alert)) => {
            Trouble::Tls(format!("the server refuses the handshake ({})", shown(&format!("{alert:?}"))))
        }
        Some(inner) => Trouble::Tls(shown_error(&inner.to_string())),
        None if error.kind() == io::ErrorKind::UnexpectedEof => {
            Trouble::Tls("the server ends the connection in the handshake".to_owned())
        }
        None => Trouble::Tls(shown_error(&error.to_string())),
    }
}

/// A connection, with TLS or without.
pub(crate) enum Line {
    Plain(Timed),
    Secure(Box<Secure>),
}

impl Read for Line {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        match self {
            Self::Plain(stream) => stream.read(buffer),
            Self::Secure(stream) => stream.read(buffer),
        }
    }
}

impl Write for Line {
    fn write(&mut self, bytes: &[u8]) -> io::Result<usize> {
        match self {
            Self::Plain(stream) => stream.write(bytes),
            Self::Secure(stream) => stream.write(bytes),
        }
    }

    fn flush(&mut self) -> io::Result<()> {
        match self {
            Self::Plain(stream) => stream.flush(),
            Self::Secure(stream) => stream.flush(),
        }
    }
}
