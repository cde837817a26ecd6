//! The manifest's JSON Schema, for editors: made of the types that serde fills in.

use super::document::Document;
use super::values::{Amount, At, Cache, Choice, Hash, PathOr, Size, Words};
use schemars::generate::SchemaSettings;
use schemars::transform::{RecursiveTransform, Transform};
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde_json::Value;
use std::borrow::Cow;

/// The schema of a whole manifest.
pub(crate) fn schema() -> Value {
    // What editors of TOML know best: no references, and an older draft.
    let mut settings = SchemaSettings::draft07();
    settings.inline_subschemas = true;
    let mut schema = settings.into_generator().into_root_schema_for::<Document>();
    RecursiveTransform(without_null).transform(&mut schema);
    schema.insert("title".to_owned(), "manifest.app.toml".into());
    schema.to_value()
}

/// What may be left out may not be null: TOML has no such thing. Nor is it said what an empty value would be instead.
fn without_null(schema: &mut Schema) {
    schema.remove("default");
    schema.remove("format");
    if let Some(Value::Array(types)) = schema.get_mut("type") {
        types.retain(|one| one != "null");
        if let [one] = types.as_slice() {
            let one = one.clone();
            schema.insert("type".to_owned(), one);
        }
    }
    if let Some(Value::Array(words)) = schema.get_mut("enum") {
        words.retain(|word| !word.is_null());
    }
    if let Some(Value::Array(options)) = schema.get_mut("anyOf") {
        options.retain(|option| option.get("type").is_none_or(|one| one != "null"));
        if let [Value::Object(one)] = options.as_slice() {
            let one = one.clone();
            schema.remove("anyOf");
            for (key, value) in one {
                // What is said of the key comes before what is said of its type.
                schema.ensure_object().entry(key).or_insert(value);
            }
        }
    }
}

/// A type without a name of its own in the schema.
macro_rules! described {
    ([$($generics:tt)*] $type:ty, $generator:ident => $schema:expr) => {
        impl<$($generics)*> JsonSchema for $type {
            fn inline_schema() -> bool {
                true
            }

            fn schema_name() -> Cow<'static, str> {
                stringify!($type).into()
            }

            fn json_schema($generator: &mut SchemaGenerator) -> Schema {
                $schema
            }
        }
    };
}

described!([T: JsonSchema] At<T>, generator => T::json_schema(generator));
described!([const MAX: u64] Amount<MAX>, _generator => match MAX {
    u64::MAX => json_schema!({ "type": "integer", "minimum": 1 }),
    most => json_schema!({ "type": "integer", "minimum": 1, "maximum": most }),
});
described!([] Size, _generator => json_schema!({ "anyOf": [
    { "type": "integer", "minimum": 1 },
    { "type": "string", "pattern": crate::size::PATTERN, "examples": ["64MiB", "500 KB"] },
] }));
described!([T: Words] Choice<T>, _generator => {
    let words: Vec<&str> = T::WORDS.iter().map(|(word, _)| *word).collect();
    json_schema!({ "type": "string", "enum": words })
});
described!([] Hash, _generator => json_schema!({ "type": "string", "pattern": "^[0-9a-fA-F]{64}$" }));
described!([] Cache, _generator => json_schema!({ "type": ["boolean", "string"] }));
described!([T: JsonSchema] PathOr<T>, generator => {
    let table = T::json_schema(generator);
    json_schema!({ "anyOf": [{ "type": "string" }, table] })
});
