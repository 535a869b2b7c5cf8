//! Something between a worker and the broker that can be shut, and that cuts what goes through it.

use std::sync::Arc;

use atr_workers::AmqpUrl;
use tokio::{
    net::{TcpListener, TcpStream},
    sync::watch,
};

pub struct Proxy {
    url: AmqpUrl,
    /// Whether it is open, and how often it was cut.
    state: Arc<watch::Sender<(bool, u64)>>,
}

impl Proxy {
    /// Leads to a broker.
    pub async fn start(broker: &str) -> Self {
        let uri: lapin::uri::AMQPUri = broker.parse().expect("an address");
        let behind = (uri.authority.host.clone(), uri.authority.port);
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let mut front = uri;
        front.authority.host = "127.0.0.1".to_owned();
        front.authority.port = listener.local_addr().expect("an address").port();
        let state = Arc::new(watch::Sender::new((true, 0)));
        let states = Arc::clone(&state);
        tokio::spawn(async move {
            while let Ok((mut client, _)) = listener.accept().await {
                let (behind, mut state) = (behind.clone(), states.subscribe());
                let cuts = *state.borrow_and_update();
                if !cuts.0 {
                    continue;
                }
                tokio::spawn(async move {
                    let Ok(mut server) = TcpStream::connect(behind).await else { return };
                    tokio::select! {
                        _ = tokio::io::copy_bidirectional(&mut client, &mut server) => {}
                        _ = state.changed() => {}
                    }
                });
            }
        });
        Self { url: front.to_string().parse().expect("an address"), state }
    }

    pub fn url(&self) -> AmqpUrl {
        self.url.clone()
    }

    /// Lets nothing through any more.
    pub fn shut(&self) {
        self.state.send_modify(|state| state.0 = false);
    }

    pub fn open(&self) {
        self.state.send_modify(|state| state.0 = true);
    }

    /// Cuts every connection.
    pub async fn cut(&self) {
        self.state.send_modify(|state| state.1 += 1);
    }
}
