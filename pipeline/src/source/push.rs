//! Doors through which senders push messages into a [spool](super::spool): HTTP and TCP. Both answer
//! when the message is on disk, and not before.
//!
//! * HTTP: `POST /messages` with the message as the body. `202` and `{"segment", "position"}` when it is
//!   on disk; `413` too long, `415` packed, `503` full or stopping, with `Retry-After`: send it again.
//! * TCP: frames of four bytes of length (big-endian) and the message. One byte answers each frame, in
//!   order: `06` (ACK) when it is on disk, `15` (NAK) when it was not taken; then the sender may send
//!   it again. Frames may be sent ahead of their answers.
//!
//! A message that was acknowledged is screened exactly once. One whose answer was lost on the way may
//! be sent twice by its sender; then it is two messages, as it would be from a queue.

use std::sync::Arc;

use axum::Router;
use axum::body::to_bytes;
use axum::extract::{Request, State};
use axum::http::{StatusCode, header};
use axum::response::{IntoResponse, Response};
use axum::routing::post;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;

use super::spool::{Inbox, Refused};
use crate::runtime::Stop;

const ACK: u8 = 0x06;
const NAK: u8 = 0x15;
/// Senders that are served side by side; others wait to be let in.
const SENDERS: usize = 256;
/// Bytes of messages that are being received, over all senders of a door.
const RECEIVING: usize = 256 << 20;
/// Unit in which they are counted.
const UNIT: usize = 4 << 10;

/// Serves HTTP until the end is asked for.
pub async fn serve_http(listener: TcpListener, inbox: Inbox, stop: Stop) -> std::io::Result<()> {
    let app = Router::new()
        .route("/messages", post(take))
        .with_state(Arc::new(Door { inbox, receiving: Semaphore::new(RECEIVING / UNIT) }));
    axum::serve(listener, app).with_graceful_shutdown(async move { stop.asked().await }).await
}

struct Door {
    inbox: Inbox,
    receiving: Semaphore,
}

async fn take(State(door): State<Arc<Door>>, request: Request) -> Response {
    let longest = door.inbox.longest();
    let told = request.headers().get(header::CONTENT_LENGTH).and_then(|v| v.to_str().ok()?.parse().ok());
    if told.is_some_and(|length: usize| length > longest) {
        return refused(Refused::TooLong);
    }
    // Paid for before the body is received; one that does not tell its length pays for the longest.
    let Ok(_room) = door.receiving.acquire_many(units(told.unwrap_or(longest))).await else {
        return refused(Refused::Closed);
    };
    let Ok(bytes) = to_bytes(request.into_body(), longest).await else {
        return refused(Refused::TooLong);
    };
    match door.inbox.put(bytes).await {
        Ok(receipt) => {
            let body = serde_json::json!({"segment": &*receipt.segment, "position": receipt.position}).to_string();
            (StatusCode::ACCEPTED, [(header::CONTENT_TYPE, "application/json")], body).into_response()
        }
        Err(why) => refused(why),
    }
}

fn refused(why: Refused) -> Response {
    let status = match why {
        Refused::TooLong => StatusCode::PAYLOAD_TOO_LARGE,
        Refused::Packed => StatusCode::UNSUPPORTED_MEDIA_TYPE,
        Refused::Full | Refused::Closed => StatusCode::SERVICE_UNAVAILABLE,
    };
    (status, [(header::RETRY_AFTER, "1")], format!("{why}\n")).into_response()
}

fn units(bytes: usize) -> u32 {
    bytes.div_ceil(UNIT).clamp(1, RECEIVING / UNIT) as u32
}

/// Serves TCP until the end is asked for.
pub async fn serve_tcp(listener: TcpListener, inbox: Inbox, stop: Stop) -> std::io::Result<()> {
    let door = Arc::new(Door { inbox, receiving: Semaphore::new(RECEIVING / UNIT) });
    let senders = Arc::new(Semaphore::new(SENDERS));
    loop {
        let place = tokio::select! {
            place = Arc::clone(&senders).acquire_owned() => place,
            () = stop.asked() => return Ok(()),
        };
        let stream = tokio::select! {
            accepted = listener.accept() => accepted,
            () = stop.asked() => return Ok(()),
        };
        match stream {
            Ok((stream, _)) => {
                let (door, stop) = (Arc::clone(&door), stop.clone());
                tokio::spawn(async move {
                    let _place = place;
                    tokio::select! {
                        ended = converse(stream, &door) => if let Err(error) = ended {
                            tracing::debug!(%error, "a sender broke off");
                        },
                        () = stop.asked() => {}
                    }
                });
            }
            Err(error) => {
                tracing::warn!(%error, "a sender could not be let in");
                tokio::time::sleep(std::time::Duration::from_millis(100)).await;
            }
        }
    }
}

/// One sender, until it closes its side.
async fn converse(mut stream: TcpStream, door: &Door) -> std::io::Result<()> {
    stream.set_nodelay(true)?;
    let (from, mut to) = stream.split();
    let mut from = tokio::io::BufReader::with_capacity(1 << 16, from);
    loop {
        let length = match from.read_u32().await {
            Ok(length) => length as usize,
            Err(e) if e.kind() == std::io::ErrorKind::UnexpectedEof => return Ok(()),
            Err(e) => return Err(e),
        };
        if length > door.inbox.longest() {
            // What follows cannot be told apart from it.
            to.write_u8(NAK).await?;
            return to.shutdown().await;
        }
        let Ok(_room) = door.receiving.acquire_many(units(length)).await else { return Ok(()) };
        let mut bytes = vec![0; length];
        from.read_exact(&mut bytes).await?;
        let answer = if door.inbox.put(bytes.into()).await.is_ok() { ACK } else { NAK };
        to.write_u8(answer).await?;
    }
}
