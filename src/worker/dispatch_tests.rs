//! A whole worker without a process: frames in a pipe, responses in a channel.

use std::fs::Metadata;
use std::io::{self, PipeWriter, Write as _};
use std::path::Path;
use std::thread::{self, JoinHandle};

use crossbeam_channel::{bounded, unbounded};
use prost::Message as _;

use super::*;
use crate::cli::WorkerProtocol;
use crate::env::Environment;
use crate::metrics::Totals;
use crate::warm::Cache;
use crate::worker::protocol::WorkRequest;
use crate::worker::request::pools;
use crate::worker::streams::read_requests;

/// How long a test waits for an event before it fails.
const TIMEOUT: Duration = Duration::from_mins(1);

struct TestWorker {
    stdin: PipeWriter,
    responses: Receiver<WorkResponse>,
    events: Sender<Event>,
    dispatcher: JoinHandle<End>,
}

impl TestWorker {
    fn new(stat: impl Fn(&Path) -> io::Result<Metadata> + Send + Sync + 'static) -> Self {
        let (events_sender, events) = unbounded();
        let (responses_sender, responses) = unbounded();
        let (read_sender, read) = bounded(1);
        let (stream, stdin) = io::pipe().unwrap();
        thread::spawn(move || read_requests(stream, WorkerProtocol::Proto, &read_sender));
        let shared = Arc::new(Shared {
            pools: pools(1).unwrap(),
            environment: Environment { faults: true, ..Environment::default() },
            cache: Cache::off(),
            totals: Totals::default(),
            stat: Box::new(stat),
        });
        let dispatcher = Dispatcher::new(shared, events_sender.clone(), responses_sender);
        let dispatcher = thread::spawn(move || dispatcher.run(&read, &events));
        Self { stdin, responses, events: events_sender, dispatcher }
    }

    fn send(&mut self, request: &WorkRequest) {
        self.stdin.write_all(&request.encode_length_delimited_to_vec()).unwrap();
    }

    /// The next response, and its id.
    fn receive(&self) -> (i32, WorkResponse) {
        let response = self.responses.recv_timeout(TIMEOUT).expect("no response");
        self.events.send(Event::Wrote).unwrap();
        (response.request_id, response)
    }

    fn end(self) -> End {
        drop(self.stdin);
        assert_eq!(self.responses.recv_timeout(TIMEOUT).ok(), None);
        self.events.send(Event::WriterEnded(Ok(()))).unwrap();
        self.dispatcher.join().unwrap()
    }
}

fn request(request_id: i32, arguments: &[&str]) -> WorkRequest {
    let arguments = arguments.iter().map(|&it| it.to_owned()).collect();
    WorkRequest { arguments, request_id, ..WorkRequest::default() }
}

#[test]
fn a_file_system_that_hangs_delays_neither_cancels_nor_other_requests() {
    let (entered_sender, entered) = unbounded();
    let (release, released) = bounded::<()>(0);
    let mut worker = TestWorker::new(move |path| {
        if path == Path::new("hangs") {
            entered_sender.send(()).unwrap();
            // Until the other end is dropped.
            let _ = released.recv();
        }
        Err(io::ErrorKind::NotFound.into())
    });
    worker.send(&request(1, &["fault", "--input=hangs", "--say=1"]));
    worker.send(&request(2, &["fault", "--input=hangs", "--say=2"]));
    for _ in 0..2 {
        entered.recv_timeout(TIMEOUT).expect("the inputs are not looked at");
    }
    // Frames are read, and requests run.
    for id in 3..100 {
        worker.send(&request(id, &["fault", "--input=absent", "--say=x"]));
        let (of, response) = worker.receive();
        assert_eq!((of, response.output.as_str()), (id, "x"));
    }
    // A cancel is answered, and its id can be used again.
    worker.send(&WorkRequest { cancel: true, ..request(1, &[]) });
    assert_eq!(worker.receive(), (1, request::cancelled(1)));
    worker.send(&request(1, &["fault", "--say=again"]));
    let (of, response) = worker.receive();
    assert_eq!((of, response.output.as_str()), (1, "again"));
    // The other one continues when the file system responds.
    drop(release);
    let (of, response) = worker.receive();
    assert_eq!((of, response.output.as_str()), (2, "2"));
    assert_eq!(worker.end(), End::Done);
}
