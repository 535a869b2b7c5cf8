//! A proxy between two programs, that can cut a connection in the middle of what one says to the other.

use std::{
    io,
    net::SocketAddr,
    path::PathBuf,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use tokio::{
    io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, split},
    net::{TcpListener, TcpStream, UnixStream},
    sync::oneshot,
    task::{AbortHandle, JoinSet},
    time::timeout,
};

/// Where a proxy leads.
#[derive(Debug, Clone)]
pub enum Upstream {
    Tcp(SocketAddr),
    Unix(PathBuf),
}

/// Who is cut off in the middle of its words.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Speaker {
    Client,
    Server,
}

/// A cut in one of the next pieces that the speaker says.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Cut {
    pub speaker: Speaker,
    /// How many pieces get through whole before it.
    pub after: u32,
    /// How much of the piece gets through, in 0..1; never nothing and never all.
    pub share: f64,
    /// Whether the connection is reset; else it ends as if in order.
    pub reset: bool,
}

/// How a piece was cut.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct CutOff {
    pub passed: usize,
    pub of: usize,
}

#[derive(Debug)]
struct Armed {
    cut: Cut,
    done: oneshot::Sender<CutOff>,
}

#[derive(Debug, Default)]
struct Shared {
    upstream: Mutex<Option<Upstream>>,
    armed: Mutex<Option<Armed>>,
}

impl Shared {
    /// The cut that is to be made in a piece of this speaker.
    fn take(&self, speaker: Speaker, length: usize) -> Option<Armed> {
        let mut armed = self.armed.lock().unwrap_or_else(PoisonError::into_inner);
        armed.take_if(|armed| {
            let of_this = armed.cut.speaker == speaker && length > 1;
            let now = of_this && armed.cut.after == 0;
            armed.cut.after = armed.cut.after.saturating_sub(u32::from(of_this));
            now
        })
    }
}

/// A proxy on a port of its own; it ends when this is dropped, and so do its connections.
#[derive(Debug)]
pub struct Proxy {
    address: SocketAddr,
    shared: Arc<Shared>,
    /// One cut at a time.
    cutting: tokio::sync::Mutex<()>,
    listening: AbortHandle,
}

impl Proxy {
    /// Listens; what connects before it leads anywhere is turned away.
    pub async fn start() -> io::Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let address = listener.local_addr()?;
        let shared = Arc::<Shared>::default();
        let listening = tokio::spawn(listen(listener, Arc::clone(&shared))).abort_handle();
        Ok(Self { address, shared, cutting: tokio::sync::Mutex::default(), listening })
    }

    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// Leads new connections there.
    pub fn lead_to(&self, upstream: Upstream) {
        *self.shared.upstream.lock().unwrap_or_else(PoisonError::into_inner) = Some(upstream);
    }

    /// Cuts a connection, whichever the piece comes through, and says where in it; nothing is cut if it does not come
    /// within that time.
    pub async fn cut(&self, cut: Cut, within: Duration) -> Option<CutOff> {
        let _alone = self.cutting.lock().await;
        let (done, made) = oneshot::channel();
        *self.shared.armed.lock().unwrap_or_else(PoisonError::into_inner) = Some(Armed { cut, done });
        let made = timeout(within, made).await;
        self.shared.armed.lock().unwrap_or_else(PoisonError::into_inner).take();
        made.ok()?.ok()
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.listening.abort();
    }
}

async fn listen(listener: TcpListener, shared: Arc<Shared>) {
    let mut connections = JoinSet::new();
    loop {
        tokio::select! {
            Ok((client, _)) = listener.accept() => {
                connections.spawn(connect(client, Arc::clone(&shared)));
            }
            Some(_) = connections.join_next() => {}
        }
    }
}

async fn connect(client: TcpStream, shared: Arc<Shared>) -> io::Result<()> {
    let upstream = shared.upstream.lock().unwrap_or_else(PoisonError::into_inner).clone();
    client.set_nodelay(true)?;
    match upstream {
        None => client.set_zero_linger(),
        Some(Upstream::Tcp(address)) => match TcpStream::connect(address).await {
            Ok(server) => {
                server.set_nodelay(true)?;
                between(client, server, &shared, |client, server| {
                    client.set_zero_linger()?;
                    server.set_zero_linger()
                })
                .await
            }
            Err(_) => client.set_zero_linger(),
        },
        Some(Upstream::Unix(path)) => match UnixStream::connect(path).await {
            Ok(server) => between(client, server, &shared, |client, _| client.set_zero_linger()).await,
            Err(_) => client.set_zero_linger(),
        },
    }
}

/// How a connection came to its end.
enum End {
    Whole,
    Cut { reset: bool },
}

async fn between<S: AsyncRead + AsyncWrite + Unpin>(
    client: TcpStream,
    server: S,
    shared: &Shared,
    reset: impl FnOnce(&TcpStream, &S) -> io::Result<()>,
) -> io::Result<()> {
    let (mut from_client, mut to_client) = split(client);
    let (mut from_server, mut to_server) = split(server);
    let outcome = {
        let asks = pass(&mut from_client, &mut to_server, Speaker::Client, shared);
        let answers = pass(&mut from_server, &mut to_client, Speaker::Server, shared);
        tokio::pin!(asks, answers);
        tokio::select! {
            // The other side may have more to say once one has said all.
            end = &mut asks => if let Ok(End::Whole) = end { answers.await } else { end },
            end = &mut answers => if let Ok(End::Whole) = end { asks.await } else { end },
        }
    };
    if let Ok(End::Cut { reset: true }) | Err(_) = outcome {
        let (client, server) = (from_client.unsplit(to_client), from_server.unsplit(to_server));
        reset(&client, &server)?;
    }
    Ok(())
}

async fn pass(
    from: &mut (impl AsyncRead + Unpin),
    to: &mut (impl AsyncWrite + Unpin),
    speaker: Speaker,
    shared: &Shared,
) -> io::Result<End> {
    let mut piece = vec![0; 16 << 10];
    loop {
        let length = from.read(&mut piece).await?;
        if length == 0 {
            to.shutdown().await?;
            return Ok(End::Whole);
        }
        if let Some(Armed { cut, done }) = shared.take(speaker, length) {
            let passed = (1 + (cut.share * (length - 1) as f64) as usize).min(length - 1);
            to.write_all(&piece[..passed]).await?;
            to.flush().await?;
            // Nobody waits for it any more if it came too late; it is cut all the same.
            let _ = done.send(CutOff { passed, of: length });
            return Ok(End::Cut { reset: cut.reset });
        }
        to.write_all(&piece[..length]).await?;
    }
}
