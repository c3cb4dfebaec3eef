#![allow(clippy::unwrap_used)]
use super::*;

const SMALL: &str = "[watchlist]\npaths = [\"lists\"]\n[[source]]\nname = \"air\"\nkind = \"folder\"\nfolder = \"in\"\n";

fn parse(text: &str) -> Result<Config> {
    Config::parse("run.toml", text, [])
}

fn refused(text: &str) -> String {
    let error = parse(text).unwrap_err();
    assert_eq!(error.domain().exit_code(), 2);
    error.to_string()
}

#[test]
fn the_file_of_defaults_holds_the_defaults() {
    let written: Config = toml::from_str(DEFAULTS).unwrap();
    assert_eq!(written, Config::default());
    // Every key of every section stands in it, and so do those of the sources, in comments.
    let sections = [
        toml::Table::try_from(Output::default()).unwrap(),
        toml::Table::try_from(Watchlist::default()).unwrap(),
        toml::Table::try_from(Scenarios::default()).unwrap(),
        toml::Table::try_from(Decode::default()).unwrap(),
        toml::Table::try_from(Batch::default()).unwrap(),
        toml::Table::try_from(Epoch::default()).unwrap(),
        toml::Table::try_from(Limits::default()).unwrap(),
        toml::Table::try_from(Maintenance::default()).unwrap(),
        toml::Table::try_from(Http::default()).unwrap(),
    ];
    for key in sections.iter().flat_map(toml::Table::keys) {
        assert!(DEFAULTS.contains(&format!("\n{key} = ")) || DEFAULTS.contains(&format!(".{key}]")), "{key} is not told");
    }
    let examples: String = DEFAULTS.lines().skip_while(|l| !l.starts_with("# Sources")).filter_map(uncommented).collect();
    let text = format!("[watchlist]\npaths = [\"x\"]\n{examples}");
    let text = text.replace("after = \"keep\"\nmove_to = \"\"", "after = \"keep\"");
    let config = parse(&text).unwrap();
    assert_eq!(config.sources.len(), 5);
}

/// A line of an example.
fn uncommented(line: &str) -> Option<String> {
    let line = line.strip_prefix("# ")?;
    (line.starts_with("[[")
        || line.split_once(" = ").is_some_and(|(key, _)| key.bytes().all(|b| b.is_ascii_lowercase() || b == b'_')))
    .then(|| format!("{line}\n"))
}

#[test]
fn unknown_keys_are_refused_with_line_and_nearest() {
    let text = refused(&format!("{SMALL}[epoch]\nsecond = 5\n"));
    assert!(text.starts_with("run.toml:8: unknown field `second`") && text.ends_with("did you mean seconds"), "{text}");
    let text = refused(&format!("{SMALL}[epochs]\n"));
    assert!(text.contains("did you mean epoch"), "{text}");
    let text = refused(&format!("{SMALL}setle_milliseconds = 1\n"));
    assert!(text.contains("did you mean settle_milliseconds"), "{text}");
    let text = refused(&SMALL.replace("\"folder\"", "\"foldr\""));
    assert!(text.starts_with("run.toml:3:") && text.ends_with("did you mean folder"), "{text}");
    let text = refused(&format!("{SMALL}listen = \"127.0.0.1:1\"\n"));
    assert!(text.contains("listen is no setting of a folder source"), "{text}");
}

#[test]
fn what_makes_no_sense_is_refused() {
    assert!(refused("").contains("no source"));
    assert!(refused(&SMALL.replace("[\"lists\"]", "[]")).contains("names no list"));
    assert!(refused(&format!("{SMALL}[epoch]\nseconds = 0\n")).contains("epoch.seconds"));
    assert!(refused(&format!("{SMALL}[limits]\ndead_share = 20\n")).contains("limits.dead_share"));
    assert!(refused(&format!("{SMALL}[[source]]\nname = \"air\"\nkind = \"stdin\"\n")).contains("two sources"));
    assert!(refused(&format!("{SMALL}after = \"move\"\n")).contains("move_to"));
    assert!(refused(&format!("{SMALL}[http]\nlisten = \"0.0.0.0:80\"\n")).contains("http.public"));
    assert!(parse(&format!("{SMALL}[http]\nlisten = \"127.0.0.1:80\"\n")).is_ok());
}

#[test]
fn the_environment_wins_and_is_checked() {
    let with = |variable: &str, value: &str| Config::parse("run.toml", SMALL, [(variable.to_owned(), value.to_owned())]);
    assert!((with("TAMIS_EPOCH__SECONDS", "0.5").unwrap().epoch.seconds - 0.5).abs() < 1e-9);
    assert_eq!(with("TAMIS_OUTPUT__FOLDER", "/data/tables").unwrap().output.folder, PathBuf::from("/data/tables"));
    assert_eq!(with("TAMIS_WATCHLIST__MIN_BITS_BY_LIST__OFAC_SDN", "20").unwrap().watchlist.min_bits_by_list["ofac_sdn"], 20.0);
    assert!(with("TAMIS_LOG", "debug").is_ok());
    let text = with("TAMIS_EPOCH__SECOND", "1").unwrap_err().to_string();
    assert!(text.starts_with("environment variable TAMIS_EPOCH__SECOND:") && text.ends_with("did you mean seconds"), "{text}");
}

#[test]
fn relative_paths_are_relative_to_the_file() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("run.toml");
    std::fs::write(&path, SMALL).unwrap();
    let config = Config::read(&path).unwrap();
    assert_eq!(config.output.folder, dir.path().join("tables"));
    assert_eq!(config.watchlist.paths, [dir.path().join("lists")]);
    assert!(matches!(&config.sources[0].kind, SourceKind::Folder { folder, .. } if *folder == dir.path().join("in")));
}

#[test]
fn a_topic_says_where_it_is_and_keeps_its_password_out_of_the_file() {
    let source = |more: &str| format!("[watchlist]\npaths = [\"x\"]\n[[source]]\nname = \"q\"\nkind = \"kafka\"\n{more}\n");
    let brokers = "brokers = [\"a.example:9092\"]\ntopic = \"pnr\"\n";
    let config = parse(&source(brokers)).unwrap();
    let SourceKind::Kafka(settings) = &config.sources[0].kind else { panic!("{config:?}") };
    assert_eq!((settings.topic.as_str(), settings.fetch_bytes, settings.security.sasl.is_none()), ("pnr", 4 << 20, true));
    for (more, wrong) in [
        ("topic = \"pnr\"", "brokers is missing"),
        ("brokers = [\"a.example\"]\ntopic = \"pnr\"", "must be a host and a port"),
        ("brokers = [\"a.example:9092\"]", "topic is missing"),
        (&format!("{brokers}start = \"first\""), "there are earliest and latest"),
        (&format!("{brokers}sasl = \"plain\""), "belong together"),
        (
            &format!("{brokers}sasl = \"md5\"\nusername = \"u\"\npassword_env = \"P\""),
            "there are plain, scram-sha-256, scram-sha-512",
        ),
        (&format!("{brokers}password = \"secret\""), "unknown field `password`"),
        (&format!("{brokers}listen = \"127.0.0.1:1\""), "listen is no setting of a kafka source"),
    ] {
        let text = refused(&source(more));
        assert!(text.contains(wrong), "{text}");
    }
}
