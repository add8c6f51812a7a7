//! Frames, good and bad, whole and byte by byte.

use super::*;
use WorkerProtocol::{Json, Proto};

/// Gives one byte a read, and fails with `Interrupted` before each.
struct Trickle<'a>(&'a [u8], bool);

impl Read for Trickle<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.1 = !self.1;
        if self.1 {
            return Err(io::ErrorKind::Interrupted.into());
        }
        let length = buffer.len().min(1);
        self.0.read(&mut buffer[..length])
    }
}

/// All requests up to the end or the first error; the same for whole and for single bytes.
fn read_all(bytes: &[u8], protocol: WorkerProtocol) -> (Vec<WorkRequest>, String) {
    fn collect<R: Read>(mut reader: RequestReader<R>) -> (Vec<WorkRequest>, String) {
        let mut requests = Vec::new();
        loop {
            match reader.next_request() {
                Ok(Some(request)) => requests.push(request),
                Ok(None) => return (requests, String::new()),
                Err(error) => return (requests, error.message_with_hint()),
            }
        }
    }
    let whole = collect(RequestReader::new(bytes, protocol));
    let trickled = collect(RequestReader::new(Trickle(bytes, false), protocol));
    assert_eq!(whole, trickled);
    whole
}

fn request() -> WorkRequest {
    WorkRequest {
        arguments: vec!["pack".to_owned(), "ä\"\\{".to_owned(), String::new()],
        inputs: vec![Input { path: "a/b".to_owned(), digest: vec![0xfb, 0xff, 0x00, 0x7f] }],
        request_id: -7,
        cancel: true,
        verbosity: 10,
        sandbox_dir: "s/1".to_owned(),
    }
}

#[test]
fn requests_survive_both_framings() {
    let proto = [request(), WorkRequest::default(), request()]
        .map(|request| request.encode_length_delimited_to_vec())
        .concat();
    let expected = vec![request(), WorkRequest::default(), request()];
    assert_eq!(read_all(&proto, Proto), (expected.clone(), String::new()));
    let json = expected.iter().flat_map(|it| json_line(it).unwrap()).collect::<Vec<_>>();
    assert_eq!(read_all(&json, Json), (expected.clone(), String::new()));
    let joined = String::from_utf8(json).unwrap().replace('\n', "");
    assert_eq!(read_all(joined.as_bytes(), Json), (expected, String::new()));
}

#[test]
fn json_is_read_as_proto3_has_it() {
    let first = |text: &str| {
        let (requests, error) = read_all(text.as_bytes(), Json);
        assert_eq!((requests.len(), error.as_str()), (1, ""), "{text}");
        requests.into_iter().next().unwrap()
    };
    let empty = WorkRequest::default();
    let id = |request_id| WorkRequest { request_id, ..WorkRequest::default() };
    let digest = |bytes: &[u8]| WorkRequest {
        inputs: vec![Input { path: String::new(), digest: bytes.to_vec() }],
        ..WorkRequest::default()
    };
    for (text, expected) in [
        ("{}", empty.clone()),
        (r#" {"unknown":{"a":["}","\\",{}]}} "#, empty.clone()),
        (
            r#"{"arguments":null,"inputs":null,"requestId":null,"cancel":null,"verbosity":null,"sandboxDir":null}"#,
            empty,
        ),
        (r#"{"requestId":2147483647}"#, id(i32::MAX)),
        (r#"{"request_id":5}"#, id(5)),
        (r#"{"inputs":[{"digest":"+/8="}]}"#, digest(&[0xfb, 0xff])),
        (r#"{"inputs":[{"digest":"-_8"}]}"#, digest(&[0xfb, 0xff])),
        (r#"{"inputs":[{"digest":null}]}"#, digest(&[])),
    ] {
        assert_eq!(first(text), expected, "{text}");
    }
}

#[test]
fn bad_frames_are_errors_after_the_good_ones() {
    let mut cut = request().encode_length_delimited_to_vec();
    cut.truncate(cut.len() - 1);
    let proto: [(&[u8], &str); 10] = [
        (b"", ""),
        (b"\x80", "ended inside a request: 1 bytes came"),
        (b"\x05ab", "ended inside a request: 3 bytes came"),
        (&cut, "ended inside a request"),
        (b"\x80\x00", "not a varint"),
        (b"\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01", "not a varint"),
        (b"\x81\x80\x80\x80\x01", "at most `268435456` bytes, found `268435457`"),
        (b"\x80\x80\x80\x80\x01", "ended inside a request: 5 bytes came"),
        (b"\x03\x0a\x01\xff", "not a `WorkRequest`"),
        (b"\x02\x0a\x05", "not a `WorkRequest`"),
    ];
    let json: [(&[u8], &str); 8] = [
        (b" \n", ""),
        (b"{", "ended inside a request: 1 bytes came"),
        (br#"{"a":"}"#, "ended inside a request: 7 bytes came"),
        (b"[]", "expected to begin with `{`, found byte `0x5b`"),
        (b"{]", "not a `WorkRequest` in JSON"),
        (br#"{"requestId":"x"}"#, "not a `WorkRequest` in JSON"),
        (br#"{"requestId":2147483648}"#, "not a `WorkRequest` in JSON"),
        (br#"{"inputs":[{"digest":"?"}]}"#, "not a `WorkRequest` in JSON"),
    ];
    let proto = proto.into_iter().map(|(bytes, error)| (Proto, bytes, error));
    let json = json.into_iter().map(|(bytes, error)| (Json, bytes, error));
    for (protocol, bytes, expected) in proto.chain(json) {
        let mut stream = match protocol {
            Proto => request().encode_length_delimited_to_vec(),
            Json => json_line(&request()).unwrap(),
        };
        stream.extend_from_slice(bytes);
        let (requests, error) = read_all(&stream, protocol);
        assert_eq!(requests, [request()], "{bytes:?}");
        assert!(error.contains(expected), "{bytes:?}: {error}");
        assert_eq!(error.is_empty(), expected.is_empty(), "{bytes:?}: {error}");
    }
}

#[test]
fn a_response_in_json_is_one_line_of_known_fields() {
    let mut response = WorkResponse { output: "a\nb".to_owned(), ..WorkResponse::default() };
    let mut line = Vec::new();
    write_response(&mut line, &response, Json).unwrap();
    response.was_cancelled = true;
    write_response(&mut line, &response, Json).unwrap();
    insta::assert_snapshot!(String::from_utf8(line).unwrap(), @r#"
    {"exitCode":0,"output":"a\nb","requestId":0}
    {"exitCode":0,"output":"a\nb","requestId":0,"wasCancelled":true}
    "#);
}

proptest::proptest! {
    #[test]
    fn any_bytes_are_read_without_a_panic(bytes: Vec<u8>, brace: bool) {
        let mut json = if brace { b"{".to_vec() } else { Vec::new() };
        json.extend_from_slice(&bytes);
        read_all(&json, Json);
        read_all(&bytes, Proto);
    }
}
