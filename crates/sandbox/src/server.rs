//! The port of a simulator: loopback only, with connections that can be cut under an answer.
//!
//! A client that loses its connection must see what it would see in the field: a TCP reset with
//! no byte of an answer. A handler cannot do that by itself, so the listener hands out sockets
//! that fail once their [`Connection`] was cut; the HTTP layer then drops the socket, and zero
//! linger makes the kernel send a reset instead of an orderly end.
//!
//! Guarantees: dropping the [`Server`] closes the port and every open connection at once;
//! [`Server::stop`] lets requests in progress finish, for at most five seconds.

use std::io;
use std::net::{Ipv4Addr, SocketAddr};
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::{Context, Poll};
use std::time::Duration;

use axum::Router;
use axum::extract::connect_info::Connected;
use axum::serve::{IncomingStream, Listener};
use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;
use tokio_util::sync::{CancellationToken, WaitForCancellationFutureOwned};

use crate::fault::{self, Plan};

const STOP_GRACE: Duration = Duration::from_secs(5);

/// A router served on a loopback port, behind the fault plan.
#[derive(Debug)]
pub(crate) struct Server {
    address: SocketAddr,
    plan: Plan,
    closing: CancellationToken,
    severed: CancellationToken,
    serving: Option<JoinHandle<()>>,
}

impl Server {
    /// Binds `127.0.0.1:port` (0 for any free port) and serves `router` there. Paths below
    /// `/sandbox` are the simulator's own controls: no fault ever strikes them.
    pub(crate) async fn start(port: u16, router: Router, plan: Plan) -> io::Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, port)).await?;
        let address = listener.local_addr()?;
        let closing = CancellationToken::new();
        let severed = CancellationToken::new();
        let door = Door {
            listener,
            severed: severed.clone(),
        };
        let app = router
            .layer(axum::middleware::from_fn_with_state(
                plan.clone(),
                fault::layer::strike,
            ))
            .into_make_service_with_connect_info::<Connection>();
        let until = closing.clone().cancelled_owned();
        let serving = tokio::spawn(async move {
            // Serving ends only with the shutdown signal; `axum::serve` retries accept errors.
            let _ = axum::serve(door, app).with_graceful_shutdown(until).await;
        });
        Ok(Self {
            address,
            plan,
            closing,
            severed,
            serving: Some(serving),
        })
    }

    /// `http://127.0.0.1:<port>`, without a slash at the end.
    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Stops accepting, lets requests in progress finish (held ones are released), closes.
    pub(crate) async fn stop(mut self) {
        self.closing.cancel();
        self.plan.clear();
        if let Some(serving) = self.serving.take() {
            let _ = tokio::time::timeout(STOP_GRACE, serving).await;
        }
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.closing.cancel();
        self.severed.cancel();
        if let Some(serving) = &self.serving {
            serving.abort();
        }
    }
}

/// One client connection, as a handler sees it.
#[derive(Debug, Clone, Default)]
pub(crate) struct Connection {
    cut: Arc<AtomicBool>,
}

impl Connection {
    /// From here on not one byte leaves on this connection; the client sees a reset.
    pub(crate) fn cut(&self) {
        self.cut.store(true, Ordering::Release);
    }

    fn is_cut(&self) -> bool {
        self.cut.load(Ordering::Acquire)
    }
}

impl Connected<IncomingStream<'_, Door>> for Connection {
    fn connect_info(stream: IncomingStream<'_, Door>) -> Self {
        stream.io().connection.clone()
    }
}

struct Door {
    listener: TcpListener,
    severed: CancellationToken,
}

impl Listener for Door {
    type Io = Wire;
    type Addr = SocketAddr;

    async fn accept(&mut self) -> (Wire, SocketAddr) {
        let (stream, address) = Listener::accept(&mut self.listener).await;
        // Small answers must not wait for the peer's delayed acknowledgement.
        let _ = stream.set_nodelay(true);
        let severed = Box::pin(self.severed.clone().cancelled_owned());
        (
            Wire {
                stream,
                connection: Connection::default(),
                severed,
            },
            address,
        )
    }

    fn local_addr(&self) -> io::Result<SocketAddr> {
        self.listener.local_addr()
    }
}

struct Wire {
    stream: TcpStream,
    connection: Connection,
    severed: Pin<Box<WaitForCancellationFutureOwned>>,
}

impl Wire {
    /// Fails when this connection was cut or the whole server went away. Reads poll the
    /// cancellation too, so that idle kept-alive connections end with the server.
    fn alive(&mut self, context: &mut Context<'_>) -> io::Result<()> {
        if self.connection.is_cut() || self.severed.as_mut().poll(context).is_ready() {
            let _ = self.stream.set_zero_linger();
            return Err(io::ErrorKind::ConnectionReset.into());
        }
        Ok(())
    }
}

impl AsyncRead for Wire {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        into: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        self.alive(context)?;
        Pin::new(&mut self.stream).poll_read(context, into)
    }
}

impl AsyncWrite for Wire {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        self.alive(context)?;
        Pin::new(&mut self.stream).poll_write(context, bytes)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        slices: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        self.alive(context)?;
        Pin::new(&mut self.stream).poll_write_vectored(context, slices)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.alive(context)?;
        Pin::new(&mut self.stream).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        self.alive(context)?;
        Pin::new(&mut self.stream).poll_shutdown(context)
    }
}
