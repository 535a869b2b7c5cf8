//! The message: a CloudEvent that names a stage.

use atr_core::{
    queue::{Lane, Stage, Waiting},
    trace_context::TraceContext,
};
use chrono::{DateTime, Utc};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// The media type of the message: CloudEvents over AMQP 0-9-1 have no binding, so the whole event is the body.
pub(super) const MEDIA_TYPE: &str = "application/cloudevents+json";

/// A doorbell: a CloudEvent 1.0 in structured JSON which says that a stage has work. It names no task: whoever hears it
/// claims what waits.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
pub struct DoorbellEvent {
    /// The version of CloudEvents.
    specversion: SpecVersion,
    /// Unique among those of this source.
    id: String,
    /// The installation that rings.
    source: String,
    /// What this is.
    #[serde(rename = "type")]
    kind: Kind,
    /// The stage that has work.
    subject: Stage,
    /// When it was rung.
    time: DateTime<Utc>,
    /// What `data` is.
    datacontenttype: ContentType,
    /// The W3C trace context of the oldest waiting task that has one (CloudEvents' Distributed Tracing extension).
    #[serde(default, skip_serializing_if = "Option::is_none")]
    traceparent: Option<String>,
    /// The lane, and what waited in it.
    data: Announcement,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
enum SpecVersion {
    #[serde(rename = "1.0")]
    One,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
enum Kind {
    #[serde(rename = "atr.tasks.waiting")]
    TasksWaiting,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
enum ContentType {
    #[serde(rename = "application/json")]
    Json,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
struct Announcement {
    /// The lane of the tasks that wait.
    lane: Lane,
    /// How many were seen to wait, counted no further than the relay rings for.
    #[schemars(range(min = 1))]
    tasks: i64,
}

impl DoorbellEvent {
    /// Of what waits. `id` is unique among those of the installation.
    pub(super) fn new(id: String, installation: Uuid, time: DateTime<Utc>, waiting: &Waiting) -> Self {
        Self {
            specversion: SpecVersion::One,
            id,
            source: format!("urn:uuid:{installation}"),
            kind: Kind::TasksWaiting,
            subject: waiting.stage,
            time,
            datacontenttype: ContentType::Json,
            traceparent: waiting.trace.map(|trace| trace.to_string()),
            data: Announcement { lane: waiting.lane, tasks: waiting.tasks },
        }
    }

    /// The stage that has work.
    pub(super) fn stage(&self) -> Stage {
        self.subject
    }

    /// The lane of the tasks that wait.
    pub(super) fn lane(&self) -> Lane {
        self.data.lane
    }

    /// The trace that it belongs to; a context that cannot be read is none.
    pub(super) fn trace(&self) -> Option<TraceContext> {
        self.traceparent.as_ref().and_then(|text| text.parse().ok())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn waiting(trace: Option<&str>) -> Waiting {
        let trace = trace.and_then(|text| text.parse().ok());
        Waiting { stage: Stage::Verify, lane: Lane::Usual, tasks: 3, trace }
    }

    #[test]
    fn a_doorbell_is_a_cloud_event_that_is_read_again() {
        let trace = "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01";
        let rung = DoorbellEvent::new("one".to_owned(), Uuid::nil(), DateTime::UNIX_EPOCH, &waiting(Some(trace)));
        let written = serde_json::to_value(&rung).expect("JSON");
        let expected = serde_json::json!({
            "specversion": "1.0", "id": "one", "source": "urn:uuid:00000000-0000-0000-0000-000000000000",
            "type": "atr.tasks.waiting", "subject": "verify", "time": "1970-01-01T00:00:00Z",
            "datacontenttype": "application/json", "traceparent": trace, "data": {"lane": "usual", "tasks": 3},
        });
        assert_eq!(written, expected);
        assert_eq!(serde_json::from_value::<DoorbellEvent>(written).expect("read"), rung);
    }

    #[test]
    fn what_another_program_may_add_is_passed_over_and_what_is_not_a_doorbell_is_refused() {
        let rung = DoorbellEvent::new("one".to_owned(), Uuid::nil(), DateTime::UNIX_EPOCH, &waiting(None));
        let mut written = serde_json::to_value(&rung).expect("JSON");
        written["partitionkey"] = "eu".into();
        assert_eq!(serde_json::from_value::<DoorbellEvent>(written.clone()).expect("read"), rung);
        for (field, value) in [("specversion", "0.3"), ("type", "atr.model.promoted"), ("subject", "juggle")] {
            let mut other = written.clone();
            other[field] = value.into();
            assert!(serde_json::from_value::<DoorbellEvent>(other).is_err(), "{field}: {value}");
        }
    }
}
