//! What the chaincode writes, for the peer's log, as long as it runs.

use std::time::Duration;

use ccs_launch::lines::Lines;
use futures_util::AsyncReadExt as _;
use k8s_openapi::jiff::Timestamp;
use tokio::sync::watch;
use tokio::time::{sleep, timeout};

use crate::cluster::Cluster;
use crate::refusal::Refusal;

/// How long to wait before a log that was cut off is followed anew.
const AGAIN: Duration = Duration::from_secs(1);

/// How long a log may be silent before it is followed anew: a connection whose other side is gone is silent as well.
const SILENCE: Duration = Duration::from_mins(5);

/// How much is read at once.
const BLOCK: usize = 16 << 10;

/// Follows the log of a pod from the moment on in which its name is known, and passes each line on. Returns whether the pod has
/// ended and its log was read to the end; otherwise the pod is gone, or its log may not be read.
pub(crate) async fn follow(
    cluster: &Cluster,
    mut pod: watch::Receiver<Option<String>>,
    line: &dyn Fn(&str),
    say: &dyn Fn(&str),
) -> bool {
    let Ok(name) = pod.wait_for(Option::is_some).await.map(|name| name.clone().unwrap_or_default()) else {
        return false;
    };
    let mut place = Place::default();
    loop {
        match read(cluster, &name, &mut place, line).await {
            Ok(true) => return true,
            Ok(false) => {}
            Err(refusal) if refusal.status == 404 => return false,
            Err(refusal) if refusal.may_pass => {}
            Err(refusal) => {
                say(&refusal.warning());
                return false;
            }
        }
        sleep(AGAIN).await;
    }
}

/// Reads the log from a place on, until it ends or is cut off. Returns whether nothing can follow.
async fn read(cluster: &Cluster, pod: &str, place: &mut Place, line: &dyn Fn(&str)) -> Result<bool, Refusal> {
    // Asked before, since an end of the log may be that of the API server or the kubelet.
    let has_ended = cluster.pod_has_ended(pod).await?;
    let mut log = cluster.follow_log(pod, place.reopen()).await?;
    let (mut lines, mut block) = (Lines::default(), vec![0; BLOCK]);
    let mut pass_on = |text: &str| {
        if let Some(text) = place.take(text) {
            line(text);
        }
    };
    loop {
        match timeout(SILENCE, log.read(&mut block)).await {
            Ok(Ok(0)) => {
                lines.finish(&mut pass_on);
                return Ok(has_ended);
            }
            Ok(Ok(count)) => lines.take(&block[..count], &mut pass_on),
            // A line that was cut off comes again as a whole.
            Ok(Err(_)) | Err(_) => return Ok(false),
        }
    }
}

/// How far a log was read. After each cut it is read again from the second of its last line on.
#[derive(Debug, Default)]
struct Place {
    /// When the last line was written, and how many lines were at that time: conmon writes several with the same one.
    last: Option<(Timestamp, usize)>,
    /// The same when the log was opened; as many lines of that time come again.
    before: Option<(Timestamp, usize)>,
}

impl Place {
    /// Returns the time of the last line that was read, from which on the log is opened again.
    fn reopen(&mut self) -> Option<Timestamp> {
        self.before = self.last;
        self.last.map(|(time, _)| time)
    }

    /// Returns a line without its timestamp, unless it was read before.
    fn take<'a>(&mut self, line: &'a str) -> Option<&'a str> {
        let stamped = line.split_once(' ').and_then(|(time, text)| Some((time.parse().ok()?, text)));
        // What the kubelet itself says has no timestamp.
        let Some((time, text)) = stamped else { return Some(line) };
        match &mut self.before {
            Some((before, _)) if time < *before => return None,
            Some((before, again @ 1..)) if time == *before => {
                *again -= 1;
                return None;
            }
            _ => {}
        }
        match &mut self.last {
            Some((last, count)) if time == *last => *count += 1,
            // The two streams of a container are not always in order.
            Some((last, _)) if time < *last => {}
            last => *last = Some((time, 1)),
        }
        Some(text)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn taken<'a>(place: &mut Place, lines: &[&'a str]) -> Vec<&'a str> {
        lines.iter().filter_map(|line| place.take(line)).collect()
    }

    #[test]
    fn the_timestamp_is_taken_off() {
        for (line, expected) in [
            ("2026-11-30T05:00:00.000000001Z a b", "a b"),
            ("2026-11-30T07:00:00.1+02:00  indented", " indented"),
            ("2026-11-30T05:00:01Z ", ""),
            ("failed to watch file", "failed to watch file"),
            ("", ""),
        ] {
            assert_eq!(Place::default().take(line), Some(expected), "{line}");
        }
    }

    #[test]
    fn what_comes_again_after_a_cut_is_dropped() {
        let first = ["2026-11-30T05:00:00.1Z a", "2026-11-30T05:00:00.2Z b", "2026-11-30T05:00:00.2Z b"];
        let mut place = Place::default();
        assert_eq!(place.reopen(), None);
        assert_eq!(taken(&mut place, &first), ["a", "b", "b"]);
        let more = ["2026-11-30T05:00:00.2Z c", "2026-11-30T05:00:00.3Z d"];
        assert_eq!(place.reopen(), Some("2026-11-30T05:00:00.2Z".parse().unwrap()));
        assert_eq!(taken(&mut place, &[&first[..], &more].concat()), ["c", "d"]);
        place.reopen();
        assert!(taken(&mut place, &[&first[..], &more].concat()).is_empty());
        place.reopen();
        assert_eq!(taken(&mut place, &[more[1], "2026-11-30T05:00:09Z e"]), ["e"]);
    }

    #[test]
    fn lines_of_two_streams_are_kept_whatever_their_order() {
        let lines =
            ["2026-11-30T05:00:00.2Z out", "2026-11-30T05:00:00.1Z err", "2026-11-30T05:00:00.2Z more"];
        let mut place = Place::default();
        assert_eq!(taken(&mut place, &lines), ["out", "err", "more"]);
        place.reopen();
        assert!(taken(&mut place, &lines).is_empty());
    }
}
