//! `ccs render`: the connection.json that each peer will get.

use ccs_package_tools::render::{self, Document};
use ccs_report::json::Secrets;

use crate::cli::Render;
use crate::failure::Failure;
use crate::output;
use crate::style::{self, safe};

pub(crate) fn run(options: &Render) -> Result<(), Failure> {
    let secrets = if options.show_keys { Secrets::Shown } else { Secrets::Redacted };
    let document = render::render(&render::Render {
        path: &options.file,
        configuration: options.config.as_deref().map(render::configuration).transpose()?,
        peers: &options.peers,
        secrets,
    })?;
    if options.json {
        output::print_json(&document)?;
    } else {
        tell(&document, options)?;
    }
    match document.peers.iter().find(|peer| peer.exit_code != 0) {
        Some(refused) => Err(Failure::silent(refused.exit_code)),
        None => Ok(()),
    }
}

/// Prints each connection, under the peer's name if there are several, and problems on stderr.
fn tell(document: &Document, options: &Render) -> Result<(), Failure> {
    let has_several = document.peers.len() > 1;
    for (number, rendered) in document.peers.iter().enumerate() {
        let peer = rendered.peer.as_deref().filter(|_| has_several);
        let prefix = peer.map(|peer| format!("{peer}: ")).unwrap_or_default();
        for warning in &rendered.warnings {
            output::warn(&format!("{prefix}{warning}"));
        }
        if let Some(error) = &rendered.error {
            Failure::new(format!("{prefix}{error}")).hint(rendered.hint.clone()).print();
        }
        let Some(connection) = &rendered.connection else { continue };
        let heading = peer.map(|peer| {
            let (name, gap) = (style::NAME, if number == 0 { "" } else { "\n" });
            format!("{gap}{name}{}{name:#}\n", safe(peer))
        });
        let lines: Vec<String> = connection.get().lines().map(safe).collect();
        output::print(&format!("{}{}\n", heading.unwrap_or_default(), lines.join("\n")))?;
    }
    let word = output::word(&options.file);
    if document.peers.iter().all(|peer| peer.exit_code == 0) {
        output::print_next(&format!("peer lifecycle chaincode install {word}"));
    } else {
        output::print_next(&format!("ccs lint {word}"));
    }
    Ok(())
}
