//! The help of `ccs`, with its commands in groups.

use std::fmt::Write as _;

use clap::{Command, CommandFactory as _};

use super::Cli;
use crate::style::NAME;

/// The groups in the order of the help, each with its commands.
const GROUPS: [(&str, &[&str]); 5] = [
    ("Develop without a network", &["demo", "dev", "user", "invoke", "query", "events", "blocks"]),
    ("Make and check packages", &["package", "id", "inspect", "lint", "render", "unpack", "diff"]),
    ("Run chaincode as a service", &["env", "tls", "probe"]),
    ("Operate peers", &["doctor", "launch", "rebind", "prune", "explain"]),
    ("Help and shell", &["help", "version", "completions", "man"]),
];

/// Returns the command line of `ccs` as a person sees it.
pub(crate) fn command() -> Command {
    let mut command = Cli::command().disable_help_subcommand(false);
    command.build();
    let template = format!(
        "{{about-with-newline}}\n{{usage-heading}} {{usage}}\n\n{}{NAME}Options:{NAME:#}\n{{options}}{{after-help}}",
        groups(&command)
    );
    command.help_template(template)
}

/// Returns the groups, a line for each command.
fn groups(command: &Command) -> String {
    let width = GROUPS.iter().flat_map(|(_, names)| *names).map(|name| name.len()).max().unwrap_or_default();
    let mut text = String::new();
    for (title, names) in GROUPS {
        let _ = writeln!(text, "{NAME}{title}:{NAME:#}");
        for name in names {
            let about = command.find_subcommand(name).and_then(Command::get_about);
            let about = about.map(ToString::to_string).unwrap_or_default();
            let _ = writeln!(text, "  {NAME}{name:width$}{NAME:#}  {about}");
        }
        text.push('\n');
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_command_is_in_one_group() {
        let command = command();
        let mut visible: Vec<_> =
            command.get_subcommands().filter(|it| !it.is_hide_set()).map(Command::get_name).collect();
        let mut listed: Vec<_> = GROUPS.iter().flat_map(|(_, names)| *names).copied().collect();
        visible.sort_unstable();
        listed.sort_unstable();
        assert_eq!(visible, listed);
    }
}
