//! Metrics, health and state over HTTP, for those who watch the service.

use std::sync::Arc;

use axum::Router;
use axum::extract::State;
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::get;
use tokio::net::TcpListener;

use super::load::Slot;
use super::meters::Meters;
use crate::runtime::Stop;

struct Window {
    meters: Arc<Meters>,
    slot: Arc<Slot>,
    stop: Stop,
}

/// Serves until the end is asked for.
pub(super) async fn serve(listener: TcpListener, meters: Arc<Meters>, slot: Arc<Slot>, stop: Stop) -> std::io::Result<()> {
    let window = Arc::new(Window { meters, slot, stop: stop.clone() });
    let app = Router::new()
        .route("/metrics", get(metrics))
        .route("/health/live", get(|| async { "alive\n" }))
        .route("/health/ready", get(ready))
        .route("/status", get(status))
        .with_state(window);
    axum::serve(listener, app).with_graceful_shutdown(async move { stop.asked().await }).await
}

async fn metrics(State(window): State<Arc<Window>>) -> Response {
    let content_type = "application/openmetrics-text; version=1.0.0; charset=utf-8";
    ([(header::CONTENT_TYPE, content_type)], window.meters.text()).into_response()
}

/// Ready means: sources are read, and nobody asked for the end.
async fn ready(State(window): State<Arc<Window>>) -> Response {
    if window.stop.requested() {
        (StatusCode::SERVICE_UNAVAILABLE, "stopping\n").into_response()
    } else {
        "ready\n".into_response()
    }
}

async fn status(State(window): State<Arc<Window>>) -> Response {
    let now = window.slot.get();
    let status = serde_json::json!({
        "version": env!("CARGO_PKG_VERSION"),
        "last_epoch": window.meters.last_epoch(),
        "generation": now.generation().id(),
        "entities": now.generation().len(),
        "scenario_set": now.scenario_set(),
        "stopping": window.stop.requested(),
    });
    ([(header::CONTENT_TYPE, "application/json")], status.to_string()).into_response()
}
