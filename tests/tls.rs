//! TLS, where a certificate is given.

use std::{fs, path::PathBuf};

use nix::sys::signal::Signal;
use opentelemetry_proto::tonic::collector::trace::v1::{
    ExportTraceServiceRequest, ExportTraceServiceResponse, trace_service_client::TraceServiceClient,
};
use tonic::transport::{Certificate, ClientTlsConfig, Endpoint};

use crate::process::{Installation, Result, until};

/// A certificate for this machine that vouches for itself, and its key, in files.
struct Vouched {
    certificate: PathBuf,
    key: PathBuf,
}

impl Vouched {
    fn of(installation: &Installation) -> Result<Self> {
        drop(rustls::crypto::ring::default_provider().install_default());
        fs::create_dir_all(installation.data())?;
        let [certificate, key] = ["certificate.pem", "key.pem"].map(|name| installation.data().join(name));
        Ok(Self { certificate, key })
    }

    /// Makes a new one, and gives it.
    fn renew(&self) -> Result<String> {
        let made = rcgen::generate_simple_self_signed(["127.0.0.1".to_owned()])?;
        fs::write(&self.certificate, made.cert.pem())?;
        fs::write(&self.key, made.signing_key.serialize_pem())?;
        Ok(made.cert.pem())
    }

    fn arguments(&self) -> [String; 4] {
        let path = |path: &PathBuf| path.display().to_string();
        ["--tls-cert".to_owned(), path(&self.certificate), "--tls-key".to_owned(), path(&self.key)]
    }
}

/// Each request of it makes a connection of its own.
fn trusting(certificate: &str) -> Result<reqwest::Client> {
    let certificate = reqwest::Certificate::from_pem(certificate.as_bytes())?;
    Ok(reqwest::Client::builder().add_root_certificate(certificate).pool_max_idle_per_host(0).build()?)
}

#[tokio::test]
async fn with_a_certificate_the_service_speaks_tls_and_nothing_else() -> Result {
    let installation = Installation::new()?;
    let files = Vouched::of(&installation)?;
    let vouched = files.renew()?;
    let arguments = files.arguments();
    let [_, certificate, _, key] = &arguments;

    let alone = installation.end(&["up", "--tls-cert", certificate]).await?;
    assert_eq!(alone.code, Some(2), "{}", alone.complained);
    let mistaken = installation.end(&["up", "--listen", "127.0.0.1:0", "--tls-cert", key, "--tls-key", key]).await?;
    assert_eq!(mistaken.code, Some(1));
    assert!(mistaken.complained.contains("cannot serve with the certificate"), "{}", mistaken.complained);

    let service = installation.up(&arguments.each_ref().map(String::as_str)).await?;
    assert!(service.address.starts_with("https://127.0.0.1:"), "{}", service.address);
    let trusting = trusting(&vouched)?;
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

#[tokio::test]
async fn with_a_certificate_telemetry_over_grpc_is_taken_over_tls_and_not_without() -> Result {
    let installation = Installation::new()?;
    let files = Vouched::of(&installation)?;
    let vouched = files.renew()?;
    let [a, b, c, d] = &files.arguments();
    let service = installation.up(&[a, b, c, d, "--otlp-grpc-listen", "127.0.0.1:0"]).await?;
    let address = service.otlp_grpc.clone().ok_or("gRPC is served")?;
    assert!(address.starts_with("https://127.0.0.1:"), "{address}");
    let secret = service.first_key.clone().ok_or("a first key")?;
    let send = async |endpoint: Endpoint| -> Result<ExportTraceServiceResponse> {
        let channel = endpoint.connect().await?;
        let mut request = tonic::Request::new(ExportTraceServiceRequest::default());
        request.metadata_mut().insert("authorization", format!("Bearer {secret}").parse()?);
        Ok(TraceServiceClient::new(channel).export(request).await?.into_inner())
    };
    let trusting = ClientTlsConfig::new().ca_certificate(Certificate::from_pem(&vouched)).domain_name("127.0.0.1");
    let answer = send(Endpoint::from_shared(address.clone())?.tls_config(trusting)?).await?;
    assert_eq!(answer.partial_success, None, "nothing was sent, and nothing refused");
    let plain = send(Endpoint::from_shared(address.replace("https", "http"))?).await;
    assert!(plain.is_err(), "without TLS nothing is answered");
    service.stop().await
}

#[tokio::test]
async fn a_renewed_certificate_is_served_with_and_a_broken_one_is_not() -> Result {
    let installation = Installation::new()?;
    let files = Vouched::of(&installation)?;
    let before = files.renew()?;
    let service = installation.up(&files.arguments().each_ref().map(String::as_str)).await?;
    let health = format!("{}/healthz", service.address);
    let serves =
        async |certificate: &str| -> Result<bool> { Ok(trusting(certificate)?.get(&health).send().await.is_ok()) };

    fs::write(&files.key, "half of a key")?;
    service.signal(Signal::SIGHUP)?;
    let told = "the renewed certificate cannot be served with";
    until(told, async || Ok(fs::read_to_string(service.log())?.contains(told).then_some(()))).await?;
    assert!(serves(&before).await?, "the one before is served with");

    let after = files.renew()?;
    service.signal(Signal::SIGHUP)?;
    until("the new one is served with", async || Ok(serves(&after).await?.then_some(()))).await?;
    assert!(!serves(&before).await?, "and the one before no more");
    service.stop().await
}
