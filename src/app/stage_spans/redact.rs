//! Redaction of OTLP's messages: every text in them but the names of attributes.

use atr_core::domain::redaction::Redactor;
use opentelemetry_proto::tonic::{
    common::v1::{AnyValue, InstrumentationScope, KeyValue, any_value::Value},
    logs::v1::ResourceLogs,
    resource::v1::Resource,
    trace::v1::ResourceSpans,
};

pub(super) fn spans(sent: &mut [ResourceSpans], by: &mut Redactor) {
    for of_resource in sent {
        origin(of_resource.resource.as_mut(), by);
        for of_scope in &mut of_resource.scope_spans {
            scope(of_scope.scope.as_mut(), by);
            for span in &mut of_scope.spans {
                by.text(&mut span.name);
                attributes(&mut span.attributes, by);
                for event in &mut span.events {
                    by.text(&mut event.name);
                    attributes(&mut event.attributes, by);
                }
                span.links.iter_mut().for_each(|link| attributes(&mut link.attributes, by));
                span.status.iter_mut().for_each(|status| by.text(&mut status.message));
            }
        }
    }
}

pub(super) fn logs(sent: &mut [ResourceLogs], by: &mut Redactor) {
    for of_resource in sent {
        origin(of_resource.resource.as_mut(), by);
        for of_scope in &mut of_resource.scope_logs {
            scope(of_scope.scope.as_mut(), by);
            for record in &mut of_scope.log_records {
                record.body.iter_mut().for_each(|body| value(body, by));
                attributes(&mut record.attributes, by);
            }
        }
    }
}

fn origin(of: Option<&mut Resource>, by: &mut Redactor) {
    of.into_iter().for_each(|resource| attributes(&mut resource.attributes, by));
}

fn scope(of: Option<&mut InstrumentationScope>, by: &mut Redactor) {
    of.into_iter().for_each(|scope| attributes(&mut scope.attributes, by));
}

fn attributes(of: &mut [KeyValue], by: &mut Redactor) {
    of.iter_mut().filter_map(|attribute| attribute.value.as_mut()).for_each(|told| value(told, by));
}

fn value(of: &mut AnyValue, by: &mut Redactor) {
    match &mut of.value {
        Some(Value::StringValue(text)) => by.json(text),
        Some(Value::ArrayValue(list)) => list.values.iter_mut().for_each(|item| value(item, by)),
        Some(Value::KvlistValue(list)) => attributes(&mut list.values, by),
        _ => {}
    }
}
