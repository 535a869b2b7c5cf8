//! From a request to spans that can be staged, each with its resource and scope.

use atr_core::domain::{Rejection, span::NewSpan};
use opentelemetry_proto::tonic::{
    common::v1::{KeyValue, any_value::Value},
    trace::v1::{ResourceSpans, ScopeSpans},
};
use prost::Message as _;

/// An attribute that is a text.
pub(super) fn text<'a>(attributes: &'a [KeyValue], name: &str) -> Option<&'a str> {
    let value = &attributes.iter().find(|attribute| attribute.key == name)?.value;
    match value.as_ref()?.value.as_ref()? {
        Value::StringValue(text) => Some(text),
        _ => None,
    }
}

/// The id of the response that a span or an event tells of.
pub(super) fn response(attributes: &[KeyValue]) -> Option<String> {
    text(attributes, "gen_ai.response.id").map(str::to_owned)
}

/// The spans of a request, in order.
pub fn of(sent: Vec<ResourceSpans>) -> Vec<Result<NewSpan, Rejection>> {
    let mut spans = vec![];
    for of_resource in sent {
        let ResourceSpans { resource, scope_spans, schema_url } = of_resource;
        for of_scope in scope_spans {
            let (scope, scope_schema) = (of_scope.scope, of_scope.schema_url);
            for span in of_scope.spans {
                let (trace_id, span_id) = (span.trace_id.clone(), span.span_id.clone());
                let response = response(&span.attributes);
                let one = ResourceSpans {
                    resource: resource.clone(),
                    scope_spans: vec![ScopeSpans {
                        scope: scope.clone(),
                        spans: vec![span],
                        schema_url: scope_schema.clone(),
                    }],
                    schema_url: schema_url.clone(),
                };
                spans.push(NewSpan::new(&trace_id, &span_id, response, one.encode_to_vec()));
            }
        }
    }
    spans
}
