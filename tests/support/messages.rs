//! A second implementation of the worker protocol's messages.
//!
//! The binary derives its messages with prost. The tests parse the `.proto` file at run time with another parser
//! and handle the messages with another library, so a mistake in one implementation shows.

use std::path::Path;
use std::sync::LazyLock;

use protobuf::reflect::{FileDescriptor, MessageDescriptor, ReflectValueBox};
use protobuf::{CodedInputStream, MessageDyn};

/// A work request.
#[derive(Debug, Clone, Default)]
pub(crate) struct Request {
    pub(crate) id: i32,
    pub(crate) arguments: Vec<String>,
    pub(crate) inputs: Vec<(String, Vec<u8>)>,
    pub(crate) cancel: bool,
    pub(crate) sandbox_dir: String,
    pub(crate) verbosity: i32,
}

impl Request {
    pub(crate) fn new(id: i32, arguments: &[&str]) -> Self {
        let arguments = arguments.iter().map(|&it| it.to_owned()).collect();
        Self { id, arguments, ..Self::default() }
    }

    /// Returns a request that sleeps, then responds with a text.
    pub(crate) fn say(id: i32, sleep_ms: u64, text: &str) -> Self {
        Self::new(id, &["fault", "--sleep-ms", &sleep_ms.to_string(), "--say", text])
    }

    /// Returns a request that reads a named pipe to its end, then responds with a text.
    pub(crate) fn wait(id: i32, fifo: &str, text: &str) -> Self {
        Self::new(id, &["fault", "--wait", fifo, "--say", text])
    }

    /// Adds an argument.
    pub(crate) fn with(mut self, argument: &str) -> Self {
        self.arguments.push(argument.to_owned());
        self
    }

    pub(crate) fn cancel(id: i32) -> Self {
        Self { id, cancel: true, ..Self::default() }
    }

    /// Returns the frame: the length of the message, then the message.
    pub(crate) fn to_frame(&self) -> Vec<u8> {
        let mut message = REQUEST.new_instance();
        let mut set = |name: &str, value: ReflectValueBox| {
            let field = REQUEST.field_by_name(name).unwrap();
            if field.is_repeated() {
                field.mut_repeated(&mut *message).push(value);
            } else {
                field.set_singular_field(&mut *message, value);
            }
        };
        set("request_id", ReflectValueBox::I32(self.id));
        set("cancel", ReflectValueBox::Bool(self.cancel));
        set("verbosity", ReflectValueBox::I32(self.verbosity));
        set("sandbox_dir", ReflectValueBox::String(self.sandbox_dir.clone()));
        for argument in &self.arguments {
            set("arguments", ReflectValueBox::String(argument.clone()));
        }
        for (path, digest) in &self.inputs {
            let mut input = INPUT.new_instance();
            let field = |name| INPUT.field_by_name(name).unwrap();
            field("path").set_singular_field(&mut *input, ReflectValueBox::String(path.clone()));
            field("digest").set_singular_field(&mut *input, ReflectValueBox::Bytes(digest.clone()));
            set("inputs", ReflectValueBox::Message(input));
        }
        message.write_length_delimited_to_bytes_dyn().unwrap()
    }

    /// Returns the JSON that Bazel would send, without a line feed.
    pub(crate) fn to_json(&self) -> Vec<u8> {
        let arguments = &self.arguments;
        serde_json::to_vec(&serde_json::json!({
            "arguments": arguments, "inputs": [], "requestId": self.id, "cancel": self.cancel,
            "sandboxDir": self.sandbox_dir, "verbosity": self.verbosity,
        }))
        .unwrap()
    }
}

/// A work response.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Response {
    pub(crate) id: i32,
    pub(crate) exit_code: i32,
    pub(crate) output: String,
    pub(crate) was_cancelled: bool,
}

impl Response {
    pub(crate) fn new(id: i32, exit_code: i32, output: &str) -> Self {
        Self { id, exit_code, output: output.to_owned(), was_cancelled: false }
    }

    /// Reads the next frame of a stream; `None` at the end.
    pub(crate) fn read(stream: &mut CodedInputStream<'_>) -> Result<Option<Self>, String> {
        if stream.eof().map_err(|error| error.to_string())? {
            return Ok(None);
        }
        let length = stream.read_raw_varint32().map_err(|error| error.to_string())?;
        let bytes = stream.read_raw_bytes(length).map_err(|error| error.to_string())?;
        let message = RESPONSE.parse_from_bytes(&bytes).map_err(|error| error.to_string())?;
        if message.unknown_fields_dyn().iter().next().is_some() {
            return Err(format!("unknown fields in {bytes:?}"));
        }
        Ok(Some(Self::from_message(&*message)))
    }

    fn from_message(message: &dyn MessageDyn) -> Self {
        let get = |name: &str| {
            RESPONSE.field_by_name(name).unwrap().get_singular_field_or_default(message)
        };
        Self {
            id: get("request_id").to_i32().unwrap(),
            exit_code: get("exit_code").to_i32().unwrap(),
            output: get("output").to_str().unwrap().to_owned(),
            was_cancelled: get("was_cancelled").to_bool().unwrap(),
        }
    }

    /// Parses a response from a line of JSON.
    pub(crate) fn from_json(line: &str) -> Result<Self, String> {
        let value: serde_json::Value = serde_json::from_str(line).map_err(|it| it.to_string())?;
        let number = |name: &str| {
            let number = value[name].as_i64().ok_or(format!("no {name} in {line}"))?;
            i32::try_from(number).map_err(|error| error.to_string())
        };
        Ok(Self {
            id: number("requestId")?,
            exit_code: number("exitCode")?,
            output: value["output"].as_str().ok_or(format!("no output in {line}"))?.to_owned(),
            was_cancelled: value["wasCancelled"].as_bool().unwrap_or_default(),
        })
    }
}

static REQUEST: LazyLock<MessageDescriptor> = LazyLock::new(|| descriptor("WorkRequest"));
static RESPONSE: LazyLock<MessageDescriptor> = LazyLock::new(|| descriptor("WorkResponse"));
static INPUT: LazyLock<MessageDescriptor> = LazyLock::new(|| descriptor("Input"));

pub(crate) fn descriptor(name: &str) -> MessageDescriptor {
    static FILE: LazyLock<FileDescriptor> = LazyLock::new(|| {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("proto");
        let parsed = protobuf_parse::Parser::new()
            .pure()
            .include(&folder)
            .input(folder.join("worker_protocol.proto"))
            .file_descriptor_set()
            .unwrap();
        FileDescriptor::new_dynamic(parsed.file.into_iter().next().unwrap(), &[]).unwrap()
    });
    FILE.message_by_package_relative_name(name).unwrap()
}
