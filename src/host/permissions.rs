//! The permissions of the `deno_*` extensions.
//!
//! They stand open: they know nothing of our manifest, and [`super::fetch`] judges each request itself. Nothing of theirs is
//! ever read from text either, so the parser that they ask for refuses all of it.

use deno_permissions::{
    AllowRunDescriptorParseResult, DenyRunDescriptor, EnvDescriptor, EnvDescriptorParseError, FfiDescriptor,
    ImportDescriptor, NetDescriptor, NetDescriptorParseError, PathQueryDescriptor, PathResolveError,
    PermissionDescriptorParser, Permissions, PermissionsContainer, ReadDescriptor, RunDescriptorParseError,
    RunQueryDescriptor, SpecialFilePathQueryDescriptor, SysDescriptor, SysDescriptorParseError, WriteDescriptor,
};
use std::borrow::Cow;
use std::path::Path;
use std::sync::Arc;

/// Open permissions.
pub(super) fn open() -> PermissionsContainer {
    PermissionsContainer::new(Arc::new(NoText), Permissions::allow_all())
}

#[derive(Debug)]
struct NoText;

impl PermissionDescriptorParser for NoText {
    fn parse_read_descriptor(&self, _: &str) -> Result<ReadDescriptor, PathResolveError> {
        Err(PathResolveError::EmptyPath)
    }

    fn parse_write_descriptor(&self, _: &str) -> Result<WriteDescriptor, PathResolveError> {
        Err(PathResolveError::EmptyPath)
    }

    fn parse_net_descriptor(&self, text: &str) -> Result<NetDescriptor, NetDescriptorParseError> {
        Err(NetDescriptorParseError::InvalidHost(text.into()))
    }

    fn parse_import_descriptor(&self, text: &str) -> Result<ImportDescriptor, NetDescriptorParseError> {
        Err(NetDescriptorParseError::InvalidHost(text.into()))
    }

    fn parse_env_descriptor(&self, _: &str) -> Result<EnvDescriptor, EnvDescriptorParseError> {
        Err(EnvDescriptorParseError)
    }

    fn parse_sys_descriptor(&self, text: &str) -> Result<SysDescriptor, SysDescriptorParseError> {
        Err(SysDescriptorParseError::InvalidKind(text.into()))
    }

    fn parse_allow_run_descriptor(&self, _: &str) -> Result<AllowRunDescriptorParseResult, RunDescriptorParseError> {
        Err(RunDescriptorParseError::EmptyRunQuery)
    }

    fn parse_deny_run_descriptor(&self, _: &str) -> Result<DenyRunDescriptor, PathResolveError> {
        Err(PathResolveError::EmptyPath)
    }

    fn parse_ffi_descriptor(&self, _: &str) -> Result<FfiDescriptor, PathResolveError> {
        Err(PathResolveError::EmptyPath)
    }

    fn parse_path_query<'a>(&self, _: Cow<'a, Path>) -> Result<PathQueryDescriptor<'a>, PathResolveError> {
        Err(PathResolveError::EmptyPath)
    }

    fn parse_special_file_descriptor<'a>(
        &self,
        _: PathQueryDescriptor<'a>,
    ) -> Result<SpecialFilePathQueryDescriptor<'a>, PathResolveError> {
        Err(PathResolveError::EmptyPath)
    }

    fn parse_net_query(&self, text: &str) -> Result<NetDescriptor, NetDescriptorParseError> {
        Err(NetDescriptorParseError::InvalidHost(text.into()))
    }

    fn parse_run_query<'a>(&self, _: &'a str) -> Result<RunQueryDescriptor<'a>, RunDescriptorParseError> {
        Err(RunDescriptorParseError::EmptyRunQuery)
    }
}
