//! The audit of a wheel before it is published, from ELF facts that the writer collected.

use std::path::PathBuf;

use super::arguments::PackAuditArguments;
use super::error::OutputError;
use crate::context::Context;
use crate::error::Error;
use crate::findings::report::Reported as _;
use crate::judge::{
    AuditConfig, Audited, Contents, Exclusions, Judge, MetadataOf, Providers, RequiredTag,
};
use crate::policy::PolicyFile;
use crate::temporary;
use crate::wheel_writer::UnpublishedWheel;

/// The audit that the options request.
pub(super) struct Auditor {
    judge: Judge,
    report: Option<PathBuf>,
}

/// The report of a wheel that meets the requirements.
pub(super) struct PassedAudit {
    report: Option<PathBuf>,
    audited: Audited,
    /// What the user should know about the options.
    pub(super) warnings: Vec<String>,
}

impl Auditor {
    /// Returns the audit that the arguments request; `None` if they request none.
    pub(super) fn new(
        arguments: &PackAuditArguments,
        context: &Context<'_>,
    ) -> Result<Option<Self>, Error> {
        let is_asked = arguments.audit.is_some()
            || !arguments.require.is_empty()
            || arguments.require_declared;
        if !is_asked {
            return Ok(None);
        }
        let exclude = Exclusions::parse("--audit-exclude", &arguments.exclude)?;
        let policy_file =
            arguments.policy_file.as_ref().map(|path| PolicyFile::read(&context.resolve(path)));
        let policy_file = policy_file.transpose()?;
        let alone = AuditConfig::of_wheel_alone();
        let config = AuditConfig {
            providers: Providers::read(&arguments.provided_by, alone.limits, context)?,
            check_isa: !arguments.disable_isa_ext_check,
            exclude,
            required_tags: RequiredTag::parse_all(&arguments.require, policy_file.as_ref())?,
            require_declared: arguments.require_declared,
            policy_file,
            ..alone
        };
        Ok(Some(Self { judge: Judge::new(config), report: arguments.audit.clone() }))
    }

    /// Audits the wheel.
    ///
    /// # Errors
    /// If it does not meet the requirements.
    pub(super) fn judge(
        self,
        wheel: &mut UnpublishedWheel,
        context: &Context<'_>,
    ) -> Result<PassedAudit, Error> {
        let filename = wheel.plan().filename.clone();
        let mut contents = Contents::of_members(&filename, wheel.take_facts())?;
        self.judge.add_objects(&mut contents, wheel.temporary_path(), context)?;
        let metadata = MetadataOf::Wheel(wheel.temporary_path());
        let audited = self.judge.judge(&contents, metadata, context)?;
        if audited.fails() {
            return Err(OutputError::Required(audited.to_text().trim_start().to_owned()).into());
        }
        let warnings = self.judge.warnings();
        Ok(PassedAudit { report: self.report, audited, warnings })
    }
}

impl PassedAudit {
    /// Writes the report to its file, if `--audit` is given.
    pub(super) fn save(&self, context: &Context<'_>) -> Result<(), Error> {
        if let Some(report) = &self.report {
            temporary::publish(&context.resolve(report), &self.audited.to_json()?)?;
        }
        Ok(())
    }
}
