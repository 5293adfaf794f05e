//! What the chaincode writes, for the peer's log, as long as it runs.

use std::time::Duration;

use ccs_launch::lines::Lines;
use futures_util::AsyncReadExt as _;
use tokio::sync::watch;

use crate::cluster::Cluster;

/// How long to wait before a log that was cut off is followed anew.
const AGAIN: Duration = Duration::from_secs(1);

/// How much is read at once.
const BLOCK: usize = 16 << 10;

/// Follows the log of a pod from the moment on in which its name is known, and passes each line on. Ends when the log does and the
/// pod has ended, or when it may not be read.
pub(crate) async fn follow(
    cluster: &Cluster,
    mut pod: watch::Receiver<Option<String>>,
    line: &dyn Fn(&str),
    say: &dyn Fn(&str),
) {
    let Ok(name) = pod.wait_for(Option::is_some).await.map(|name| name.clone().unwrap_or_default()) else {
        return;
    };
    let mut since = None;
    loop {
        let mut log = match cluster.follow_log(&name, since).await {
            Ok(log) => log,
            Err(refusal) if refusal.may_pass => {
                tokio::time::sleep(AGAIN).await;
                continue;
            }
            Err(refusal) => return say(&refusal.warning()),
        };
        let (mut lines, mut block) = (Lines::default(), vec![0; BLOCK]);
        while let Ok(count @ 1..) = log.read(&mut block).await {
            lines.take(&block[..count], line);
        }
        lines.finish(line);
        if !cluster.pod_runs(&name).await {
            return;
        }
        // The API server or the kubelet has cut it off; what was written meanwhile comes again.
        since = Some(AGAIN);
        tokio::time::sleep(AGAIN).await;
    }
}
