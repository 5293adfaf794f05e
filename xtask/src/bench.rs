//! `cargo xtask bench-builder`: measures a builder in comparison with a process that does nothing.

mod launch;
pub(crate) mod process;
mod statistics;
mod table;

use std::path::{Path, PathBuf};

use anyhow::{Result, bail};

use self::launch::Launcher;
use self::statistics::Sample;
use self::table::Row;
use crate::builder_programs::{self, NAMES};
use crate::tally::Tally;

/// The programs to measure, and the format of the result.
#[derive(clap::Args)]
pub(crate) struct Options {
    /// The folder with the programs of another builder, to measure in turn with this project's
    #[arg(long, value_name = "DIR")]
    against: Option<PathBuf>,
    /// How often each program runs
    #[arg(long, default_value_t = 500, value_name = "N")]
    runs: usize,
    /// Print JSON instead of a table
    #[arg(long)]
    json: bool,
}

/// A program to measure.
struct Subject {
    /// `ours`, `theirs`, or `base` for the reference.
    builder: &'static str,
    /// The program with its arguments.
    program: PathBuf,
    arguments: Vec<PathBuf>,
    /// The folder that a peer passes empty.
    output: Option<PathBuf>,
    samples: Vec<Sample>,
}

/// Measures the programs and prints the result.
pub(crate) fn run(options: &Options) -> Result<Tally> {
    if options.runs == 0 {
        bail!("--runs must be greater than zero");
    }
    let workshop = tempfile::Builder::new().prefix("bench-").tempdir()?;
    let launcher = Launcher::build()?;
    let ours = workshop.path().join("ours");
    builder_programs::install(&ours)?;
    let mut builders = vec![("ours", ours)];
    if let Some(folder) = &options.against {
        builders.push(("theirs", builder_programs::locate(&std::path::absolute(folder)?)?));
    }
    let mut subjects = baselines(&launcher, &lay_out(workshop.path(), "base")?);
    for (builder, programs) in builders {
        subjects.extend(subjects_of(builder, &programs, &lay_out(workshop.path(), builder)?));
    }
    measure(&launcher, &mut subjects, options.runs)?;
    let rows = rows(&subjects)?;
    print!(
        "{}",
        if options.json { table::json(&rows, options.runs)? } else { table::text(&rows, options.runs) }
    );
    Ok(Tally::PASSED)
}

/// Creates the folders of a package with an index and a template, which exercise every part of the builder.
fn lay_out(workshop: &Path, builder: &str) -> Result<PathBuf> {
    let hash = "5d41402abc4b2a76b9719d911017c592".repeat(2);
    let scratch = workshop.join(format!("{builder}-scratch")).join(format!("fabric-asset-{hash}1234567890"));
    let indexes = scratch.join("src/META-INF/statedb/couchdb/indexes");
    std::fs::create_dir_all(&indexes)?;
    for folder in ["metadata", "bld", "release"] {
        std::fs::create_dir(scratch.join(folder))?;
    }
    std::fs::write(scratch.join("metadata/metadata.json"), r#"{"type":"ccaas","label":"asset"}"#)?;
    let connection = r#"{"address":"{{.name}}.example.com:7052","dial_timeout":"10s","tls_required":false}"#;
    std::fs::write(scratch.join("src/connection.json"), connection)?;
    let index = r#"{"index":{"fields":["owner"]},"ddoc":"owner","name":"owner","type":"json"}"#;
    std::fs::write(indexes.join("owner.json"), index)?;
    Ok(scratch)
}

/// Returns a process that does nothing, and one that only copies the package's source.
fn baselines(launcher: &Launcher, scratch: &Path) -> Vec<Subject> {
    let subject = |name: &str, arguments: Vec<PathBuf>, output| Subject {
        builder: "base",
        program: launcher.program(name),
        arguments,
        output,
        samples: Vec::new(),
    };
    let out = scratch.join("bld");
    vec![
        subject("nothing", Vec::new(), None),
        subject("copy", vec![scratch.join("src"), out.clone()], Some(out)),
    ]
}

fn subjects_of(builder: &'static str, programs: &Path, scratch: &Path) -> Vec<Subject> {
    let folders: [&[&str]; 3] = [&["src", "metadata"], &["src", "metadata", "bld"], &["bld", "release"]];
    let subject = |(name, folders): (&str, &[&str])| Subject {
        builder,
        program: programs.join(name),
        arguments: folders.iter().map(|folder| scratch.join(folder)).collect(),
        output: folders.last().filter(|folder| **folder != "metadata").map(|folder| scratch.join(folder)),
        samples: Vec::new(),
    };
    NAMES.into_iter().zip(folders).map(subject).collect()
}

/// Runs the programs in turn, so that other load on the machine affects all of them alike.
fn measure(launcher: &Launcher, subjects: &mut [Subject], runs: usize) -> Result<()> {
    const WARM_UP: usize = 3;
    for run in 0..runs + WARM_UP {
        for subject in subjects.iter_mut() {
            if let Some(output) = &subject.output {
                std::fs::remove_dir_all(output)?;
                std::fs::create_dir(output)?;
            }
            let sample = launcher.run(&subject.program, &subject.arguments)?;
            if run >= WARM_UP {
                subject.samples.push(sample);
            }
        }
    }
    Ok(())
}

fn rows(subjects: &[Subject]) -> Result<Vec<Row>> {
    let row = |subject: &Subject| {
        Ok(Row {
            builder: subject.builder,
            program: subject.program.file_name().unwrap_or_default().to_string_lossy().into_owned(),
            median: statistics::median(&subject.samples),
            size_in_bytes: std::fs::metadata(&subject.program)?.len(),
        })
    };
    subjects.iter().map(row).collect()
}
