//! Compares the derived messages with `proto/worker_protocol.proto`, read by another
//! implementation.

use protobuf::MessageDyn;
use protobuf::reflect::{MessageDescriptor, ReflectValueBox, RuntimeFieldType, RuntimeType};
use wheelworks::worker::protocol::{Input, WorkRequest, WorkResponse};

use crate::support::messages::descriptor;

/// A message with a value other than the default in every field of the contract.
fn full(descriptor: &MessageDescriptor) -> Box<dyn MessageDyn> {
    let mut message = descriptor.new_instance();
    for field in descriptor.fields() {
        let number = field.number();
        let value = |kind: &RuntimeType| match kind {
            RuntimeType::I32 => ReflectValueBox::I32(-number),
            RuntimeType::Bool => ReflectValueBox::Bool(true),
            RuntimeType::String => ReflectValueBox::String(format!("{} ä", field.name())),
            RuntimeType::VecU8 => ReflectValueBox::Bytes(vec![0, 0xff, b'\\']),
            RuntimeType::Message(inner) => ReflectValueBox::Message(full(inner)),
            other => panic!("{} is a {other}: extend this test", field.full_name()),
        };
        match field.runtime_field_type() {
            RuntimeFieldType::Singular(kind) => {
                field.set_singular_field(&mut *message, value(&kind));
            }
            RuntimeFieldType::Repeated(kind) => {
                let mut list = field.mut_repeated(&mut *message);
                list.push(value(&kind));
                list.push(value(&kind));
            }
            RuntimeFieldType::Map(..) => panic!("{} is a map: extend this test", field.full_name()),
        }
    }
    message
}

/// Checks that every field of the contract is read and written under its number and type, and that
/// no other field is written.
fn holds<M: prost::Message + Default>(name: &str) -> M {
    let descriptor = descriptor(name);
    let expected = full(&descriptor);
    let bytes = expected.write_to_bytes_dyn().unwrap();
    let ours = M::decode(bytes.as_slice()).unwrap();
    // A field that we do not know would be missing from what we write.
    let again = descriptor.parse_from_bytes(&ours.encode_to_vec()).unwrap();
    assert!(again.unknown_fields_dyn().iter().next().is_none(), "{name} has a field of its own");
    assert_eq!(
        protobuf::text_format::print_to_string(&*again),
        protobuf::text_format::print_to_string(&*expected)
    );
    ours
}

#[test]
fn the_messages_are_those_of_the_proto_file() {
    let input: Input = holds("Input");
    let expected = Input { path: "path ä".to_owned(), digest: vec![0, 0xff, b'\\'] };
    assert_eq!(input, expected);
    let request: WorkRequest = holds("WorkRequest");
    let expected = WorkRequest {
        arguments: vec!["arguments ä".to_owned(); 2],
        inputs: vec![expected; 2],
        request_id: -3,
        cancel: true,
        verbosity: -5,
        sandbox_dir: "sandbox_dir ä".to_owned(),
    };
    assert_eq!(request, expected);
    let response: WorkResponse = holds("WorkResponse");
    let expected = WorkResponse {
        exit_code: -1,
        output: "output ä".to_owned(),
        request_id: -3,
        was_cancelled: true,
    };
    assert_eq!(response, expected);
}
