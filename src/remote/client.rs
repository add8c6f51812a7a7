//! One request of a file or a part of it: redirects, timeouts, TLS.

use std::io::{self, Read};
use std::ops::Range;
use std::time::Duration;

use super::error::{RemoteError, RemoteProblem};
use super::url::RemoteUrl;

/// Maximum length in bytes of a file that is read as a whole. No index takes larger wheels.
pub(super) const MAX_WHOLE_BYTES: u64 = 16 << 30;

/// Maximum number of redirects of one request.
const MAX_REDIRECTS: usize = 10;

/// Bytes a second that a server must send on the average, once the time for its first byte is over: the slowest that
/// is worth waiting for. It bounds the time of a request.
const LEAST_SPEED: u64 = 16 << 10;

/// What is asked for.
#[derive(Debug, Clone)]
pub(super) enum Part {
    /// The whole file.
    Whole,
    /// The last bytes, or all if there are fewer.
    Last(u64),
    /// A range.
    Range(Range<u64>),
}

impl Part {
    /// Returns the header `Range`.
    fn header(&self) -> Option<String> {
        match self {
            Self::Whole => None,
            Self::Last(count) => Some(format!("bytes=-{count}")),
            Self::Range(range) => {
                Some(format!("bytes={}-{}", range.start, range.end.saturating_sub(1)))
            }
        }
    }

    /// Returns the most bytes that the response should have.
    fn most(&self) -> Option<u64> {
        match self {
            Self::Whole => None,
            Self::Last(count) => Some(*count),
            Self::Range(range) => Some(range.end.saturating_sub(range.start)),
        }
    }
}

/// A response with status 200 or 206, or with 416.
pub(super) struct Response {
    /// The address that it came from, behind all redirects.
    pub(super) url: RemoteUrl,
    pub(super) status: u16,
    pub(super) content_range: Option<String>,
    pub(super) content_length: Option<u64>,
    /// Whether the server says that it knows ranges.
    pub(super) accepts_ranges: bool,
    pub(super) etag: Option<String>,
    pub(super) last_modified: Option<String>,
    pub(super) body: Box<dyn Read>,
}

/// An HTTP client.
#[derive(Debug)]
pub struct Client {
    timeout: Duration,
    #[cfg(feature = "http")]
    transport: transport::Transport,
}

#[cfg(feature = "http")]
impl Client {
    /// Creates a client that waits for so long for a connection, for a response, and for each piece of it.
    #[must_use]
    pub fn new(timeout: Duration) -> Self {
        Self { timeout, transport: transport::Transport::default() }
    }

    /// Requests a part of a file; with `If-Range`, if there is a validator.
    ///
    /// # Errors
    ///
    /// There is no response, or one with another status.
    pub(super) fn get(
        &self,
        url: &RemoteUrl,
        part: &Part,
        validator: Option<&str>,
    ) -> Result<Response, RemoteError> {
        let mut at = url.clone();
        let most = part.most().unwrap_or(MAX_WHOLE_BYTES);
        let limit = self.timeout.saturating_add(Duration::from_secs(most / LEAST_SPEED));
        for _ in 0..=MAX_REDIRECTS {
            let fail = |problem| RemoteError::new(&at, problem);
            let mut headers = vec![("Accept-Encoding", "identity".to_owned())];
            headers.extend(at.authorization().map(|value| ("Authorization", value.to_owned())));
            headers.extend(part.header().map(|value| ("Range", value)));
            headers.extend(validator.map(|value| ("If-Range", value.to_owned())));
            let answer = self.transport.get(&at, &headers, self.timeout, limit).map_err(fail)?;
            let header = |name: &str| {
                let value = answer.headers().get(name)?;
                value.to_str().ok().map(str::to_owned)
            };
            let status = answer.status().as_u16();
            match status {
                200 | 206 | 416 => {}
                301 | 302 | 303 | 307 | 308 => {
                    let location =
                        header("location").ok_or_else(|| fail(RemoteProblem::NoLocation))?;
                    at = at.redirected(&location)?;
                    continue;
                }
                status => return Err(fail(RemoteProblem::Status(status))),
            }
            let encoding =
                header("content-encoding").filter(|it| !it.eq_ignore_ascii_case("identity"));
            if let Some(encoding) = encoding {
                return Err(fail(RemoteProblem::Encoded(encoding)));
            }
            let units = header("accept-ranges").unwrap_or_default();
            return Ok(Response {
                status,
                content_range: header("content-range"),
                content_length: header("content-length").and_then(|it| it.parse().ok()),
                accepts_ranges: units.split(',').any(|it| it.trim().eq_ignore_ascii_case("bytes")),
                etag: header("etag"),
                last_modified: header("last-modified"),
                body: Box::new(answer.into_body().into_with_config().limit(u64::MAX).reader()),
                url: at,
            });
        }
        Err(RemoteError::new(url, RemoteProblem::Redirects(MAX_REDIRECTS)))
    }

    /// Returns what an error of reading a body means; `None` if the body has ended early.
    pub(super) fn problem_of(error: io::Error) -> Option<RemoteProblem> {
        transport::problem(ureq::Error::from(error))
    }
}

#[cfg(not(feature = "http"))]
impl Client {
    /// Creates a client that can read nothing.
    #[must_use]
    pub fn new(timeout: Duration) -> Self {
        Self { timeout }
    }

    /// Fails: there is no client.
    ///
    /// # Errors
    ///
    /// Always.
    pub(super) fn get(
        &self,
        url: &RemoteUrl,
        part: &Part,
        _: Option<&str>,
    ) -> Result<Response, RemoteError> {
        let _ = (self.timeout, part.header(), part.most(), MAX_REDIRECTS, LEAST_SPEED);
        Err(RemoteError::new(url, RemoteProblem::NoClient))
    }

    /// Returns what an error of reading a body means.
    pub(super) fn problem_of(error: io::Error) -> Option<RemoteProblem> {
        Some(RemoteProblem::Connection(error.to_string()))
    }
}

#[cfg(feature = "http")]
mod transport {
    //! The HTTP and TLS libraries.

    use std::io;
    use std::sync::{Arc, OnceLock};
    use std::time::Duration;

    use ureq::tls::{Certificate, RootCerts, TlsConfig};
    use ureq::{Agent, Body, http};

    use super::super::error::RemoteProblem;
    use super::super::url::RemoteUrl;

    /// Connections that are kept open, with TLS and without.
    #[derive(Debug, Default)]
    pub(super) struct Transport {
        plain: OnceLock<Agent>,
        encrypted: OnceLock<Agent>,
    }

    impl Transport {
        pub(super) fn get(
            &self,
            url: &RemoteUrl,
            headers: &[(&str, String)],
            timeout: Duration,
            limit: Duration,
        ) -> Result<http::Response<Body>, RemoteProblem> {
            let address = url.address();
            let agent = if !address.starts_with("https:") {
                self.plain.get_or_init(|| agent(TlsConfig::default(), timeout))
            } else if let Some(known) = self.encrypted.get() {
                known
            } else {
                // The certificates are read once.
                let new = agent(tls()?, timeout);
                self.encrypted.get_or_init(|| new)
            };
            let mut request = agent.get(&address);
            for (name, value) in headers {
                request = request.header(*name, value);
            }
            let request = request.config().timeout_global(Some(limit)).build();
            request.call().map_err(|error| {
                let early = || RemoteProblem::Connection("the connection was closed".to_owned());
                problem(error).unwrap_or_else(early)
            })
        }
    }

    fn agent(tls: TlsConfig, timeout: Duration) -> Agent {
        let timeout = Some(timeout);
        let config = Agent::config_builder()
            .tls_config(tls)
            .http_status_as_error(false)
            .max_redirects(0)
            .max_redirects_will_error(false)
            .user_agent(concat!("wheelworks/", env!("CARGO_PKG_VERSION")))
            .timeout_connect(timeout)
            .timeout_resolve(timeout)
            .timeout_recv_response(timeout)
            .timeout_per_read(timeout);
        config.build().into()
    }

    /// Returns the settings of TLS, with the authorities that this machine trusts.
    fn tls() -> Result<TlsConfig, RemoteProblem> {
        let found = rustls_native_certs::load_native_certs().certs;
        if found.is_empty() {
            return Err(RemoteProblem::NoCertificates);
        }
        let roots: Vec<Certificate<'static>> =
            found.iter().map(|it| Certificate::from_der(it).to_owned()).collect();
        let provider = Arc::new(rustls::crypto::ring::default_provider());
        let tls = TlsConfig::builder().unversioned_rustls_crypto_provider(provider);
        Ok(tls.root_certs(RootCerts::new_with_certs(&roots)).build())
    }

    /// Returns what an error of the library means; `None` if a body has ended early.
    pub(super) fn problem(error: ureq::Error) -> Option<RemoteProblem> {
        match error {
            ureq::Error::Timeout(reason) => Some(RemoteProblem::Timeout(reason.to_string())),
            ureq::Error::Io(error) => match error.kind() {
                io::ErrorKind::UnexpectedEof => None,
                io::ErrorKind::TimedOut | io::ErrorKind::WouldBlock => {
                    Some(RemoteProblem::Timeout(error.to_string()))
                }
                _ => Some(RemoteProblem::Connection(error.to_string())),
            },
            error => Some(RemoteProblem::Connection(error.to_string())),
        }
    }
}
