//! Keys: Ed25519 and ECDSA on P-256, as PEM.

use data_encoding::HEXLOWER;
use ring::{
    digest,
    rand::SystemRandom,
    signature::{
        ECDSA_P256_SHA256_ASN1, ECDSA_P256_SHA256_ASN1_SIGNING, ED25519, EcdsaKeyPair, Ed25519KeyPair,
        KeyPair, UnparsedPublicKey,
    },
};
use rustls_pki_types::pem::{SectionKind, from_buf};

/// What comes before the 32 bytes of an Ed25519 key in its `SubjectPublicKeyInfo` (RFC 8410).
const ED25519_INFO: [u8; 12] = [0x30, 0x2a, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x03, 0x21, 0x00];
/// What comes before the 65 bytes of an uncompressed point on P-256 in its `SubjectPublicKeyInfo` (RFC 5480).
const P256_INFO: [u8; 26] = [
    0x30, 0x59, 0x30, 0x13, 0x06, 0x07, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01, 0x06, 0x08, 0x2a, 0x86,
    0x48, 0xce, 0x3d, 0x03, 0x01, 0x07, 0x03, 0x42, 0x00,
];
/// The object identifiers of the two kinds of keys, as they stand in PKCS#8 (RFC 5958), each with its tag and length.
const ED25519_OID: [u8; 5] = [0x06, 0x03, 0x2b, 0x65, 0x70];
const P256_OID: [u8; 10] = [0x06, 0x08, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x07];

/// How a key signs.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Algorithm {
    /// Ed25519 (RFC 8032).
    Ed25519,
    /// ECDSA on P-256 with SHA-256; signatures are DER.
    EcdsaP256,
}

impl Algorithm {
    /// Its name.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Ed25519 => "Ed25519",
            Self::EcdsaP256 => "ECDSA P-256",
        }
    }
}

/// Why a key cannot be used. No message shows a byte of the key.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum KeyError {
    /// Not PEM.
    #[error("it is not a key in PEM (`-----BEGIN …`)")]
    NotPem,
    /// More than one key.
    #[error("it holds more than one key; give one")]
    Several,
    /// A private key with a password.
    #[error(
        "the key is encrypted, which is not supported; write it without a password: `openssl pkcs8 -topk8 -nocrypt -in KEY -out KEY.pem`"
    )]
    Encrypted,
    /// A private key of cosign.
    #[error(
        "the key is encrypted in the way of cosign, which is not supported; make one with `openssl genpkey -algorithm ed25519`, and give it to cosign with `cosign import-key-pair`"
    )]
    EncryptedByCosign,
    /// A private key in the form of its own algorithm.
    #[error("it is not PKCS#8; convert it: `openssl pkcs8 -topk8 -nocrypt -in KEY -out KEY.pem`")]
    NotPkcs8,
    /// A public key where a private one is needed.
    #[error("it is a public key; signing needs the private one")]
    Public,
    /// A private key where a public one is needed.
    #[error("it is a private key; checking needs the public one: `openssl pkey -in KEY -pubout`")]
    Private,
    /// A certificate.
    #[error("it is a certificate; give its public key: `openssl x509 -in CERTIFICATE -noout -pubkey`")]
    Certificate,
    /// Another algorithm.
    #[error("it is neither an Ed25519 key nor an ECDSA key on P-256 with an uncompressed point")]
    Algorithm,
    /// Broken.
    #[error("the key is damaged")]
    Damaged,
    /// The system gives no randomness.
    #[error("signing failed: the system gives no random numbers")]
    Signing,
}

/// A key that signatures are checked with.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PublicKey {
    algorithm: Algorithm,
    /// `SubjectPublicKeyInfo` in DER.
    info: Vec<u8>,
}

impl PublicKey {
    /// Reads a `PUBLIC KEY` in PEM.
    ///
    /// # Errors
    /// What it is instead.
    pub fn from_pem(pem: &[u8]) -> Result<Self, KeyError> {
        match section(pem)? {
            (SectionKind::PublicKey, der) => Self::from_info(&der),
            (SectionKind::PrivateKey | SectionKind::EcPrivateKey | SectionKind::RsaPrivateKey, _) => {
                Err(KeyError::Private)
            }
            (SectionKind::Certificate, _) => Err(KeyError::Certificate),
            _ => Err(KeyError::NotPem),
        }
    }

    /// Reads a `SubjectPublicKeyInfo` in DER. There is one way to write each key, and no other is taken.
    fn from_info(der: &[u8]) -> Result<Self, KeyError> {
        let algorithm = match der {
            _ if der.starts_with(&ED25519_INFO) && der.len() == ED25519_INFO.len() + 32 => Algorithm::Ed25519,
            _ if der.starts_with(&P256_INFO) && der.len() == P256_INFO.len() + 65 => Algorithm::EcdsaP256,
            _ => return Err(KeyError::Algorithm),
        };
        let key = Self { algorithm, info: der.to_vec() };
        if algorithm == Algorithm::EcdsaP256 && key.raw().first() != Some(&4) {
            return Err(KeyError::Algorithm);
        }
        Ok(key)
    }

    /// How it signs.
    pub fn algorithm(&self) -> Algorithm {
        self.algorithm
    }

    /// Its id: the SHA-256 of its `SubjectPublicKeyInfo` in DER, in hexadecimal digits. A hint only: whoever makes an envelope can write any id into it.
    pub fn id(&self) -> String {
        HEXLOWER.encode(digest::digest(&digest::SHA256, &self.info).as_ref())
    }

    /// Whether `signature` is one of its signatures of `message`.
    pub(crate) fn verifies(&self, message: &[u8], signature: &[u8]) -> bool {
        let verified = match self.algorithm {
            Algorithm::Ed25519 => UnparsedPublicKey::new(&ED25519, self.raw()).verify(message, signature),
            Algorithm::EcdsaP256 => {
                UnparsedPublicKey::new(&ECDSA_P256_SHA256_ASN1, self.raw()).verify(message, signature)
            }
        };
        verified.is_ok()
    }

    fn raw(&self) -> &[u8] {
        let start = match self.algorithm {
            Algorithm::Ed25519 => ED25519_INFO.len(),
            Algorithm::EcdsaP256 => P256_INFO.len(),
        };
        &self.info[start..]
    }
}

enum Pair {
    Ed25519(Ed25519KeyPair),
    EcdsaP256(EcdsaKeyPair),
}

/// A key that signs.
pub struct SigningKey {
    pair: Pair,
    public: PublicKey,
}

impl std::fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("SigningKey").field("id", &self.public.id()).finish_non_exhaustive()
    }
}

impl SigningKey {
    /// Reads a `PRIVATE KEY` (PKCS#8, without password) in PEM.
    ///
    /// # Errors
    /// What it is instead.
    pub fn from_pem(pem: &[u8]) -> Result<Self, KeyError> {
        match section(pem)? {
            (SectionKind::PrivateKey, der) => Self::from_pkcs8(&der),
            (SectionKind::EcPrivateKey | SectionKind::RsaPrivateKey, _) => Err(KeyError::NotPkcs8),
            (SectionKind::PublicKey, _) => Err(KeyError::Public),
            (SectionKind::Certificate, _) => Err(KeyError::Certificate),
            _ => Err(KeyError::NotPem),
        }
    }

    /// Reads a private key in PKCS#8, as DER.
    ///
    /// # Errors
    /// [`KeyError::Algorithm`] or [`KeyError::Damaged`].
    pub fn from_pkcs8(der: &[u8]) -> Result<Self, KeyError> {
        // The algorithm stands near the front: version, then its identifiers.
        let front = &der[..der.len().min(40)];
        let names = |oid: &[u8]| front.windows(oid.len()).any(|window| window == oid);
        let (pair, mut info, public) = if names(&ED25519_OID) {
            let pair = Ed25519KeyPair::from_pkcs8_maybe_unchecked(der).map_err(|_| KeyError::Damaged)?;
            let public = pair.public_key().as_ref().to_vec();
            (Pair::Ed25519(pair), ED25519_INFO.to_vec(), public)
        } else if names(&P256_OID) {
            let pair = EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_ASN1_SIGNING, der, &SystemRandom::new())
                .map_err(|_| KeyError::Damaged)?;
            let public = pair.public_key().as_ref().to_vec();
            (Pair::EcdsaP256(pair), P256_INFO.to_vec(), public)
        } else {
            return Err(KeyError::Algorithm);
        };
        info.extend(public);
        Ok(Self { pair, public: PublicKey::from_info(&info)? })
    }

    /// The key that checks its signatures.
    pub fn public(&self) -> &PublicKey {
        &self.public
    }

    /// Signs `message`. Ed25519 gives the same bytes every time, ECDSA does not.
    pub(crate) fn sign(&self, message: &[u8]) -> Result<Vec<u8>, KeyError> {
        match &self.pair {
            Pair::Ed25519(pair) => Ok(pair.sign(message).as_ref().to_vec()),
            Pair::EcdsaP256(pair) => pair
                .sign(&SystemRandom::new(), message)
                .map(|signature| signature.as_ref().to_vec())
                .map_err(|_| KeyError::Signing),
        }
    }
}

/// The one section of a PEM file.
fn section(pem: &[u8]) -> Result<(SectionKind, Vec<u8>), KeyError> {
    let has = |label: &str| pem.windows(label.len()).any(|window| window == label.as_bytes());
    if has("-----BEGIN ENCRYPTED SIGSTORE") || has("-----BEGIN ENCRYPTED COSIGN") {
        return Err(KeyError::EncryptedByCosign);
    }
    // The second is how the form of one algorithm says so, in its headers.
    if has("-----BEGIN ENCRYPTED PRIVATE KEY") || has("Proc-Type: 4,ENCRYPTED") {
        return Err(KeyError::Encrypted);
    }
    let mut rest = pem;
    let mut next = || from_buf(&mut rest).map_err(|_| KeyError::NotPem);
    let first = next()?.ok_or(KeyError::NotPem)?;
    match next()? {
        None => Ok(first),
        Some(_) => Err(KeyError::Several),
    }
}
