//! Certificates as PEM: an identity, which is a certificate with the key that fits it, and authorities that vouch for others.

use jiff::Timestamp;
use rustls::RootCertStore;
use rustls::crypto::ring;
use rustls::pki_types::pem::PemObject;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::sign::CertifiedKey;
use std::fmt;
use std::sync::Arc;
use x509_cert::der::Decode;

/// Why PEM is of no use.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum Unfit {
    /// There is no certificate.
    #[error("there is no certificate in it: as PEM, one begins with `-----BEGIN CERTIFICATE-----`")]
    NoCertificate,
    /// What says that it is a certificate is none.
    #[error("its certificate cannot be read: {0}")]
    BadCertificate(String),
    /// There is no key.
    #[error("there is no private key in it: as PEM, one begins with `-----BEGIN PRIVATE KEY-----`")]
    NoKey,
    /// The key cannot be used by whoever does not know its passphrase.
    #[error("its private key has a passphrase: `openssl pkey -in OLD -out NEW` writes it without one")]
    Locked,
    /// What says that it is a key is none.
    #[error("its private key cannot be read: {0}")]
    BadKey(String),
    /// Each is sound, and they are not of one another.
    #[error("the certificate and the key do not fit one another: {0}")]
    Apart(rustls::Error),
}

impl Unfit {
    /// Whether it is the key that is of no use, and not the certificate.
    #[must_use]
    pub fn is_of_key(&self) -> bool {
        matches!(self, Self::NoKey | Self::Locked | Self::BadKey(_))
    }
}

/// A certificate, those that lead from it to a root, and its key: who we are.
#[derive(Clone)]
pub struct Identity {
    shown: Arc<CertifiedKey>,
    ends: Option<Timestamp>,
}

impl Identity {
    /// Reads both. O(bytes).
    pub fn from_pem(certificate: &[u8], key: &[u8]) -> Result<Self, Unfit> {
        let chain = certificates(certificate)?;
        let ends = chain.first().and_then(ends);
        let key = match PrivateKeyDer::from_pem_slice(key) {
            Ok(key) => key,
            Err(_) if is_locked(key) => return Err(Unfit::Locked),
            Err(rustls::pki_types::pem::Error::NoItemsFound) => return Err(Unfit::NoKey),
            Err(why) => return Err(Unfit::BadKey(why.to_string())),
        };
        let shown = CertifiedKey::from_der(chain, key, &ring::default_provider()).map_err(Unfit::Apart)?;
        Ok(Self { shown: Arc::new(shown), ends })
    }

    /// When the certificate ends, if it says so.
    #[must_use]
    pub fn ends(&self) -> Option<Timestamp> {
        self.ends
    }

    /// What is shown in a handshake.
    pub(crate) fn shown(&self) -> Arc<CertifiedKey> {
        Arc::clone(&self.shown)
    }
}

impl fmt::Debug for Identity {
    /// Without the key.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Identity").field("ends", &self.ends).finish_non_exhaustive()
    }
}

/// Who vouches for others.
#[derive(Debug, Clone)]
pub struct Authorities(Arc<RootCertStore>);

impl Authorities {
    /// Reads the certificates of one or several. O(bytes).
    pub fn from_pem(pem: &[u8]) -> Result<Self, Unfit> {
        let mut roots = RootCertStore::empty();
        for certificate in certificates(pem)? {
            roots.add(certificate).map_err(|why| Unfit::BadCertificate(why.to_string()))?;
        }
        Ok(Self(Arc::new(roots)))
    }

    /// What a handshake asks.
    pub(crate) fn roots(&self) -> Arc<RootCertStore> {
        Arc::clone(&self.0)
    }
}

/// One certificate or more.
fn certificates(pem: &[u8]) -> Result<Vec<CertificateDer<'static>>, Unfit> {
    let read: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(pem).collect();
    let read = read.map_err(|why| Unfit::BadCertificate(why.to_string()))?;
    if read.is_empty() { Err(Unfit::NoCertificate) } else { Ok(read) }
}

/// Whether PEM says of itself that its key is encrypted (RFC 5958, and the older form of OpenSSL).
fn is_locked(pem: &[u8]) -> bool {
    let says = |words: &[u8]| pem.windows(words.len()).any(|window| window == words);
    says(b"-----BEGIN ENCRYPTED PRIVATE KEY-----") || says(b"Proc-Type: 4,ENCRYPTED")
}

/// When a certificate ends.
fn ends(certificate: &CertificateDer<'_>) -> Option<Timestamp> {
    let read = x509_cert::Certificate::from_der(certificate).ok()?;
    let ends = read.tbs_certificate().validity().not_after.to_unix_duration();
    Timestamp::from_second(ends.as_secs().try_into().ok()?).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    const CERTIFICATE: &[u8] = include_bytes!("../tests/serve/tls/first.pem");
    const KEY: &[u8] = include_bytes!("../tests/serve/tls/first.key");

    #[test]
    fn a_certificate_and_its_key_are_an_identity_that_shows_no_key() {
        let identity = Identity::from_pem(CERTIFICATE, KEY).expect("they fit");
        assert_eq!(identity.ends().map(|ends| ends.to_string()), Some("2126-10-30T04:20:55Z".to_owned()));
        let shown = format!("{identity:?}");
        assert!(shown.starts_with("Identity { ends: Some(2126-") && shown.len() < 60, "{shown}");
    }

    #[test]
    fn what_is_of_no_use_is_told_with_what_is_wrong() {
        let unfit = |certificate, key| Identity::from_pem(certificate, key).expect_err("it is unfit");
        assert_eq!(unfit(b"", KEY), Unfit::NoCertificate);
        assert_eq!(unfit(KEY, CERTIFICATE), Unfit::NoCertificate, "one in the place of the other");
        assert_eq!(unfit(CERTIFICATE, CERTIFICATE), Unfit::NoKey);
        let others = include_bytes!("../tests/serve/tls/second.key");
        assert!(matches!(unfit(CERTIFICATE, others), Unfit::Apart(_)));
        let locked: [&[u8]; 2] = [
            b"-----BEGIN ENCRYPTED PRIVATE KEY-----\nMIGj\n-----END ENCRYPTED PRIVATE KEY-----\n",
            b"-----BEGIN EC PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\nDEK-Info: AES-256-CBC,00\n\nMIGj\n-----END EC PRIVATE KEY-----\n",
        ];
        for key in locked {
            assert_eq!(unfit(CERTIFICATE, key), Unfit::Locked);
            assert!(Unfit::Locked.is_of_key());
        }
        let broken = b"-----BEGIN CERTIFICATE-----\n!!!\n-----END CERTIFICATE-----\n";
        assert!(matches!(unfit(broken, KEY), Unfit::BadCertificate(_)));
        let nothing = b"-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n";
        assert!(matches!(Authorities::from_pem(nothing), Err(Unfit::BadCertificate(_))));
        assert!(Authorities::from_pem(CERTIFICATE).is_ok());
    }
}
