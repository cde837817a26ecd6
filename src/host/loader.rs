//! Finds an app's modules: local files, and the `runtime:` modules that extensions provide.

use super::typescript;
use crate::blocking;
use crate::printable;
use deno_core::error::ModuleLoaderError;
use deno_core::url::Url;
use deno_core::{
    Extension, ModuleLoadOptions, ModuleLoadReferrer, ModuleLoadResponse, ModuleLoader, ModuleResolutionError,
    ModuleSource, ModuleSourceCode, ModuleSpecifier, ModuleType, RequestedModuleType, ResolutionKind, resolve_import,
};
use deno_error::JsErrorBox;
use std::path::{Path, PathBuf};

/// How the names of scripts end.
pub const SCRIPT_ENDINGS: [&str; 4] = ["js", "mjs", "ts", "mts"];
/// The file name extensions that can be imported.
const IMPORTABLE: &str = ".js, .mjs, .ts, .mts and .json";

/// Loads modules from files.
pub(super) struct FileLoader {
    /// The `runtime:` modules there are, sorted.
    built_in: Vec<&'static str>,
}

impl FileLoader {
    /// A loader that knows the `runtime:` modules of these extensions.
    pub(super) fn new(extensions: &[Extension]) -> FileLoader {
        let mut built_in = Vec::new();
        for extension in extensions {
            built_in.extend(extension.synthetic_esm_modules.iter().map(|(specifier, _)| *specifier));
            built_in.extend(extension.esm_files.iter().map(|file| file.specifier));
        }
        built_in.retain(|specifier| specifier.starts_with("runtime:"));
        built_in.sort_unstable();
        FileLoader { built_in }
    }

    fn check(&self, url: &ModuleSpecifier, referrer: &str) -> Result<(), JsErrorBox> {
        match url.scheme() {
            "file" => Ok(()),
            "runtime" if self.built_in.contains(&url.as_str()) => Ok(()),
            "runtime" => {
                let known = self.built_in.join(", ");
                Err(type_error(format!("there is no module \"{url}\" (imported from {referrer}); there are: {known}")))
            }
            "node" => Err(type_error(format!(
                "cannot import \"{url}\" from {referrer}: this is not Node; files, variables, standard streams and signals are in \"runtime:app\""
            ))),
            scheme => Err(type_error(format!(
                "cannot import \"{url}\" from {referrer}: modules are local files, not {scheme}: URLs"
            ))),
        }
    }
}

impl ModuleLoader for FileLoader {
    fn resolve(
        &self,
        specifier: &str,
        referrer: &str,
        _: ResolutionKind,
    ) -> Result<ModuleSpecifier, ModuleLoaderError> {
        let url = resolve_import(specifier, referrer).map_err(|error| match error {
            ModuleResolutionError::ImportPrefixMissing { .. } => bare(specifier, referrer),
            error => JsErrorBox::from_err(error),
        })?;
        self.check(&url, referrer)?;
        Ok(url)
    }

    fn load(
        &self,
        url: &ModuleSpecifier,
        referrer: Option<&ModuleLoadReferrer>,
        options: ModuleLoadOptions,
    ) -> ModuleLoadResponse {
        let importer = referrer.map_or(String::new(), |at| {
            format!(", imported from {}:{}:{}", at.specifier, at.line_number, at.column_number)
        });
        let (url, requested) = (url.clone(), options.requested_module_type);
        // Files can be large, or on a slow disk; and to take the types out of one takes longer than to read it.
        ModuleLoadResponse::Async(Box::pin(async move {
            let (kind, source, url) = blocking::run(move || {
                let (kind, source) = load(&url, &importer, &requested)?;
                Ok::<_, JsErrorBox>((kind, source, url))
            })
            .await
            .map_err(JsErrorBox::from_err)??;
            Ok(ModuleSource::new(kind, ModuleSourceCode::String(source.into()), &url, None))
        }))
    }
}

/// What is said of a package: whoever imports one has a bundler at hand, or is told of one.
fn bare(specifier: &str, referrer: &str) -> JsErrorBox {
    if specifier == "runtime-wasm" {
        return type_error(format!(
            "cannot import \"runtime-wasm\" from {referrer}: that is the npm package, for Node, Bun and Deno; under `runtime-wasm run` the \
             same functions are in \"runtime:wasm\""
        ));
    }
    type_error(format!(
        "cannot import \"{specifier}\" from {referrer}: it names a package, and those are not looked up. A file of the app's begins with \
         \"./\"; packages are bundled with the app, for example by\n    \
         npx esbuild main.js --bundle --format=esm --platform=neutral --main-fields=module,main '--external:runtime:*' --outfile=app.js"
    ))
}

/// What the file at `url` is, and its JavaScript. `importer` is for messages.
fn load(url: &Url, importer: &str, requested: &RequestedModuleType) -> Result<(ModuleType, String), JsErrorBox> {
    let path = url.to_file_path().map_err(|()| type_error(format!("{url} is no path on this machine{importer}")))?;
    let kind = module_type(&path).ok_or_else(|| {
        type_error(format!("cannot import {url}{importer}: only {IMPORTABLE} files are modules{}", meant(&path)))
    })?;
    if !matches!(requested, RequestedModuleType::None | RequestedModuleType::Json) {
        return Err(type_error(format!("cannot import {url}{importer}: the only import attribute is type: \"json\"")));
    }
    if kind == ModuleType::Json && *requested != RequestedModuleType::Json {
        return Err(type_error(format!("cannot import {url}{importer}: it needs `with {{ type: \"json\" }}`")));
    }
    let source = std::fs::read_to_string(&path).map_err(|error| match error.kind() {
        std::io::ErrorKind::NotFound => type_error(format!("cannot find module {url}{importer}{}", meant(&path))),
        _ => type_error(format!("cannot read module {url}{importer}: {error}")),
    })?;
    let typescript = path.extension().is_some_and(|extension| extension == "ts" || extension == "mts");
    let source = if typescript { typescript::strip(url.as_str(), source)? } else { source };
    Ok((kind, source))
}

/// What there is instead of a path, as whoever is used to other tools leaves out an ending, or writes the one that a compiler would make.
fn meant(path: &Path) -> String {
    let like = SCRIPT_ENDINGS.iter().flat_map(|ending| {
        let mut longer = path.to_owned().into_os_string();
        longer.push(".");
        longer.push(ending);
        [PathBuf::from(longer), path.with_extension(ending), path.join("index").with_extension(ending)]
    });
    let there = like.filter(|other| other != path).find(|other| other.is_file());
    let name = there.and_then(|there| {
        let beside = path.parent()?;
        there.strip_prefix(beside).ok().map(|name| printable::sentence(&name.to_string_lossy()))
    });
    name.map_or_else(String::new, |name| format!("; did you mean {name}?"))
}

/// What a file is, by its name; nothing if it cannot be imported.
fn module_type(path: &Path) -> Option<ModuleType> {
    match path.extension()?.to_str()? {
        "json" => Some(ModuleType::Json),
        ending if SCRIPT_ENDINGS.contains(&ending) => Some(ModuleType::JavaScript),
        _ => None,
    }
}

fn type_error(message: String) -> JsErrorBox {
    JsErrorBox::type_error(message)
}
