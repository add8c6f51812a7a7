//! Validates a written wheel: reads it with an independent ZIP implementation and compares it with its
//! RECORD.

use std::collections::HashMap;
use std::io::{self, Read};
use std::path::Path;

use sha2::{Digest as _, Sha256};

use super::error::WheelWriterError;
use super::members::Members;
use crate::error::Error;
use crate::exec::CancelFlag;
use crate::wheel::{Record, Sha256Digest, WheelError};
use crate::zip::read_back;

/// Returns an error unless the archive has the planned members, each with the digest and size that RECORD
/// gives it.
pub(crate) fn validate(
    archive: &Path,
    members: &Members,
    cancel: &CancelFlag,
) -> Result<(), Error> {
    let record_path = members.record_path().as_str();
    let mut found = HashMap::new();
    let mut record = Vec::new();
    read_back(archive, |name, data| {
        if name == record_path {
            data.read_to_end(&mut record)?;
        } else {
            found.insert(name.to_owned(), hash(data, cancel)?);
        }
        Ok(())
    })
    .map_err(|error| {
        if cancel.is_cancelled() { Error::Cancelled } else { WheelWriterError::from(error).into() }
    })?;
    let record = Record::parse(&record).map_err(WheelError::from)?;
    for row in record.rows() {
        let path = row.path.as_str();
        match found.remove(path) {
            Some(read) if read == (row.digest, row.size) => {}
            Some(_) => return Err(invalid(format!("`{path}` is not what RECORD says"))),
            None => return Err(invalid(format!("`{path}` is missing"))),
        }
    }
    let planned = members.iter().count();
    if !found.is_empty() || record.rows().len() != planned {
        let rows = record.rows().len();
        return Err(invalid(format!("{planned} members were planned, RECORD has {rows} rows")));
    }
    Ok(())
}

fn invalid(text: String) -> Error {
    WheelWriterError::Validation(text).into()
}

fn hash(data: &mut dyn Read, cancel: &CancelFlag) -> io::Result<(Sha256Digest, u64)> {
    let mut hasher = Sha256::new();
    let mut buffer = vec![0; 1 << 16];
    let mut size = 0;
    loop {
        // The caller sees by the flag that this is a cancellation, not an I/O error.
        cancel.check().map_err(io::Error::other)?;
        match data.read(&mut buffer)? {
            0 => return Ok((Sha256Digest(hasher.finalize().into()), size)),
            read => {
                hasher.update(&buffer[..read]);
                size += read as u64;
            }
        }
    }
}
