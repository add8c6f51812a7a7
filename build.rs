//! Turns `proto/worker_protocol.proto` into Rust, without a `protoc` to install.
//!
//! The same structs serve both framings: serde's attributes give them the JSON that proto3
//! prescribes (camelCase, bytes as base64, absent and null fields as defaults).

use std::error::Error;

const PROTO: &str = "proto/worker_protocol.proto";

/// The functions that these attributes name are in `src/worker/protocol.rs`.
const NULL_IS_DEFAULT: &str = "#[serde(deserialize_with = \"super::null_is_default\")]";
const BASE64: &str = "#[serde(serialize_with = \"super::to_base64\", \
                              deserialize_with = \"super::from_base64\")]";

fn main() -> Result<(), Box<dyn Error>> {
    println!("cargo::rerun-if-changed={PROTO}");
    println!("cargo::rerun-if-changed=build.rs");
    let descriptors = protox::compile([PROTO], ["proto"])?;
    let mut config = prost_build::Config::new();
    config
        .message_attribute(".", "#[derive(serde::Serialize, serde::Deserialize)]")
        .message_attribute(".", "#[serde(rename_all = \"camelCase\", default)]")
        .field_attribute(".blaze.worker.Input.digest", BASE64);
    for field in [
        "Input.path",
        "WorkRequest.arguments",
        "WorkRequest.inputs",
        "WorkRequest.request_id",
        "WorkRequest.cancel",
        "WorkRequest.verbosity",
        "WorkRequest.sandbox_dir",
        "WorkResponse.exit_code",
        "WorkResponse.output",
        "WorkResponse.request_id",
        "WorkResponse.was_cancelled",
    ] {
        config.field_attribute(format!(".blaze.worker.{field}"), NULL_IS_DEFAULT);
    }
    for field in ["WorkRequest.request_id", "WorkRequest.sandbox_dir"] {
        let name = field.rsplit('.').next().unwrap_or(field);
        config.field_attribute(
            format!(".blaze.worker.{field}"),
            format!("#[serde(alias = \"{name}\")]"),
        );
    }
    // A parser that knows only the older fields must not meet this one in an ordinary answer.
    config.field_attribute(
        ".blaze.worker.WorkResponse.was_cancelled",
        "#[serde(skip_serializing_if = \"std::ops::Not::not\")]",
    );
    config.compile_fds(descriptors)?;
    Ok(())
}
