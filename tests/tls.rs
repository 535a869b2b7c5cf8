//! TLS, where a certificate is given.

use std::fs;

use crate::process::{Installation, Result};

#[tokio::test]
async fn with_a_certificate_the_service_speaks_tls_and_nothing_else() -> Result {
    drop(rustls::crypto::ring::default_provider().install_default());
    let installation = Installation::new()?;
    fs::create_dir_all(installation.data())?;
    let made = rcgen::generate_simple_self_signed(["127.0.0.1".to_owned()])?;
    let [certificate, key] = ["certificate.pem", "key.pem"].map(|name| installation.data().join(name));
    fs::write(&certificate, made.cert.pem())?;
    fs::write(&key, made.signing_key.serialize_pem())?;
    let [certificate, key] = [certificate, key].map(|path| path.display().to_string());

    let alone = installation.end(&["up", "--tls-cert", &certificate]).await?;
    assert_eq!(alone.code, Some(2), "{}", alone.complained);
    let mistaken = installation.end(&["up", "--listen", "127.0.0.1:0", "--tls-cert", &key, "--tls-key", &key]).await?;
    assert_eq!(mistaken.code, Some(1));
    assert!(mistaken.complained.contains("cannot serve with the certificate"), "{}", mistaken.complained);

    let service = installation.up(&["--tls-cert", &certificate, "--tls-key", &key]).await?;
    assert!(service.address.starts_with("https://127.0.0.1:"), "{}", service.address);
    let trusting = reqwest::Client::builder()
        .add_root_certificate(reqwest::Certificate::from_pem(made.cert.pem().as_bytes())?)
        .build()?;
    let secret = service.first_key.clone().ok_or("a first key")?;
    let asked = trusting
        .post(format!("{}/graphql", service.address))
        .bearer_auth(&secret)
        .json(&serde_json::json!({"query": "{ project { slug } }"}));
    let answer: serde_json::Value = asked.send().await?.error_for_status()?.json().await?;
    assert_eq!(answer["data"]["project"]["slug"], "default");

    let strangers = reqwest::Client::new().get(format!("{}/healthz", service.address)).send().await;
    assert!(strangers.is_err(), "nobody vouches for the certificate");
    let plain = trusting.get(service.address.replace("https", "http") + "/healthz").send().await;
    assert!(plain.is_err(), "without TLS nothing is answered");
    service.stop().await
}
