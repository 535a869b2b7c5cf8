//! What bodies look like: a media type, and the schema of the type that is read or written.

use schemars::{JsonSchema, SchemaGenerator, generate::SchemaSettings};
use serde_json::{Map, Value, json};

/// Gathers the schemas that the document refers to.
pub(super) struct Schemas {
    sent: SchemaGenerator,
    given: SchemaGenerator,
}

impl Schemas {
    pub(super) fn new() -> Self {
        let mut settings = SchemaSettings::draft2020_12();
        settings.definitions_path = "/components/schemas".into();
        Self {
            sent: settings.clone().for_deserialize().into_generator(),
            given: settings.for_serialize().into_generator(),
        }
    }

    /// Of what programs send: what has a default may be left out.
    pub(super) fn sent<T: JsonSchema>(&mut self) -> Value {
        self.sent.subschema_for::<T>().into()
    }

    /// Of what programs are given.
    pub(super) fn given<T: JsonSchema>(&mut self) -> Value {
        self.given.subschema_for::<T>().into()
    }

    /// All that was referred to.
    pub(super) fn all(mut self) -> Map<String, Value> {
        let mut all = self.sent.take_definitions(true);
        for (name, schema) in self.given.take_definitions(true) {
            let other = all.insert(name.clone(), schema.clone());
            assert!(other.is_none_or(|other| other == schema), "two schemas are named {name}");
        }
        all
    }
}

/// Makes the schema of a type.
pub(super) type Of = fn(&mut Schemas) -> Value;

/// A body in one of the media types that it may have.
#[derive(Clone, Copy)]
pub(super) struct Form {
    media_type: &'static str,
    schema: Schema,
}

#[derive(Clone, Copy)]
enum Schema {
    /// One value.
    One(Of),
    /// A value a line: of all lines together, an array.
    Lines(Of),
    /// As another specification has it, which is named.
    Elsewhere(&'static str),
    Text,
    Bytes,
}

impl Form {
    pub(super) const fn json(of: Of) -> Self {
        Self { media_type: "application/json", schema: Schema::One(of) }
    }

    pub(super) const fn problem(of: Of) -> Self {
        Self { media_type: "application/problem+json", schema: Schema::One(of) }
    }

    pub(super) const fn lines(of: Of) -> Self {
        Self { media_type: "application/x-ndjson", schema: Schema::Lines(of) }
    }

    /// A JSON object that `specification` describes.
    pub(super) const fn elsewhere(media_type: &'static str, specification: &'static str) -> Self {
        Self { media_type, schema: Schema::Elsewhere(specification) }
    }

    pub(super) const fn text(media_type: &'static str) -> Self {
        Self { media_type, schema: Schema::Text }
    }

    pub(super) const fn bytes(media_type: &'static str) -> Self {
        Self { media_type, schema: Schema::Bytes }
    }

    fn told(self, schemas: &mut Schemas) -> Value {
        match self.schema {
            Schema::One(of) => json!({ "schema": of(schemas) }),
            Schema::Lines(of) => json!({
                "schema": { "type": "array", "items": of(schemas), "description": "One JSON object a line." },
            }),
            Schema::Elsewhere(specification) => json!({ "schema": { "type": "object", "description": specification } }),
            Schema::Text => json!({ "schema": { "type": "string" } }),
            // Raw bytes have a media type and no schema.
            Schema::Bytes => json!({}),
        }
    }
}

/// A body in each of its media types.
pub(super) fn content(forms: &[Form], schemas: &mut Schemas) -> Map<String, Value> {
    forms.iter().map(|form| (form.media_type.to_owned(), form.told(schemas))).collect()
}
