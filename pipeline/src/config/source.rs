use std::net::SocketAddr;
use std::path::PathBuf;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use tamis_operators::scenario::nearest;

use crate::source::kafka::{KafkaSettings, Sasl, Security, StartAt};
use crate::source::spool::SpoolLimits;
use crate::source::watch::After;

/// A source as it is written; which keys belong to which kind is checked afterwards.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct Written {
    name: String,
    kind: String,
    folder: Option<PathBuf>,
    poll_milliseconds: Option<u64>,
    settle_milliseconds: Option<u64>,
    marker: Option<String>,
    after: Option<String>,
    move_to: Option<PathBuf>,
    listen: Option<String>,
    spool: Option<PathBuf>,
    spool_mebibytes: Option<u64>,
    message_mebibytes: Option<u64>,
    travellers: Option<u64>,
    entities: Option<u64>,
    seed: Option<u64>,
    dirt: Option<f64>,
    rate: Option<f64>,
    brokers: Option<Vec<String>>,
    topic: Option<String>,
    start: Option<String>,
    fetch_mebibytes: Option<u64>,
    answer_seconds: Option<f64>,
    tls_ca: Option<PathBuf>,
    sasl: Option<String>,
    username: Option<String>,
    password_env: Option<String>,
}

/// A source.
#[derive(Debug, Clone, PartialEq)]
pub struct Source {
    /// Its name in every row and in the checkpoint.
    pub name: String,
    /// What it is.
    pub kind: SourceKind,
}

/// What a source is.
#[derive(Debug, Clone, PartialEq)]
pub enum SourceKind {
    /// A watched folder.
    Folder {
        /// The folder.
        folder: PathBuf,
        /// How often it is listed.
        poll: Duration,
        /// How long a file rests before it is complete.
        settle: Duration,
        /// Ending of the files that say that others are complete.
        marker: Option<String>,
        /// What becomes of committed files.
        after: After,
    },
    /// Pushed messages in a spool.
    Push {
        /// HTTP, else TCP.
        http: bool,
        /// Where senders connect.
        listen: SocketAddr,
        /// Folder of the spool.
        spool: PathBuf,
        /// How large it may be.
        limits: SpoolLimits,
    },
    /// The standard input.
    Stdin,
    /// Made-up travellers.
    Generator {
        /// Travellers.
        travellers: u64,
        /// Entities of the list of the same seed.
        entities: u64,
        /// Seed.
        seed: u64,
        /// Share of dirty interchanges.
        dirt: f64,
        /// Travellers a second; `None` is as fast as possible.
        rate: Option<f64>,
    },
    /// A topic of Kafka.
    Kafka(KafkaSettings),
}

pub(super) const KINDS: [&str; 6] = ["folder", "http", "tcp", "kafka", "stdin", "generator"];

impl Written {
    /// The source, or what is wrong with it.
    pub(super) fn check(&self) -> Result<Source, String> {
        let name = self.name.trim();
        if name.is_empty() {
            return Err("a source has no name".into());
        }
        let kind = self.kind.as_str();
        let keys: &[&str] = match kind {
            "folder" => &["folder", "poll_milliseconds", "settle_milliseconds", "marker", "after", "move_to"],
            "http" | "tcp" => &["listen", "spool", "spool_mebibytes", "message_mebibytes"],
            "stdin" => &[],
            "generator" => &["travellers", "entities", "seed", "dirt", "rate"],
            "kafka" => {
                &["brokers", "topic", "start", "fetch_mebibytes", "answer_seconds", "tls_ca", "sasl", "username", "password_env"]
            }
            other => {
                let hint = nearest(other, KINDS).map_or_else(String::new, |right| format!(", did you mean {right}"));
                return Err(format!("source {name} has the kind {other:?}; there are {}{hint}", KINDS.join(", ")));
            }
        };
        if let Some(foreign) = self.given().into_iter().find(|key| !keys.contains(key)) {
            return Err(format!("source {name}: {foreign} is no setting of a {kind} source (it has {})", keys.join(", ")));
        }
        let missing = |key: &str| format!("source {name}: {key} is missing");
        let kind = match kind {
            "folder" => SourceKind::Folder {
                folder: self.folder.clone().ok_or_else(|| missing("folder"))?,
                poll: Duration::from_millis(self.poll_milliseconds.unwrap_or(500).max(1)),
                settle: Duration::from_millis(self.settle_milliseconds.unwrap_or(2_000)),
                marker: self.marker.clone().filter(|m| !m.is_empty()),
                after: self.after(name)?,
            },
            "stdin" => SourceKind::Stdin,
            "kafka" => SourceKind::Kafka(self.kafka(name)?),
            "generator" => SourceKind::Generator {
                travellers: self.travellers.unwrap_or(1_000_000),
                entities: self.entities.unwrap_or(10_000),
                seed: self.seed.unwrap_or(2_026),
                dirt: self.dirt.filter(|d| (0.0..=1.0).contains(d)).unwrap_or(0.02),
                rate: self.rate.filter(|r| *r > 0.0),
            },
            push => {
                let default = SpoolLimits::default();
                let listen = self.listen.as_ref().ok_or_else(|| missing("listen"))?;
                let listen = listen
                    .parse()
                    .map_err(|_| format!("source {name}: listen must be an address and a port, as 127.0.0.1:8480"))?;
                let bytes = self.spool_mebibytes.map_or(default.bytes, |m| m << 20);
                let longest = self.message_mebibytes.map_or(default.longest_message, |m| (m as usize) << 20);
                if longest == 0 || longest > u32::MAX as usize {
                    return Err(format!("source {name}: message_mebibytes must be between 1 and 4095"));
                }
                SourceKind::Push {
                    http: push == "http",
                    listen,
                    spool: self.spool.clone().ok_or_else(|| missing("spool"))?,
                    limits: SpoolLimits { bytes, longest_message: longest, ..default },
                }
            }
        };
        Ok(Source { name: name.to_owned(), kind })
    }

    fn kafka(&self, name: &str) -> Result<KafkaSettings, String> {
        let wrong = |what: String| format!("source {name}: {what}");
        let brokers = self.brokers.clone().unwrap_or_default();
        if brokers.is_empty() {
            return Err(wrong("brokers is missing, as [\"127.0.0.1:9092\"]".into()));
        }
        let is_address =
            |b: &String| b.rsplit_once(':').is_some_and(|(host, port)| !host.is_empty() && port.parse::<u16>().is_ok());
        if let Some(broker) = brokers.iter().find(|b| !is_address(b)) {
            return Err(wrong(format!("broker {broker:?} must be a host and a port, as 127.0.0.1:9092")));
        }
        let topic = self.topic.clone().filter(|t| !t.is_empty()).ok_or_else(|| wrong("topic is missing".into()))?;
        let start = match self.start.as_deref().unwrap_or("earliest") {
            "earliest" => StartAt::Earliest,
            "latest" => StartAt::Latest,
            other => return Err(wrong(format!("start is {other:?}; there are earliest and latest"))),
        };
        let fetch = self.fetch_mebibytes.unwrap_or(4);
        if !(1..=1_024).contains(&fetch) {
            return Err(wrong("fetch_mebibytes must be between 1 and 1024".into()));
        }
        let answer = self.answer_seconds.unwrap_or(30.0);
        if !(1.0..=3_600.0).contains(&answer) {
            return Err(wrong("answer_seconds must be between 1 and 3600".into()));
        }
        let given = |text: &Option<String>| text.clone().filter(|t| !t.is_empty());
        let sasl = match (given(&self.sasl), given(&self.username), given(&self.password_env)) {
            (None, None, None) => None,
            (Some(mechanism), Some(username), Some(password_env)) => {
                if !Sasl::MECHANISMS.contains(&mechanism.as_str()) {
                    return Err(wrong(format!("sasl is {mechanism:?}; there are {}", Sasl::MECHANISMS.join(", "))));
                }
                Some(Sasl { mechanism, username, password_env })
            }
            _ => return Err(wrong("sasl, username and password_env belong together".into())),
        };
        let ca = self.tls_ca.clone().filter(|p| !p.as_os_str().is_empty());
        let (fetch_bytes, answer) = ((fetch << 20) as i32, Duration::from_secs_f64(answer));
        Ok(KafkaSettings { brokers, topic, start, fetch_bytes, answer, security: Security { ca, sasl } })
    }

    fn after(&self, name: &str) -> Result<After, String> {
        match (self.after.as_deref().unwrap_or("keep"), self.move_to.clone().filter(|p| !p.as_os_str().is_empty())) {
            ("keep", None) => Ok(After::Keep),
            ("delete", None) => Ok(After::Delete),
            ("move", Some(to)) => Ok(After::Move(to)),
            ("move", None) => Err(format!("source {name}: after = \"move\" needs move_to, a folder outside of the watched one")),
            ("keep" | "delete", Some(_)) => Err(format!("source {name}: move_to is for after = \"move\"")),
            (other, _) => Err(format!("source {name}: after is {other:?}; there are keep, move and delete")),
        }
    }

    /// Keys beside name and kind that are given.
    fn given(&self) -> Vec<&'static str> {
        let all = [
            ("folder", self.folder.is_some()),
            ("poll_milliseconds", self.poll_milliseconds.is_some()),
            ("settle_milliseconds", self.settle_milliseconds.is_some()),
            ("marker", self.marker.is_some()),
            ("after", self.after.is_some()),
            ("move_to", self.move_to.is_some()),
            ("listen", self.listen.is_some()),
            ("spool", self.spool.is_some()),
            ("spool_mebibytes", self.spool_mebibytes.is_some()),
            ("message_mebibytes", self.message_mebibytes.is_some()),
            ("travellers", self.travellers.is_some()),
            ("entities", self.entities.is_some()),
            ("seed", self.seed.is_some()),
            ("dirt", self.dirt.is_some()),
            ("rate", self.rate.is_some()),
            ("brokers", self.brokers.is_some()),
            ("topic", self.topic.is_some()),
            ("start", self.start.is_some()),
            ("fetch_mebibytes", self.fetch_mebibytes.is_some()),
            ("answer_seconds", self.answer_seconds.is_some()),
            ("tls_ca", self.tls_ca.is_some()),
            ("sasl", self.sasl.is_some()),
            ("username", self.username.is_some()),
            ("password_env", self.password_env.is_some()),
        ];
        all.into_iter().filter(|(_, given)| *given).map(|(key, _)| key).collect()
    }
}

impl Source {
    /// The word of its kind.
    pub fn kind_word(&self) -> &'static str {
        match self.kind {
            SourceKind::Folder { .. } => "folder",
            SourceKind::Push { http: true, .. } => "http",
            SourceKind::Push { http: false, .. } => "tcp",
            SourceKind::Stdin => "stdin",
            SourceKind::Generator { .. } => "generator",
            SourceKind::Kafka(_) => "kafka",
        }
    }

    /// What a crash may cost: what `tamis validate` tells.
    pub fn guarantee(&self) -> &'static str {
        match &self.kind {
            SourceKind::Folder { after: After::Keep, .. } => {
                "exactly once: every file is read once, the checkpoint remembers how far; a file that is written anew is a new file"
            }
            SourceKind::Folder { .. } => {
                "exactly once: every file is read once and put away after its commit; a file that is written anew is a new file"
            }
            SourceKind::Push { .. } => {
                "exactly once from the acknowledgement on: acknowledged when on disk, deleted when committed; what a sender sends \
                 again for want of an answer is a second message"
            }
            SourceKind::Stdin => "at most once: what was read and not committed is lost when the process dies",
            SourceKind::Kafka(_) => {
                "exactly once: the offset stands in the commit of the rows; as long as the topic keeps its messages until they are read"
            }
            SourceKind::Generator { .. } => "exactly once: messages are made anew from where the checkpoint stands",
        }
    }

    pub(super) fn paths(&mut self) -> Vec<&mut PathBuf> {
        match &mut self.kind {
            SourceKind::Folder { folder, after: After::Move(to), .. } => vec![folder, to],
            SourceKind::Folder { folder, .. } => vec![folder],
            SourceKind::Push { spool, .. } => vec![spool],
            SourceKind::Kafka(settings) => settings.security.ca.as_mut().into_iter().collect(),
            SourceKind::Stdin | SourceKind::Generator { .. } => Vec::new(),
        }
    }
}
