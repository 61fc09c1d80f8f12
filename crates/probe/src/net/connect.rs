//! From a host to a connection: names, addresses, proxies.

use std::{
    io::{self, Read, Write},
    net::{IpAddr, SocketAddr, TcpStream, ToSocketAddrs},
    sync::mpsc,
    thread,
    time::{Duration, Instant},
};

use url::{Host, Url};

use super::{
    Trouble,
    deadline::{Timed, is_late},
    proxy::Proxy,
};

/// Most bytes of a proxy's answer to `CONNECT`.
const MAX_PROXY_ANSWER: usize = 16 << 10;

/// Where connections to one origin go.
#[derive(Debug, Clone)]
pub(crate) struct Way {
    /// The origin.
    pub(crate) origin: Url,
    /// Addresses of the server, or of the proxy.
    pub(crate) addresses: Vec<SocketAddr>,
    pub(crate) proxy: Option<Proxy>,
}

impl Way {
    /// Looks the host up, once: what is examined is one server.
    pub(crate) fn find(origin: &Url, proxy: Option<Proxy>, wait: Duration) -> Result<Self, Trouble> {
        let (host, port) = match &proxy {
            Some(proxy) => (proxy.host.clone(), proxy.port),
            None => (bare_host(origin), origin.port_or_known_default().unwrap_or(80)),
        };
        let addresses = resolve(&host, port, wait)?;
        Ok(Self { origin: origin.clone(), addresses, proxy })
    }

    /// Whether requests go to a proxy as they are, not through a tunnel.
    pub(crate) fn is_forwarded(&self) -> bool {
        self.proxy.is_some() && self.origin.scheme() == "http"
    }

    /// Connects; for HTTPS through a proxy, with a tunnel.
    pub(crate) fn connect(&self, each: Duration, end: Instant) -> Result<Timed, Trouble> {
        let mut stream = Timed::new(self.open(each, end)?, each, end);
        if let Some(proxy) = &self.proxy
            && self.origin.scheme() == "https"
        {
            self.tunnel(&mut stream, proxy)?;
        }
        Ok(stream)
    }

    fn open(&self, each: Duration, end: Instant) -> Result<TcpStream, Trouble> {
        let mut last = Trouble::Unreachable("the host has no address".to_owned());
        for address in &self.addresses {
            let left = end.saturating_duration_since(Instant::now()).min(each);
            if left.is_zero() {
                return Err(Trouble::Late("nothing connects"));
            }
            match TcpStream::connect_timeout(address, left) {
                Ok(stream) => {
                    let _ = stream.set_nodelay(true);
                    return Ok(stream);
                }
                Err(error) if error.kind() == io::ErrorKind::ConnectionRefused => {
                    last = Trouble::Unreachable("the connection is refused".to_owned());
                }
                Err(error) if is_late(&error) => last = Trouble::Late("nothing connects"),
                Err(error) => last = Trouble::Unreachable(error.to_string()),
            }
        }
        Err(last)
    }

    /// `CONNECT` (RFC 9110, 9.3.6).
    fn tunnel(&self, stream: &mut Timed, proxy: &Proxy) -> Result<(), Trouble> {
        let host = self.origin.host_str().unwrap_or_default();
        let port = self.origin.port_or_known_default().unwrap_or(443);
        let mut request = format!("CONNECT {host}:{port} HTTP/1.1\r\nHost: {host}:{port}\r\n");
        if let Some(authorization) = &proxy.authorization {
            request.push_str(&format!("Proxy-Authorization: {authorization}\r\n"));
        }
        request.push_str("\r\n");
        stream.write_all(request.as_bytes()).map_err(|error| Trouble::Proxy(error.to_string()))?;
        // Byte by byte: what comes behind the empty line is the server's.
        let mut answer = Vec::new();
        let mut byte = [0];
        while !answer.ends_with(b"\r\n\r\n") {
            match stream.read(&mut byte) {
                Ok(1) if answer.len() < MAX_PROXY_ANSWER => answer.push(byte[0]),
                Ok(_) => return Err(Trouble::Proxy("its answer is not one of HTTP".to_owned())),
                Err(error) if is_late(&error) => return Err(Trouble::Late("the proxy does not answer")),
                Err(error) => return Err(Trouble::Proxy(error.to_string())),
            }
        }
        let line = String::from_utf8_lossy(&answer);
        let line = line.lines().next().unwrap_or_default();
        match line.split(' ').nth(1) {
            Some(status) if line.starts_with("HTTP/1.") && status.starts_with('2') => Ok(()),
            Some(status) => Err(Trouble::Proxy(format!("it answers {}", shown(status)))),
            None => Err(Trouble::Proxy("its answer is not one of HTTP".to_owned())),
        }
    }
}

/// The host without the brackets of IPv6.
pub(crate) fn bare_host(origin: &Url) -> String {
    match origin.host() {
        Some(Host::Ipv6(address)) => address.to_string(),
        Some(host) => host.to_string(),
        None => String::new(),
    }
}

/// Text from outside, short and harmless in a sentence.
pub(crate) fn shown(text: &str) -> String {
    text.chars().take(40).map(|c| if c.is_control() { '\u{FFFD}' } else { c }).collect()
}

/// The resolver of the system knows no limit of time: it waits on a thread of its own.
fn resolve(host: &str, port: u16, wait: Duration) -> Result<Vec<SocketAddr>, Trouble> {
    if let Ok(address) = host.parse::<IpAddr>() {
        return Ok(vec![SocketAddr::new(address, port)]);
    }
    let (tell, told) = mpsc::channel();
    let name = host.to_owned();
    thread::spawn(move || {
        let found = (name.as_str(), port).to_socket_addrs().map(|all| all.take(16).collect::<Vec<_>>());
        let _ = tell.send(found);
    });
    match told.recv_timeout(wait) {
        Ok(Ok(found)) if !found.is_empty() => Ok(found),
        Ok(_) => Err(Trouble::Unreachable(format!("the host {} is not known", shown(host)))),
        Err(_) => Err(Trouble::Late("the name of the host is not resolved")),
    }
}
