//! OTLP over gRPC: what a gRPC client sends through a socket, and what it is told.

use std::{net::Ipv4Addr, time::Duration};

use atr::{
    app::{Actor, projects},
    http::{Listeners, serve},
};
use atr_core::domain::{
    access::Role,
    intake::{Balance, Door},
};
use axum::{body::Body, http::StatusCode};
use opentelemetry_proto::tonic::{
    collector::{
        logs::v1::logs_service_client::LogsServiceClient,
        trace::v1::{ExportTraceServiceRequest, ExportTraceServiceResponse, trace_service_client::TraceServiceClient},
    },
    trace::v1::Span,
};
use tokio::{net::TcpListener, task::JoinHandle};
use tokio_util::sync::CancellationToken;
use tonic::{
    Code, Request, Response, Status,
    codec::CompressionEncoding,
    transport::{Channel, Endpoint},
};
use tonic_types::StatusExt as _;

use crate::{
    otlp::{
        assemble, balance,
        spans::{TRACE_HEX, chat, event, logs, request, text},
        stored, world,
    },
    process::{self, Installation},
    world::{World, body_of},
};

/// Both doors of a world, on sockets.
struct Service {
    endpoint: Endpoint,
    channel: Channel,
    stop: CancellationToken,
    serving: JoinHandle<std::io::Result<()>>,
}

impl Service {
    async fn of(world: &World) -> Self {
        let listener = async || TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.expect("a port");
        let (http, grpc) = (listener().await, listener().await);
        let address = |of: &TcpListener| format!("http://{}", of.local_addr().expect("an address"));
        let endpoint: Endpoint = address(&grpc).parse().expect("an endpoint");
        let stop = CancellationToken::new();
        let listeners = Listeners { http, otlp_grpc: Some(grpc), tls: None };
        let serving = serve(listeners, world.state.clone(), stop.clone(), Duration::from_secs(60));
        let serving = tokio::spawn(serving);
        Self { channel: endpoint.connect_lazy(), endpoint, stop, serving }
    }

    fn traces(&self) -> TraceServiceClient<Channel> {
        TraceServiceClient::new(self.channel.clone())
    }

    async fn send(&self, key: &str, spans: Vec<Span>) -> Result<ExportTraceServiceResponse, Status> {
        self.traces().export(signed(key, request(spans))).await.map(Response::into_inner)
    }
}

/// What the other door answers.
async fn get(world: &World, path: &str) -> (StatusCode, String) {
    let response = world.ask(axum::http::Request::get(path).body(Body::empty()).expect("a request")).await;
    (response.status(), String::from_utf8(body_of(response).await.to_vec()).expect("text"))
}

fn signed<T>(key: &str, message: T) -> Request<T> {
    let mut request = Request::new(message);
    let bearer = format!("Bearer {key}").parse().expect("a value");
    request.metadata_mut().insert("authorization", bearer);
    request
}

fn refused<T: std::fmt::Debug>(answered: Result<T, Status>) -> Status {
    answered.expect_err("it is refused")
}

#[tokio::test]
async fn spans_and_events_are_stored_and_sent_again_they_are_duplicates() {
    let (world, key) = world(1.0).await;
    let service = Service::of(&world).await;
    let told = vec![text("gen_ai.evaluation.name", "correctness"), text("gen_ai.evaluation.score.label", "fail")];
    let told = logs(vec![event("gen_ai.evaluation.result", Some(1), told), event("", Some(1), vec![])]);
    for sent in 1..3 {
        let answer = service.send(&key, vec![chat(1, None, "q", "a")]).await.expect("a success");
        assert_eq!(answer.partial_success, None);
        let mut client = LogsServiceClient::new(service.channel.clone());
        let answer = client.export(signed(&key, told.clone())).await.expect("a success").into_inner();
        assert_eq!(answer.partial_success, None);
        let expected = Balance { stored: 2, duplicate: 2 * (sent - 1), filtered: sent, ..Balance::default() };
        assert_eq!(balance(&world, Door::Spans).await, expected);
    }
    assemble(&world).await;
    let all = stored(&world).await;
    let [(trace, _)] = all.as_slice() else { panic!("{} traces", all.len()) };
    assert_eq!((trace.external_id.as_deref(), trace.answer.as_str()), (Some(TRACE_HEX), "a"));
    assert_eq!(trace.flaw_labels, ["evaluation.correctness"]);
    let metrics = get(&world, "/metrics").await.1;
    let method = "/opentelemetry.proto.collector.trace.v1.TraceService/Export";
    assert!(metrics.contains(&format!(r#"atr_grpc_requests_total{{method="{method}",code="Ok"}}"#)), "{metrics}");
    assert!(metrics.contains(&format!(r#"atr_grpc_request_seconds_count{{method="{method}"}}"#)), "{metrics}");
}

#[tokio::test]
async fn what_is_packed_is_unpacked() {
    for (n, coding) in [(1, CompressionEncoding::Gzip), (2, CompressionEncoding::Zstd)] {
        let (world, key) = world(1.0).await;
        let service = Service::of(&world).await;
        let mut client = service.traces().send_compressed(coding);
        client.export(signed(&key, request(vec![chat(n, None, "q", "a")]))).await.expect("a success");
        assert_eq!(balance(&world, Door::Spans).await.stored, 1, "{coding}");
    }
}

#[tokio::test]
async fn a_span_that_is_refused_costs_itself_alone_and_is_told() {
    let (world, key) = world(1.0).await;
    let service = Service::of(&world).await;
    let nameless = Span { span_id: vec![], ..chat(1, None, "q", "a") };
    let answer = service.send(&key, vec![nameless, chat(2, None, "q", "a")]).await.expect("a partial success");
    let told = answer.partial_success.expect("what is refused");
    assert_eq!(told.rejected_spans, 1);
    assert!(told.error_message.contains("item 0: span_id has 8 bytes"), "{}", told.error_message);
    assert_eq!(balance(&world, Door::Spans).await, Balance { stored: 1, rejected: 1, ..Balance::default() });
}

#[tokio::test]
async fn who_may_not_is_told_so_before_anything_is_stored() {
    let (world, key) = world(1.0).await;
    let service = Service::of(&world).await;
    let spans = || request(vec![chat(1, None, "q", "a")]);
    let nobody = refused(service.traces().export(Request::new(spans())).await);
    assert_eq!(nobody.code(), Code::Unauthenticated);
    assert!(nobody.message().contains("Authorization: Bearer"), "{nobody}");
    assert_eq!(refused(service.send("atr_nobodys", vec![]).await).code(), Code::Unauthenticated);
    let reader = world.key(Role::Auditor, None).await;
    assert_eq!(refused(service.send(&reader, vec![chat(1, None, "q", "a")]).await).code(), Code::PermissionDenied);
    let mut elsewhere = signed(&key, spans());
    elsewhere.metadata_mut().insert("atr-project", "nowhere".parse().expect("a value"));
    let elsewhere = refused(service.traces().export(elsewhere).await);
    assert_eq!(elsewhere.code(), Code::NotFound);
    assert!(elsewhere.get_details_retry_info().is_none());
    assert_eq!(balance(&world, Door::Spans).await, Balance::default());
    let metrics = get(&world, "/metrics").await.1;
    assert!(metrics.contains(r#"TraceService/Export",code="PermissionDenied"}"#), "{metrics}");
}

#[tokio::test]
async fn what_a_tenant_sends_is_in_no_other_tenants_project() {
    let (world, key) = world(1.0).await;
    let service = Service::of(&world).await;
    let other = world.database.add_project("other").await;
    let operator = world.key(Role::Operator, None).await;
    service.send(&key, vec![chat(1, None, "q", "ours")]).await.expect("a success");
    let mut theirs = signed(&operator, request(vec![chat(1, None, "q", "theirs")]));
    theirs.metadata_mut().insert("atr-project", "other".parse().expect("a value"));
    let answer = service.traces().export(theirs).await.expect("a success").into_inner();
    // The same ids under another tenant are another span.
    assert_eq!(answer.partial_success, None);
    for project in [world.database.project, other] {
        let mut tx = world.app.store.begin(project).await.expect("a transaction");
        let counted = tx.balance(Some(Door::Spans)).await.expect("the balance");
        assert_eq!(counted, Balance { stored: 1, ..Balance::default() });
    }
    // A sender cannot name a project that is not its own.
    let mut entering = signed(&key, request(vec![chat(2, None, "q", "a")]));
    entering.metadata_mut().insert("atr-project", "other".parse().expect("a value"));
    assert_eq!(refused(service.traces().export(entering).await).code(), Code::NotFound);
}

#[tokio::test]
async fn what_is_too_large_is_refused_for_good_packed_or_not() {
    let (world, key) = world(1.0).await;
    let service = Service::of(&world).await;
    let large = || request(vec![chat(1, None, "q", &"a".repeat(40 << 20))]);
    for client in [service.traces(), service.traces().send_compressed(CompressionEncoding::Gzip)] {
        let told = refused(client.max_encoding_message_size(64 << 20).export(signed(&key, large())).await);
        // Without a time to come again, an exporter lets it be.
        assert_eq!(told.code(), Code::ResourceExhausted, "{told}");
        assert!(told.get_details_retry_info().is_none(), "{told:?}");
        assert!(told.message().contains("send fewer spans at once"), "{told}");
    }
    assert_eq!(balance(&world, Door::Spans).await, Balance::default());
}

/// Sends bytes as they are.
async fn raw(service: &Service, key: &str, path: &'static str, bytes: &'static [u8]) -> Status {
    let mut grpc = tonic::client::Grpc::new(service.channel.clone());
    grpc.ready().await.expect("a connection");
    let codec = tonic_prost::ProstCodec::<Wrapped, ExportTraceServiceResponse>::default();
    refused(grpc.unary(signed(key, Wrapped { bytes: bytes.to_vec() }), path.parse().expect("a path"), codec).await)
}

/// A message with a field that a request has too, of another kind.
#[derive(Clone, PartialEq, prost::Message)]
struct Wrapped {
    #[prost(bytes = "vec", tag = "1")]
    bytes: Vec<u8>,
}

#[tokio::test]
async fn what_is_no_request_is_an_invalid_argument_and_what_is_no_method_is_not_implemented() {
    let (world, key) = world(1.0).await;
    let service = Service::of(&world).await;
    let nonsense = b"\xff\xff\xff";
    let told = raw(&service, &key, "/opentelemetry.proto.collector.trace.v1.TraceService/Export", nonsense).await;
    assert_eq!(told.code(), Code::InvalidArgument, "{told}");
    let metrics = "/opentelemetry.proto.collector.metrics.v1.MetricsService/Export";
    let told = raw(&service, &key, metrics, nonsense).await;
    assert_eq!(told.code(), Code::Unimplemented, "{told}");
    // Each port has its own protocol.
    let (status, _) = get(&world, "/opentelemetry.proto.collector.trace.v1.TraceService/Export").await;
    assert_eq!(status, StatusCode::NOT_FOUND);
}

#[tokio::test]
async fn at_the_bound_of_unfinished_work_the_sender_is_told_when_to_come_again() {
    let (world, key) = world(1.0).await;
    let service = Service::of(&world).await;
    projects::set_max_backlog(&world.app, &Actor::local(world.database.project), 1).await.expect("a bound");
    service.send(&key, vec![chat(1, None, "q", "a")]).await.expect("a success");
    world.database.clock.advance(chrono::TimeDelta::minutes(1));
    let told = refused(service.send(&key, vec![chat(2, None, "q", "a")]).await);
    assert_eq!(told.code(), Code::ResourceExhausted, "{told}");
    let pause = told.get_details_retry_info().and_then(|info| info.retry_delay).expect("when to come again");
    assert!((1..=20).contains(&pause.as_secs()), "{pause:?}");
    // Where exporters of the Python SDK look.
    assert!(told.metadata().contains_key("google.rpc.retryinfo-bin"), "{told:?}");
}

#[tokio::test]
async fn while_the_database_is_away_the_sender_is_told_to_come_again() {
    let (world, key) = world(1.0).await;
    let service = Service::of(&world).await;
    service.send(&key, vec![chat(1, None, "q", "a")]).await.expect("a success");
    world.app.store.close().await;
    let told = refused(service.send(&key, vec![chat(2, None, "q", "a")]).await);
    assert_eq!(told.code(), Code::Unavailable, "{told}");
    assert!(told.get_details_retry_info().and_then(|info| info.retry_delay).is_some(), "{told:?}");
}

#[tokio::test]
async fn an_export_that_runs_when_the_service_is_told_to_stop_is_stored_and_answered() {
    let (world, key) = world(1.0).await;
    let service = Service::of(&world).await;
    let mut locked = world.database.owner.begin().await.expect("a transaction");
    sqlx::query("lock table staged_span in share mode").execute(&mut *locked).await.expect("a lock");
    let sending: JoinHandle<Result<Response<ExportTraceServiceResponse>, Status>> = {
        let (mut client, key) = (service.traces(), key.clone());
        tokio::spawn(async move {
            let sent: ExportTraceServiceRequest = request(vec![chat(1, None, "q", "a")]);
            client.export(signed(&key, sent)).await
        })
    };
    while !world.database.someone_waits_for_a_lock().await {
        tokio::task::yield_now().await;
    }
    service.stop.cancel();
    // Whoever comes now is not served.
    let late = async || {
        let mut client = TraceServiceClient::new(service.endpoint.connect_lazy());
        client.export(signed(&key, request(vec![]))).await
    };
    while !matches!(late().await, Err(told) if told.code() == Code::Unavailable) {
        tokio::task::yield_now().await;
    }
    assert!(!service.serving.is_finished());
    locked.commit().await.expect("the lock is given back");
    let answer = sending.await.expect("it ends").expect("a success").into_inner();
    assert_eq!(answer.partial_success, None);
    service.serving.await.expect("it ends").expect("it was served");
    assert_eq!(balance(&world, Door::Spans).await, Balance { stored: 1, ..Balance::default() });
}

#[tokio::test]
async fn the_program_serves_it_where_it_is_told_to_and_not_where_another_is_or_at_all() -> process::Result {
    let installation = Installation::new()?;
    let held = installation.hold_database().await?;
    installation.run(&["migrate"]).await?;
    let serving = installation.serve(&["--otlp-grpc-listen", "127.0.0.1:0"]).await?;
    let address = serving.otlp_grpc.clone().ok_or("it says where")?;
    let key = serving.first_key.clone().ok_or("it says the first key")?;
    let mut client = TraceServiceClient::new(Endpoint::new(address.clone())?.connect().await?);
    let answer = client.export(signed(&key, request(vec![chat(1, None, "q", "a")]))).await?.into_inner();
    assert_eq!(answer.partial_success, None);

    let taken = address.strip_prefix("http://").ok_or("an address")?;
    let ended = installation.end(&["serve", "--listen", "127.0.0.1:0", "--otlp-grpc-listen", taken]).await?;
    assert_eq!(ended.code, Some(1), "{}", ended.said);
    assert!(
        ended.complained.contains("choose another address with --otlp-grpc-listen, or `off`"),
        "{}",
        ended.complained
    );
    for off in ["off", ""] {
        let without = installation.serve(&["--otlp-grpc-listen", off]).await?;
        assert_eq!(without.otlp_grpc, None);
        without.stop().await?;
    }
    // The client is connected still: that keeps nothing up.
    serving.stop().await?;
    drop(client);
    held.stop().await
}
