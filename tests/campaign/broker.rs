//! The private RabbitMQ node: stopped in order or killed, started again, and reached by the programs through a proxy.

use std::{
    io,
    net::{Ipv4Addr, SocketAddr, TcpListener as Probe},
    path::{Path, PathBuf},
    process::Stdio,
    time::Duration,
};

use nix::sys::signal::Signal;
use rand::{RngExt, rngs::StdRng};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    process::{Child, Command},
    time::timeout,
};

use crate::{
    child::{signal, tail, tied},
    patience::{PATIENCE, Result, until},
    proxy::{Proxy, Upstream},
};

const SCRIPT: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/scripts/rabbitmq-node");

/// Ports of a node: its own and two for Erlang.
const PORTS: u16 = 3;

/// A queue of the node, and how many messages it held of late.
#[derive(Debug, Clone)]
pub struct Queue {
    pub name: String,
    pub messages: u64,
}

/// A node; what is durable outlives its restarts.
#[derive(Debug)]
pub struct Broker {
    folder: PathBuf,
    port: u16,
    node: Option<Child>,
}

/// Where a program finds it.
pub fn through(proxy: &Proxy) -> String {
    format!("amqp://guest:guest@{}/%2f", proxy.address())
}

impl Broker {
    /// Starts a node on ports that are free, and leads the proxy there.
    pub async fn start(folder: &Path, proxy: &Proxy, random: &mut StdRng) -> Result<Self> {
        let port = free_ports(random)?;
        let mut broker = Self { folder: folder.to_owned(), port, node: None };
        proxy.lead_to(Upstream::Tcp(broker.address()));
        broker.begin().await?;
        Ok(broker)
    }

    fn address(&self) -> SocketAddr {
        (Ipv4Addr::LOCALHOST, self.port).into()
    }

    /// Where this program finds it, past the proxy.
    pub fn url(&self) -> String {
        format!("amqp://guest:guest@{}/%2f", self.address())
    }

    fn log(&self) -> PathBuf {
        self.folder.with_extension("log")
    }

    /// Starts the node, and waits until it answers.
    pub async fn begin(&mut self) -> Result {
        let mut command = tied(SCRIPT, &self.log())?;
        let mut node = command.arg(&self.folder).arg(self.port.to_string()).spawn()?;
        until("an answer of RabbitMQ", PATIENCE, async || {
            if let Some(status) = node.try_wait()? {
                return Err(format!("the RabbitMQ node did not start ({status}):\n{}", tail(&self.log())).into());
            }
            Ok(answers(self.address()).await.then_some(()))
        })
        .await?;
        self.node = Some(node);
        Ok(())
    }

    /// Ends the node, in order (SIGTERM) or not (SIGKILL), and waits until it is gone.
    pub async fn end(&mut self, how: Signal) -> Result {
        let Some(mut node) = self.node.take() else { return Ok(()) };
        signal(&node, how)?;
        timeout(PATIENCE, node.wait()).await.map_err(|_| "the RabbitMQ node does not end")??;
        // Killed, the node goes with the script that runs it, but a moment later.
        until("the end of RabbitMQ", PATIENCE, async || Ok(are_free(self.port).then_some(()))).await
    }

    /// Its queues that answer.
    pub async fn queues(&self) -> Result<Vec<Queue>> {
        let mut command = Command::new(SCRIPT);
        command.arg(&self.folder).arg(self.port.to_string());
        command.args(["list_queues", "--no-table-headers", "name", "messages"]);
        let asked = command.stdin(Stdio::null()).kill_on_drop(true).output();
        let output = timeout(PATIENCE, asked).await.map_err(|_| "rabbitmqctl does not answer")??;
        if !output.status.success() {
            return Err(format!("rabbitmqctl: {}", String::from_utf8_lossy(&output.stderr).trim()).into());
        }
        let told = String::from_utf8(output.stdout)?;
        let queues = told.lines().filter_map(|line| line.split_once('\t'));
        // How many one holds is not known while it has no leader: nothing can be taken from it.
        let known =
            queues.filter_map(|(name, held)| Some(Queue { name: name.to_owned(), messages: held.parse().ok()? }));
        Ok(known.collect())
    }
}

/// Whether a broker answers the protocol's header with a frame of a method.
async fn answers(address: SocketAddr) -> bool {
    let ask = async {
        let mut stream = TcpStream::connect(address).await?;
        stream.write_all(b"AMQP\0\0\x09\x01").await?;
        stream.read_u8().await
    };
    matches!(timeout(Duration::from_secs(5), ask).await, Ok(Ok(1)))
}

/// Whether nobody listens on the ports of a node.
fn are_free(port: u16) -> bool {
    (port..port + PORTS).all(|port| Probe::bind((Ipv4Addr::LOCALHOST, port)).is_ok())
}

/// Ports below those that the system gives to whoever asks for any.
fn free_ports(random: &mut StdRng) -> io::Result<u16> {
    (0..100)
        .map(|_| random.random_range(20_000..32_000))
        .find(|port| are_free(*port))
        .ok_or_else(|| io::Error::other("no three free ports in a row between 20000 and 32000"))
}
