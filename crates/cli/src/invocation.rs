//! The command line of this process, and the options that apply to every command.

use std::env;
use std::ffi::OsString;
use std::process::ExitCode;

use anstream::ColorChoice;
use clap::error::ErrorKind;
use clap::{ArgMatches, FromArgMatches as _, ValueEnum as _};

use crate::cli::{self, Cli, Color, Command};
use crate::failure::{Failure, USAGE};
use crate::output;
use crate::progress;

/// A command line that is valid.
pub(crate) struct Invocation {
    /// The command.
    pub(crate) command: Command,
    /// Whether the command prints JSON.
    pub(crate) json: bool,
}

impl Invocation {
    /// Reads the command line. If there is nothing to run, prints help or an error, and returns the exit code.
    pub(crate) fn read() -> Result<Self, ExitCode> {
        // Help and usage errors are colored too, and they are printed before the options are known.
        color(env::args_os()).write_global();
        let matches = cli::command().try_get_matches().map_err(|error| end(&error))?;
        let json = asks_for_json(&matches);
        let cli = Cli::from_arg_matches(&matches).map_err(|error| end(&error))?;
        progress::be_quiet(cli.quiet);
        Ok(Self { command: cli.command, json })
    }
}

/// Returns the colors that the words of a command line ask for.
fn color(words: impl Iterator<Item = OsString>) -> ColorChoice {
    let mut words = words.take_while(|word| word != "--").map(|word| word.to_string_lossy().into_owned());
    let mut value = None;
    while let Some(word) = words.next() {
        value = match word.strip_prefix("--color") {
            Some("") => words.next(),
            Some(rest) => rest.strip_prefix('=').map(str::to_owned),
            None => continue,
        };
    }
    match value.and_then(|value| Color::from_str(&value, false).ok()) {
        Some(Color::Always) => ColorChoice::Always,
        Some(Color::Never) => ColorChoice::Never,
        Some(Color::Auto) | None => ColorChoice::Auto,
    }
}

/// Returns whether the command was given `--json`, or another option that means the same.
fn asks_for_json(matches: &ArgMatches) -> bool {
    let mut innermost = matches;
    while let Some((_, inner)) = innermost.subcommand() {
        innermost = inner;
    }
    let is_json = |id| matches!(innermost.try_get_one::<bool>(id), Ok(Some(true)));
    let format = innermost.try_get_one::<cli::LintFormat>("format");
    is_json("json") || matches!(format, Ok(Some(cli::LintFormat::Json)))
}

/// Returns whether words that clap rejects ask for JSON.
fn seems_to_ask_for_json(words: impl Iterator<Item = OsString>) -> bool {
    let words: Vec<OsString> = words.take_while(|word| word != "--").collect();
    words.iter().any(|word| word == "--json" || word == "--format=json")
        || words.windows(2).any(|pair| pair[0] == "--format" && pair[1] == "json")
}

/// Prints clap's message instead of running a command, and returns the exit code.
fn end(error: &clap::Error) -> ExitCode {
    // A failure to write to a closed terminal does not matter.
    let _ = error.print();
    match error.kind() {
        ErrorKind::DisplayHelp | ErrorKind::DisplayVersion => ExitCode::SUCCESS,
        _ => {
            if seems_to_ask_for_json(env::args_os()) {
                let text = error.to_string();
                let message = text.lines().next().unwrap_or_default().trim_start_matches("error: ");
                output::print_failure(&Failure::new(message).with_number(USAGE));
            }
            USAGE.into()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn rejected_words_may_ask_for_json() {
        let asks = |words: &[&str]| seems_to_ask_for_json(words.iter().map(OsString::from));
        assert!(asks(&["ccs", "id", "--json", "--nonsense"]));
        assert!(asks(&["ccs", "lint", "--format", "json", "--nonsense"]));
        assert!(asks(&["ccs", "lint", "--format=json", "--nonsense"]));
        assert!(!asks(&["ccs", "env", "--format", "docker", "json"]));
        assert!(!asks(&["ccs", "query", "basic", "f", "--", "--json"]));
    }

    #[test]
    fn the_last_color_before_the_arguments_counts() {
        let choice = |words: &[&str]| color(words.iter().map(OsString::from));
        assert_eq!(choice(&["ccs", "id"]), ColorChoice::Auto);
        assert_eq!(choice(&["ccs", "--color", "always", "id"]), ColorChoice::Always);
        assert_eq!(choice(&["ccs", "--color=always", "id", "--color=never"]), ColorChoice::Never);
        assert_eq!(choice(&["ccs", "query", "basic", "f", "--", "--color=never"]), ColorChoice::Auto);
        assert_eq!(choice(&["ccs", "--color"]), ColorChoice::Auto);
    }
}
