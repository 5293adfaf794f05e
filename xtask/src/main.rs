//! The chores of the project: `cargo xtask help` lists them.
//!
//! Each chore has a file of its own with its options and a function `run`; this file only chooses.

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
mod manifests;
mod programs;
mod prose;
mod size;
mod steps;
mod test;
mod versions;

use std::process::ExitCode;

use clap::{Parser, Subcommand};
use xtask_base::{
    builder_programs, cache, cargo_tools, parallel, processes, report, tally, toolchain, workspace,
};
use xtask_conformance as conformance;
use xtask_image as image;

/// The chores of the project
#[derive(Parser)]
#[command(name = "cargo xtask", bin_name = "cargo xtask", disable_version_flag = true)]
#[command(after_help = ci::all_steps())]
struct Cli {
    #[command(subcommand)]
    chore: Chore,
}

#[derive(Subcommand)]
enum Chore {
    /// Format, lints and unit tests: for every day
    Check,
    /// Run every test there is: Rust tests, conformance, static binary, samples, Fabric's own peers
    Test,
    /// Run what must hold before a change is taken, in three parts
    #[command(subcommand)]
    Ci(ci::Part),
    /// Write what tests and checks compare with, and say which files changed
    Bless(bless::Options),
    /// Run the conformance cases on our builder, or on any other
    Conformance(conformance::Options),
    /// Run the transcript of the development peer with real chaincode and real clients
    DevPeer(dev_peer::Options),
    /// Run Fabric's own peers with our builder, and compare their answers with the development peer's
    Fabric(fabric::Options),
    /// Run packages of the type k8s in containers of a Docker engine, and on Fabric's own peer
    Docker(docker::Options),
    /// Run packages of the type k8s on a real Kubernetes with one node, and on Fabric's own peer
    Kubernetes(kubernetes::Options),
    /// Build the programs of Fabric and Kubernetes into the cache, where the checks find them
    Programs,
    /// Compare the builder's time and memory with a process that does nothing
    BenchBuilder(bench::Options),
    /// Check that the builder is static and within its size budget
    Size(size::Options),
    /// Run the builder where there is no other file, not even a shell
    EmptyRoot,
    /// Build the container image with a Docker engine and use it
    Image(image::Options),
    /// Render and check what is under deploy/, and lint the workflows
    Manifests(manifests::Options),
    /// Check that every place that names a Rust release, or the project's version, names the same one
    CheckVersions(versions::Options),
    /// Check which crate, and which file, uses which: no cycles, no forbidden dependencies, no crate too large
    Layers(layers::Options),
    /// Check the wording of pages, comments, messages and help
    Prose,
    /// Run each fuzz target for a while
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
        Chore::Size(options) => size::run(&options),
        Chore::EmptyRoot => empty_root::run(),
        Chore::Image(options) => image::run(&options),
        Chore::Manifests(options) => manifests::run(&options),
        Chore::CheckVersions(options) => versions::run(&options),
        Chore::Layers(options) => layers::run(&options),
        Chore::Prose => prose::run(),
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
