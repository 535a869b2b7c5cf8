//! What the targets share: each reads bytes as a door or an importer does, and holds what comes of them against what the
//! rest relies on.

use atr::{
    app::stage_spans::{events_of, spans_of},
    http::otlp::{Encoding, decode},
    import::{self, Mapped, Options, records, report::Tally},
};
use atr_core::domain::new_trace::NewTrace;
use atr_workers::stages::assemble::rules::{
    compose::compose,
    span::{Record, Span},
};
use opentelemetry_proto::tonic::collector::{
    logs::v1::ExportLogsServiceRequest, trace::v1::ExportTraceServiceRequest,
};
use serde_json::Value;

/// The most records of an input that are mapped together.
const TOGETHER: usize = 16;

/// Spans and log records as OTLP's door reads them, and the trace that is made of them.
pub fn otlp(encoding: Encoding, body: &[u8]) {
    if let Ok(sent) = decode::<ExportTraceServiceRequest>(encoding, body) {
        let spans = spans_of(sent.resource_spans);
        let spans: Vec<Span> =
            spans.into_iter().flatten().map(|span| Span::decode(&span.content).expect("was encoded here")).collect();
        if let Some(composed) = compose(&spans, &[]) {
            let model = composed.trace.model.clone();
            // What spans tell that no trace may hold is refused with its field.
            if let Err(refused) = NewTrace::try_from(composed.trace) {
                assert!(!refused.field.is_empty(), "{model}: {refused}");
            }
        }
    }
    if let Ok(sent) = decode::<ExportLogsServiceRequest>(encoding, body) {
        for event in events_of(sent.resource_logs).into_iter().flatten().flatten() {
            Record::decode(&event.content).expect("was encoded here");
        }
    }
}

/// An export in JSON, mapped record by record and all of it together.
pub fn import_json(format: &str, body: &[u8]) {
    let mut all = vec![];
    records::json(body, &mut |record| {
        all.extend(record.and_then(records::object));
        all.len() < TOGETHER
    })
    .expect("bytes in memory are read");
    map(format, &all);
}

/// Maps records one by one and together.
pub fn map(format: &str, records: &[Value]) {
    let format = import::format(format).expect("one of the formats");
    let options = Options { expert: Some("expert-1".parse().expect("a handle")), ..Options::default() };
    let mapped = |records: &[Value]| {
        let mapped = (format.map)(records, &options, &mut Tally::default()).and_then(Mapped::checked);
        let again = (format.map)(records, &options, &mut Tally::default()).and_then(Mapped::checked);
        assert_eq!(mapped.is_ok(), again.is_ok());
        if let (Ok(one), Ok(two)) = (mapped, again) {
            let line = |mapped: &Mapped| serde_json::to_vec(&mapped.trace).expect("a trace is written as a line");
            assert_eq!(line(&one), line(&two), "imported twice it is the same");
            NewTrace::parse(&line(&one)).expect("what was checked is taken");
            assert!(one.trace.external_id.is_some());
        }
    };
    for record in records {
        if let Some(trace_of) = format.trace_of {
            drop(trace_of(record));
        }
        mapped(std::slice::from_ref(record));
    }
    mapped(records);
}
