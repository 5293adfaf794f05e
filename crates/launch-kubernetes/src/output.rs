//! The output of the chaincode, for the peer's log, while it runs.

use std::time::Duration;

use ccs_launch::lines::Lines;
use futures_util::AsyncReadExt as _;
use k8s_openapi::jiff::Timestamp;
use tokio::sync::watch;
use tokio::time::{sleep, timeout};

use crate::cluster::Cluster;
use crate::refusal::Refusal;

/// How long to wait before following a log again that was cut off.
const AGAIN: Duration = Duration::from_secs(1);

/// How long a log may be silent before it is followed again, because a connection may be silent after its other side has gone.
const SILENCE: Duration = Duration::from_mins(5);

/// The size of the read buffer.
const BLOCK: usize = 16 << 10;

/// Follows the log of a pod as soon as its name is known, and passes on each line. Returns whether the pod has ended and its log was
/// read to the end; otherwise the pod is gone, or the launcher may not read its log.
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

/// Reads the log from a position until it ends or is cut off. Returns whether the log is complete.
async fn read(cluster: &Cluster, pod: &str, place: &mut Place, line: &dyn Fn(&str)) -> Result<bool, Refusal> {
    // Checked before, because the log may also end when the API server or the kubelet does.
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
            // An incomplete line comes again as a whole.
            Ok(Err(_)) | Err(_) => return Ok(false),
        }
    }
}

/// The position in a log. After each interruption, reading continues at the second of the last line.
#[derive(Debug, Default)]
struct Place {
    /// The time of the last line, and the number of lines with that time: conmon writes several with the same time.
    last: Option<(Timestamp, usize)>,
    /// Both values when the log was opened; this number of lines with that time comes again.
    before: Option<(Timestamp, usize)>,
}

impl Place {
    /// Returns the time of the last line, from which the log is opened again.
    fn reopen(&mut self) -> Option<Timestamp> {
        self.before = self.last;
        self.last.map(|(time, _)| time)
    }

    /// Returns a line without its timestamp; [`None`] if it was read before.
    fn take<'a>(&mut self, line: &'a str) -> Option<&'a str> {
        let stamped = line.split_once(' ').and_then(|(time, text)| Some((time.parse().ok()?, text)));
        // Lines of the kubelet itself have no timestamp.
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
