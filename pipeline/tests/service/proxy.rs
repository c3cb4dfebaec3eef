//! A line between clients and a broker that can be cut, while the broker lives on.

use std::io::{Read, Write};
use std::net::{Shutdown, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use super::free_port;

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Line {
    /// Everything goes through.
    Whole,
    /// Nobody listens, and connections were cut.
    Refused,
    /// Connections are taken, and nothing goes through. Those that there are then never work again.
    Silent,
}

#[derive(Debug)]
struct State {
    line: Line,
    /// Grows with every break; a connection of an earlier one is dead.
    age: u64,
    open: Vec<TcpStream>,
}

/// The near end of the line.
#[derive(Debug)]
pub(crate) struct Proxy {
    pub(crate) address: String,
    state: Arc<Mutex<State>>,
}

impl Proxy {
    pub(crate) fn new(to: String) -> Self {
        let address = format!("127.0.0.1:{}", free_port());
        let state = Arc::new(Mutex::new(State { line: Line::Whole, age: 0, open: Vec::new() }));
        let listener = TcpListener::bind(&address).unwrap();
        let (at, shared) = (address.clone(), Arc::clone(&state));
        // Ends with the process of the tests.
        std::thread::spawn(move || listen(&at, listener, &to, &shared));
        Self { address, state }
    }

    pub(crate) fn set(&self, line: Line) {
        let mut state = self.state.lock().unwrap();
        state.line = line;
        if line == Line::Whole {
            return;
        }
        state.age += 1;
        let open = std::mem::take(&mut state.open);
        if line == Line::Refused {
            for stream in open {
                let _closed = stream.shutdown(Shutdown::Both);
            }
        } else {
            // They stay open, and their bytes go nowhere.
            std::mem::forget(open);
        }
    }
}

fn listen(at: &str, first: TcpListener, to: &str, state: &Arc<Mutex<State>>) {
    let mut listener = Some(first);
    loop {
        let line = state.lock().unwrap().line;
        if line == Line::Refused {
            listener = None;
        } else if listener.is_none() {
            listener = TcpListener::bind(at).ok();
        }
        let accepted = listener.as_ref().and_then(|l| {
            l.set_nonblocking(true).unwrap();
            l.accept().ok()
        });
        let Some((near, _)) = accepted else {
            std::thread::sleep(Duration::from_millis(2));
            continue;
        };
        near.set_nonblocking(false).unwrap();
        let Ok(far) = TcpStream::connect(to) else { continue };
        let mut now = state.lock().unwrap();
        if now.line != line {
            continue;
        }
        let age = now.age;
        now.open.extend([near.try_clone().unwrap(), far.try_clone().unwrap()]);
        drop(now);
        for (from, to) in [(near.try_clone().unwrap(), far.try_clone().unwrap()), (far, near)] {
            let state = Arc::clone(state);
            std::thread::spawn(move || carry(from, to, age, &state));
        }
    }
}

fn carry(mut from: TcpStream, mut to: TcpStream, age: u64, state: &Mutex<State>) {
    let mut buffer = vec![0; 8 << 10];
    while let Ok(n) = from.read(&mut buffer) {
        let through = {
            let state = state.lock().unwrap();
            state.line == Line::Whole && state.age == age
        };
        if through && (n == 0 || to.write_all(&buffer[..n]).is_err()) {
            let _closed = to.shutdown(Shutdown::Both);
            break;
        }
        if n == 0 {
            break;
        }
    }
}
