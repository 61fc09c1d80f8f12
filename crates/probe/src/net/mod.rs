//! The network: connections, TLS and HTTP/1.1, each bounded in time and size.

pub(crate) mod connect;
pub(crate) mod deadline;
pub(crate) mod hello;
pub(crate) mod http;
pub(crate) mod proxy;
pub(crate) mod tls;

/// Why there is no answer.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Trouble {
    /// No connection.
    #[error("the server cannot be reached: {0}")]
    Unreachable(String),
    /// It took too long.
    #[error("no answer in time: {0}")]
    Late(&'static str),
    /// The connection ended before an answer.
    #[error("the server ends the connection without an answer")]
    Closed,
    /// What came is no HTTP.
    #[error("the answer is not one of HTTP: {0}")]
    NotHttp(String),
    /// A head without an end.
    #[error("the head of the answer is larger than {} KiB", http::MAX_HEAD >> 10)]
    TooLarge,
    /// No TLS.
    #[error("no connection with TLS: {0}")]
    Tls(String),
    /// The proxy is in the way.
    #[error("the proxy does not connect: {0}")]
    Proxy(String),
    /// A bound on the whole run.
    #[error("{0}")]
    Spent(String),
}
