//! The messages of `proto/worker_protocol.proto`, derived by hand: no code generator and no `protoc` is
//! needed for a build. `tests/worker/contract.rs` holds them against that file.
//!
//! The same structs serve both framings: serde's attributes give them the JSON that proto3 prescribes
//! (camelCase, bytes as base64, absent and null fields as defaults).

use base64::Engine as _;
use base64::alphabet;
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};
use serde::{Deserialize, Deserializer, Serialize, Serializer};

/// A file that an action reads.
#[derive(Clone, PartialEq, Eq, prost::Message, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct Input {
    /// The file's path, relative to the execution root or to [`WorkRequest::sandbox_dir`].
    #[prost(string, tag = "1")]
    #[serde(deserialize_with = "null_is_default")]
    pub path: String,
    /// A token that changes with the content. Its length says nothing about how it was made: it may be
    /// a key, but is never written anywhere as a hash.
    #[prost(bytes = "vec", tag = "2")]
    #[serde(serialize_with = "to_base64", deserialize_with = "from_base64")]
    pub digest: Vec<u8>,
}

/// An action to run, or a cancellation.
#[derive(Clone, PartialEq, Eq, prost::Message, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct WorkRequest {
    /// The command's arguments. Bazel expands `@file` before it sends a request; other runners do
    /// not.
    #[prost(string, repeated, tag = "1")]
    #[serde(deserialize_with = "null_is_default")]
    pub arguments: Vec<String>,
    /// The action's inputs; may be empty even if it has some.
    #[prost(message, repeated, tag = "2")]
    #[serde(deserialize_with = "null_is_default")]
    pub inputs: Vec<Input>,
    /// Names the request in its response. A singleplex client, which has one request open at a time,
    /// sends 0.
    #[prost(int32, tag = "3")]
    #[serde(deserialize_with = "null_is_default", alias = "request_id")]
    pub request_id: i32,
    /// Cancels the request of this id; the other fields then have no meaning.
    #[prost(bool, tag = "4")]
    #[serde(deserialize_with = "null_is_default")]
    pub cancel: bool,
    /// Above 0, the output may be more verbose.
    #[prost(int32, tag = "5")]
    #[serde(deserialize_with = "null_is_default")]
    pub verbosity: i32,
    /// The directory of this request's files, relative to the worker's working directory; empty for
    /// that directory itself.
    #[prost(string, tag = "6")]
    #[serde(deserialize_with = "null_is_default", alias = "sandbox_dir")]
    pub sandbox_dir: String,
}

/// The response to a request: there is exactly one.
#[derive(Clone, PartialEq, Eq, prost::Message, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", default)]
pub struct WorkResponse {
    /// 0 if the action succeeded.
    #[prost(int32, tag = "1")]
    #[serde(deserialize_with = "null_is_default")]
    pub exit_code: i32,
    /// Text for the user.
    #[prost(string, tag = "2")]
    #[serde(deserialize_with = "null_is_default")]
    pub output: String,
    /// The id of the request.
    #[prost(int32, tag = "3")]
    #[serde(deserialize_with = "null_is_default")]
    pub request_id: i32,
    /// The request was cancelled. The other fields have no meaning, and no file of the request is
    /// touched any more.
    #[prost(bool, tag = "4")]
    // A parser that knows only the older fields must not meet this one in an ordinary response.
    #[serde(deserialize_with = "null_is_default", skip_serializing_if = "std::ops::Not::not")]
    pub was_cancelled: bool,
}

/// Parses `null` as the default, as in proto3's JSON.
fn null_is_default<'de, D, T>(deserializer: D) -> Result<T, D::Error>
where
    D: Deserializer<'de>,
    T: Default + Deserialize<'de>,
{
    Ok(Option::deserialize(deserializer)?.unwrap_or_default())
}

/// Reads base64 with or without padding.
const BASE64: GeneralPurpose = GeneralPurpose::new(
    &alphabet::STANDARD,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

fn to_base64<S: Serializer>(bytes: &[u8], serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(&BASE64.encode(bytes))
}

/// proto3's JSON allows both of base64's alphabets.
fn from_base64<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Vec<u8>, D::Error> {
    let text: String = null_is_default(deserializer)?;
    BASE64.decode(text.replace('-', "+").replace('_', "/")).map_err(serde::de::Error::custom)
}
