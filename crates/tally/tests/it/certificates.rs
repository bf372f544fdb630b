//! HTTPS with certificates that must not be trusted, by an authority that the machine trusts.

use crate::site::{Site, refused_at};
use rcgen::{BasicConstraints, CertificateParams, CertifiedIssuer, DnType, IsCa, KeyPair, date_time_ymd};
use rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};
use rustls::{ServerConfig, ServerConnection, StreamOwned};
use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::Arc;
use std::thread;

/// An authority, which a process trusts by `SSL_CERT_FILE`.
fn authority(name: &str) -> CertifiedIssuer<'static, KeyPair> {
    let mut params = CertificateParams::default();
    params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    params.distinguished_name.push(DnType::CommonName, name);
    CertifiedIssuer::self_signed(params, KeyPair::generate().unwrap()).unwrap()
}

/// What is wrong with the server's certificate.
#[derive(Clone, Copy)]
enum Flaw {
    Expired,
    OtherName,
    /// Issued by itself, as from a server that nobody set up.
    SelfSigned,
    None,
}

/// A server that shows a certificate, and answers what is asked after that with an HTML page. Its address.
fn serve(authority: &CertifiedIssuer<'static, KeyPair>, flaw: Flaw) -> String {
    let name = if let Flaw::OtherName = flaw { "dhis2.example.org" } else { "127.0.0.1" };
    let mut params = CertificateParams::new(vec![name.to_owned()]).unwrap();
    if let Flaw::Expired = flaw {
        params.not_before = date_time_ymd(2019, 1, 1);
        params.not_after = date_time_ymd(2020, 2, 1);
    }
    let key = KeyPair::generate().unwrap();
    let certificate = match flaw {
        Flaw::SelfSigned => params.self_signed(&key).unwrap(),
        _ => params.signed_by(&key, authority).unwrap(),
    };
    let key = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(key.serialize_der()));
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let config = ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()
        .unwrap()
        .with_no_client_auth()
        .with_single_cert(vec![certificate.der().clone()], key)
        .unwrap();
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("https://{}", listener.local_addr().unwrap());
    let config = Arc::new(config);
    // The thread ends with the test's process.
    thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            let config = Arc::clone(&config);
            thread::spawn(move || answer(stream, config));
        }
    });
    url
}

/// Shakes hands; a client that refuses the certificate hangs up here.
fn answer(stream: TcpStream, config: Arc<ServerConfig>) {
    let Ok(connection) = ServerConnection::new(config) else { return };
    let mut stream = StreamOwned::new(connection, stream);
    let mut head = [0; 4096];
    if stream.read(&mut head).is_ok_and(|n| n > 0) {
        let page = "<html>Welcome</html>";
        let n = page.len();
        let _ = write!(stream, "HTTP/1.1 200 OK\r\ncontent-type: text/html\r\ncontent-length: {n}\r\n\r\n{page}");
        let _ = stream.flush();
    }
}

#[track_caller]
fn refused(name: &str, code: i32, flaw: Flaw, trusted: bool, url: impl FnOnce(&Site) -> String) {
    let authority = authority("An authority of the test");
    let mut site = Site::weekly();
    site.run().with_code(0);
    site.write("authority.pem", authority.pem());
    let other = self::authority("Another authority of the test");
    site.write("another-authority.pem", other.pem());
    let spoil = |site: &mut Site| {
        let file = if trusted { "authority.pem" } else { "another-authority.pem" };
        let path = site.path(file).to_str().unwrap().to_owned();
        site.environment.insert("SSL_CERT_FILE".to_owned(), path);
        site.configure(&url(site), &serve(&authority, flaw));
    };
    refused_at(&mut site, name, code, spoil, |_| ());
}

fn godata(site: &Site) -> String {
    site.world.godata.url()
}

fn dhis2(site: &Site) -> String {
    site.world.dhis2_url()
}

#[test]
fn an_expired_certificate() {
    refused("certificate_of_godata_expired", 20, Flaw::Expired, true, godata);
    refused("certificate_of_dhis2_expired", 30, Flaw::Expired, true, dhis2);
}

#[test]
fn a_certificate_of_an_unknown_authority() {
    refused("certificate_of_godata_unknown", 20, Flaw::None, false, godata);
    refused("certificate_of_dhis2_unknown", 30, Flaw::None, false, dhis2);
}

#[test]
fn a_certificate_of_another_server() {
    refused("certificate_of_godata_other_name", 20, Flaw::OtherName, true, godata);
    refused("certificate_of_dhis2_other_name", 30, Flaw::OtherName, true, dhis2);
}

#[test]
fn a_certificate_that_vouches_for_itself() {
    refused("certificate_of_godata_self_signed", 20, Flaw::SelfSigned, true, godata);
    refused("certificate_of_dhis2_self_signed", 30, Flaw::SelfSigned, true, dhis2);
}

/// The flaw is the reason, not the test's authority: without a flaw the page behind the certificate is read.
#[test]
fn a_good_certificate_is_trusted() {
    refused("certificate_good_page_html", 30, Flaw::None, true, dhis2);
}
