//! Every call with which committed files are put away fails once: each file is read once, whatever was lost.
#![allow(clippy::unwrap_used)]
use super::*;
use crate::flow::Budget;
use crate::runtime::Stop;
use crate::sink::LocalFs;
use crate::sink::lossy::LossyFs;
use crate::source::testing::{ENDS, SOON, World};

const LINES: Framing = Framing { message: |b| memchr::memrchr(b'\n', b).map(|n| n + 1), row: |_| None, header: |_| None };
const FILES: [&str; 3] = ["a.edi", "sub/b.edi", "sub/c.edi"];

fn watch(dir: &Path, after: After, marker: bool, disk: &Arc<dyn Fs>) -> Watch {
    Watch {
        name: "air".into(),
        folder: dir.join("in"),
        poll: Duration::from_millis(2),
        settle: Duration::ZERO,
        marker: marker.then(|| ".done".to_owned()),
        after,
        disk: Arc::clone(disk),
    }
}

fn waiting(dir: &Path) -> usize {
    FILES.iter().filter(|name| dir.join("in").join(name).exists()).count()
}

/// One life: until all is put away, or nothing goes any more.
fn live(world: &mut World, watch: Watch, dir: &Path, failed: impl Fn() -> bool) {
    let (tx, raw) = crossbeam_channel::bounded(100);
    let (stop, acks) = (Stop::default(), Arc::new(Acks::new([watch.name.as_str()])));
    let outlet = Outlet::new(tx, Budget::new(usize::MAX), stop.clone(), Arc::default());
    let (told, committed) = (Arc::clone(&acks), world.checkpoint.of_source(&watch.name));
    let thread = std::thread::spawn(move || watch.run(committed, &told, &Arc::default(), ReadLimits::default(), LINES, &outlet));
    let begun = Instant::now();
    let mut last = Instant::now();
    while (waiting(dir) > 0 || last.elapsed() < Duration::from_millis(10)) && !thread.is_finished() {
        assert!(begun.elapsed() < SOON, "{world:?}");
        if let Ok(batch) = raw.recv_timeout(Duration::from_millis(2)) {
            world.commit(&batch, &acks);
            last = Instant::now();
        }
        if failed() && last.elapsed() > Duration::from_millis(30) {
            break;
        }
    }
    stop.request();
    let _the_disk_failed = thread.join().unwrap();
    for batch in raw.try_iter() {
        world.commit(&batch, &acks);
    }
    let _the_disk_fails_still = acks.clear();
    for (source, partition) in acks.take_gone() {
        world.checkpoint.forget(&source, &partition);
    }
}

fn lay_out(dir: &Path, marker: bool) {
    fs::create_dir_all(dir.join("in/sub")).unwrap();
    for name in FILES {
        fs::write(dir.join("in").join(name), format!("{name} 1\n{name} 2\n")).unwrap();
        if marker {
            fs::write(dir.join("in").join(format!("{name}.done")), "").unwrap();
        }
    }
}

#[test]
fn whatever_fails_every_file_is_read_once_and_put_away() {
    let mut stopped = 0;
    for (delete, marker, elsewhere) in [(false, false, false), (false, true, false), (false, false, true), (true, true, false)] {
        for end in ENDS {
            for calls in 0.. {
                let dir = tempfile::tempdir().unwrap();
                let done = dir.path().join("done/today");
                let after = if delete { After::Delete } else { After::Move(done.clone()) };
                lay_out(dir.path(), marker);
                let mut world = World::default();
                let mut disk = LossyFs::new(calls, end.fault);
                if elsewhere {
                    disk = disk.elsewhere(&dir.path().join("done"));
                }
                let shared: Arc<dyn Fs> = Arc::clone(&disk) as _;
                live(&mut world, watch(dir.path(), after.clone(), marker, &shared), dir.path(), || disk.left() < 0);
                if end.power {
                    disk.lose_power();
                }
                let whole = disk.left() >= 0;
                stopped += usize::from(!whole);
                let told = |world: &World| format!("{end:?} after {calls} calls, delete {delete}, marker {marker}: {world:?}");
                // A marker that went before its file would leave the file for ever; one that stays harms nobody.
                let local: Arc<dyn Fs> = Arc::new(LocalFs);
                for _ in 0..2 {
                    live(&mut world, watch(dir.path(), after.clone(), marker, &local), dir.path(), || false);
                    assert_eq!((world.rows.len(), waiting(dir.path())), (FILES.len(), 0), "{}", told(&world));
                }
                for name in FILES {
                    assert_eq!(world.times(&format!("{name} 1\n{name} 2")), 1, "{}", told(&world));
                    let text = fs::read_to_string(done.join(name));
                    assert_eq!(text.is_ok_and(|t| t == format!("{name} 1\n{name} 2\n")), !delete, "{}", told(&world));
                }
                if whole {
                    break;
                }
            }
        }
    }
    assert!(stopped > 100, "{stopped}");
}
