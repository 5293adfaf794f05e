//! The tasks of the project; `cargo xtask help` lists them.
//!
//! Each task has its own file with its options and a function `run`; this file only selects the task.

mod bench;
mod bless;
mod ci;
mod dev_peer;
mod docker;
mod empty_root;
mod fabric;
mod fuzz;
mod kubernetes;
mod layers;
mod programs;
mod prose;
mod shims;
mod site;
mod size;
mod steps;
mod test;
mod third_party;

use std::process::ExitCode;

use clap::{Parser, Subcommand};
use xtask_base::{
    builder_programs, cache, cargo_tools, parallel, processes, report, tally, toolchain, workspace,
};
use xtask_conformance as conformance;
use xtask_image as image;
use xtask_manifests::{self as manifests, versions};

/// The tasks of the project
#[derive(Parser)]
#[command(name = "cargo xtask", bin_name = "cargo xtask", disable_version_flag = true)]
#[command(after_help = ci::all_steps())]
struct Cli {
    #[command(subcommand)]
    chore: Chore,
}

#[derive(Subcommand)]
enum Chore {
    /// Run format, lints and unit tests
    Check,
    /// Run all tests: Rust tests, conformance, static binary, samples, Fabric's own peers
    Test,
    /// Run the required checks for a change, in three parts
    #[command(subcommand)]
    Ci(ci::Part),
    /// Regenerate the files with which tests and checks compare, and list the changed ones
    Bless(bless::Options),
    /// Run the conformance cases with this project's builder or another one
    Conformance(conformance::Options),
    /// Run the transcript of the development peer with real chaincode and real clients
    DevPeer(dev_peer::Options),
    /// Run Fabric's own peers with this builder, and compare their answers with the development peer's
    Fabric(fabric::Options),
    /// Run packages with an image in containers of a Docker engine, and on Fabric's own peer
    Docker(docker::Options),
    /// Run packages with an image on a real Kubernetes with one node, and on Fabric's own peer
    Kubernetes(kubernetes::Options),
    /// Build the programs of Fabric and Kubernetes for the checks into the cache
    Programs,
    /// Compare the builder's time and memory with a process that does nothing
    BenchBuilder(bench::Options),
    /// Compare the start of a chaincode as a process with the same command by hand
    BenchProcess(bench::process::Options),
    /// Check that the builder is static and within its size budget
    Size(size::Options),
    /// Run the builder in a root folder without any other file, not even a shell
    EmptyRoot,
    /// Build the container image with a Docker engine and test it
    Image(image::Options),
    /// Render and check the manifests in deploy/, and lint the workflows
    Manifests(manifests::Options),
    /// Check that all files name the same Rust release and the same version of the project
    CheckVersions(versions::Options),
    /// Check the uses between crates and between files: no cycles, no forbidden dependencies, no crate too large
    Layers(layers::Options),
    /// Check the wording of pages, comments, messages and help, and the subjects of commits
    Prose,
    /// Check that docs/SUMMARY.md names every page, and that relative links lead somewhere
    Links,
    /// Write the licenses of all libraries in the released programs, for archives and images
    ThirdParty(third_party::Options),
    /// Build the documentation site with mdBook into target/site/book
    Site,
    /// Run each fuzz target for some time
    Fuzz(fuzz::Options),
}

fn main() -> ExitCode {
    let outcome = match Cli::parse().chore {
        Chore::Check => Ok(steps::run(steps::DAILY)),
        Chore::Test => Ok(test::run()),
        Chore::Ci(part) => Ok(ci::run(&part)),
        Chore::Bless(options) => bless::run(&options),
        Chore::Conformance(options) => conformance::run(&options),
        Chore::DevPeer(options) => dev_peer::run(&options),
        Chore::Fabric(options) => fabric::run(&options),
        Chore::Docker(options) => docker::run(&options),
        Chore::Kubernetes(options) => kubernetes::run(&options),
        Chore::Programs => programs::run(),
        Chore::BenchBuilder(options) => bench::run(&options),
        Chore::BenchProcess(options) => bench::process::run(&options),
        Chore::Size(options) => size::run(&options),
        Chore::EmptyRoot => empty_root::run(),
        Chore::Image(options) => image::run(&options),
        Chore::Manifests(options) => manifests::run(&options),
        Chore::CheckVersions(options) => versions::run(&options),
        Chore::Layers(options) => layers::run(&options),
        Chore::Prose => prose::run(),
        Chore::Links => site::check(),
        Chore::Site => site::build(),
        Chore::ThirdParty(options) => third_party::run(&options),
        Chore::Fuzz(options) => fuzz::run(&options),
    };
    match outcome {
        Ok(tally) if tally.failed == 0 => ExitCode::SUCCESS,
        Ok(_) => ExitCode::FAILURE,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}
