//! A stream of work requests, as protocol buffers and as JSON. The same requests are read however the bytes
//! arrive, each survives a round trip through either framing, and other parsers agree.

#![no_main]

use std::io::{self, Read};

use libfuzzer_sys::fuzz_target;
use prost::Message as _;
use wheelworks::cli::WorkerProtocol;
use wheelworks::error::Diagnose as _;
use wheelworks::worker::protocol::{
    ProtocolError, RequestReader, WorkRequest, WorkResponse, json_line, write_response,
};

/// A reader that returns a few bytes at a time.
struct Drip<'a> {
    rest: &'a [u8],
    step: usize,
}

impl Read for Drip<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        let len = self.step.min(self.rest.len()).min(buffer.len());
        let (now, later) = self.rest.split_at(len);
        buffer[..len].copy_from_slice(now);
        self.rest = later;
        Ok(len)
    }
}

fuzz_target!(|input: &[u8]| {
    let (form, stream) = input.split_first().unwrap_or((&0, &[]));
    let protocol = if form & 1 == 0 { WorkerProtocol::Proto } else { WorkerProtocol::Json };
    let (requests, error) = read(stream, usize::MAX, protocol);
    let (dripped, other) = read(stream, usize::from(form >> 1) % 7 + 1, protocol);
    assert_eq!(requests, dripped);
    assert_eq!(error.as_ref().map(ToString::to_string), other.map(|error| error.to_string()));
    if let Some(error) = &error {
        assert!(error.message_with_hint().contains("\nhint: "), "{error}");
    }
    assert_eq!(requests, judged(stream, requests.len(), protocol));
    for request in &requests {
        let frame = request.encode_length_delimited_to_vec();
        let (again, error) = read(&frame, usize::MAX, WorkerProtocol::Proto);
        assert!(error.is_none() && again == [request.clone()], "{request:?}");
        let line = json_line(request).unwrap();
        assert_eq!(line.iter().filter(|byte| **byte == b'\n').count(), 1, "one line");
        let (again, error) = read(&line, usize::MAX, WorkerProtocol::Json);
        assert!(error.is_none() && again == [request.clone()], "{request:?}");
        answer(request);
    }
});

fn read(
    stream: &[u8],
    step: usize,
    protocol: WorkerProtocol,
) -> (Vec<WorkRequest>, Option<ProtocolError>) {
    let mut reader = RequestReader::new(Drip { rest: stream, step }, protocol);
    let mut requests = Vec::new();
    loop {
        match reader.next_request() {
            Ok(Some(request)) => requests.push(request),
            Ok(None) => return (requests, None),
            Err(error) => return (requests, Some(error)),
        }
    }
}

/// Reads `count` requests with the reference parsers.
fn judged(mut stream: &[u8], count: usize, protocol: WorkerProtocol) -> Vec<WorkRequest> {
    match protocol {
        WorkerProtocol::Proto => {
            (0..count).map(|_| WorkRequest::decode_length_delimited(&mut stream).unwrap()).collect()
        }
        WorkerProtocol::Json => {
            let values = serde_json::Deserializer::from_slice(stream).into_iter();
            values.take(count).map(Result::unwrap).collect()
        }
    }
}

/// Writes a response with the request's texts. In JSON it is one line, whatever they contain.
fn answer(request: &WorkRequest) {
    let response = WorkResponse {
        exit_code: request.verbosity,
        output: request.arguments.concat(),
        request_id: request.request_id,
        was_cancelled: request.cancel,
    };
    let mut out = Vec::new();
    write_response(&mut out, &response, WorkerProtocol::Proto).unwrap();
    assert_eq!(WorkResponse::decode_length_delimited(out.as_slice()).unwrap(), response);
    out.clear();
    write_response(&mut out, &response, WorkerProtocol::Json).unwrap();
    assert_eq!(out.iter().position(|byte| *byte == b'\n'), Some(out.len() - 1));
    assert_eq!(serde_json::from_slice::<WorkResponse>(&out).unwrap(), response);
}
