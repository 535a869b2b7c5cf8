//! Chromium with a driver of its own, both gone when a test ends.

use std::{
    os::unix::process::CommandExt,
    process::{Child, Command, Stdio},
    time::Duration,
};

use axum::http::Method;
use fantoccini::{
    Client, ClientBuilder,
    wd::{Capabilities, WebDriverCompatibleCommand},
};
use serde_json::{Value, json};
use tempfile::TempDir;
use url::{ParseError, Url};

pub struct Chromium {
    pub client: Client,
    driver: Driver,
    _profile: TempDir,
}

/// A driver on a port that it chose, killed when it is dropped.
struct Driver {
    process: Child,
    port: u16,
}

impl Driver {
    async fn start() -> Self {
        // Two tests may be given the same port between its being free and its being taken: then another is tried.
        for _ in 0..5 {
            let port =
                std::net::TcpListener::bind("127.0.0.1:0").and_then(|free| free.local_addr()).expect("a port").port();
            let process = Command::new("chromedriver")
                .arg(format!("--port={port}"))
                .stdout(Stdio::null())
                .stderr(Stdio::null())
                .process_group(0)
                .spawn()
                .expect("chromedriver: `scripts/need test` installs it");
            let mut driver = Self { process, port };
            for _ in 0..200 {
                if tokio::net::TcpStream::connect(("127.0.0.1", port)).await.is_ok() {
                    return driver;
                }
                if driver.process.try_wait().expect("its state").is_some() {
                    break;
                }
                tokio::time::sleep(Duration::from_millis(50)).await;
            }
        }
        panic!("chromedriver does not listen");
    }
}

impl Drop for Driver {
    fn drop(&mut self) {
        // With the browser, which outlives its driver by itself.
        let group = nix::unistd::Pid::from_raw(self.process.id().cast_signed());
        nix::sys::signal::killpg(group, nix::sys::signal::Signal::SIGKILL).ok();
        drop(self.process.wait());
    }
}

impl Chromium {
    pub async fn open() -> Self {
        let driver = Driver::start().await;
        let profile = tempfile::tempdir().expect("a folder");
        let flags = [
            "--headless",
            "--no-sandbox",
            "--disable-gpu",
            "--disable-quic",
            "--no-first-run",
            "--disable-background-networking",
            "--disable-component-update",
            "--disable-sync",
            "--disable-dev-shm-usage",
            "--hide-scrollbars",
        ];
        let mut args: Vec<String> = flags.map(str::to_owned).into();
        args.push(format!("--user-data-dir={}", profile.path().display()));
        let wanted = json!({
            "goog:chromeOptions": { "args": args },
                "goog:loggingPrefs": { "browser": "ALL" },
            "timeouts": { "pageLoad": 20_000, "script": 20_000 },
        });
        let wanted: Capabilities = serde_json::from_value(wanted).expect("an object");
        let connector = hyper_util::client::legacy::connect::HttpConnector::new();
        let client = ClientBuilder::new(connector)
            .capabilities(wanted)
            .connect(&format!("http://127.0.0.1:{}", driver.port))
            .await
            .expect("a session of the browser");
        Self { client, driver, _profile: profile }
    }

    /// Shows the whole page as wide as this, in a scheme of colours.
    pub async fn show(&self, width: i64, scheme: &str) {
        for least in [900, 0] {
            // As high as it then is; at first no higher than a window, so that a page that was higher before gets lower.
            let height = match least {
                0 => {
                    // Once it is drawn as wide.
                    let drawn = "return new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(
                        () => done(document.documentElement.scrollHeight))))";
                    self.client.execute(drawn, vec![]).await.expect("a height")
                }
                least => json!(least),
            };
            let metrics = json!({ "width": width, "height": height, "deviceScaleFactor": 1, "mobile": false });
            self.tell("Emulation.setDeviceMetricsOverride", metrics).await;
        }
        let scheme = json!({ "features": [{ "name": "prefers-color-scheme", "value": scheme }] });
        self.tell("Emulation.setEmulatedMedia", scheme).await;
    }

    /// Photographs what is shown.
    pub async fn photograph(&self, name: &str) {
        let bytes = self.client.screenshot().await.expect("a picture");
        std::fs::create_dir_all(super::screens()).expect("a folder");
        std::fs::write(super::screens().join(format!("{name}.png")), bytes).expect("a file");
    }

    /// What the browser complained of since it was asked last: what it refused to load or run, and errors of scripts.
    pub async fn complaints(&self) -> Vec<String> {
        let log = self.client.issue_cmd(Raw("se/log", json!({ "type": "browser" }))).await.expect("the browser's log");
        let entries = log.as_array().expect("entries").iter();
        // An answer of 4xx is what a test asked for, and hints are no complaints.
        let grave = |entry: &&Value| entry["level"] == "SEVERE" || entry["level"] == "WARNING";
        let own = entries.filter(grave).filter(|entry| entry["source"] != "network");
        own.map(|entry| entry["message"].as_str().unwrap_or_default().to_owned()).collect()
    }

    async fn tell(&self, command: &'static str, parameters: Value) -> Value {
        let sent = json!({ "cmd": command, "params": parameters });
        self.client.issue_cmd(Raw("goog/cdp/execute", sent)).await.expect(command)
    }

    pub async fn close(self) {
        self.client.close().await.expect("closed");
        drop(self.driver);
    }
}

/// A command of Chromium's own: where it is sent, and what.
#[derive(Debug)]
struct Raw(&'static str, Value);

impl WebDriverCompatibleCommand for Raw {
    fn endpoint(&self, base: &Url, session: Option<&str>) -> Result<Url, ParseError> {
        base.join(&format!("session/{}/{}", session.unwrap_or_default(), self.0))
    }

    fn method_and_body(&self, _: &Url) -> (Method, Option<String>) {
        (Method::POST, Some(self.1.to_string()))
    }
}
