//! Compares this project's descriptions of messages with those of the published Rust shim, to find mistakes in either
//! of them.

#![expect(clippy::unwrap_used, reason = "a test may panic")]

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use protox::prost_reflect::{DescriptorPool, EnumDescriptor, MessageDescriptor};

/// Returns the .proto files of the version of `fabric-shim-protos` in Cargo.lock.
fn protos_of_shim() -> PathBuf {
    let output = Command::new(env!("CARGO"))
        .args(["metadata", "--format-version", "1", "--locked"])
        .current_dir(env!("CARGO_MANIFEST_DIR"))
        .output()
        .unwrap();
    let metadata: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
    let packages = metadata["packages"].as_array().unwrap();
    let package = packages.iter().find(|package| package["name"] == "fabric-shim-protos").unwrap();
    Path::new(package["manifest_path"].as_str().unwrap()).with_file_name("protos")
}

fn proto_files(folder: &Path) -> Vec<PathBuf> {
    let entries = fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let found = entries.flat_map(|path| if path.is_dir() { proto_files(&path) } else { vec![path] });
    found.filter(|path| path.extension().is_some_and(|extension| extension == "proto")).collect()
}

fn pool(folder: &Path) -> DescriptorPool {
    let files = protox::compile(proto_files(folder), [folder]).unwrap();
    DescriptorPool::from_file_descriptor_set(files).unwrap()
}

/// Describes each field: number, name, type, and whether it repeats.
fn fields(message: &MessageDescriptor) -> BTreeMap<u32, String> {
    let field = |field: protox::prost_reflect::FieldDescriptor| {
        (field.number(), format!("{} {:?} {:?}", field.name(), field.kind(), field.cardinality()))
    };
    message.fields().map(field).collect()
}

fn values(of: &EnumDescriptor) -> BTreeMap<i32, String> {
    of.values().map(|value| (value.number(), value.name().to_owned())).collect()
}

#[test]
fn a_message_that_the_shim_has_too_has_the_same_fields_in_both() {
    let (ours, shim) = (pool(&Path::new(env!("CARGO_MANIFEST_DIR")).join("protos")), pool(&protos_of_shim()));
    let both: Vec<_> = ours
        .all_messages()
        .filter_map(|message| Some((shim.get_message_by_name(message.full_name())?, message)))
        .collect();
    for (shim, ours) in &both {
        assert_eq!(fields(ours), fields(shim), "{}", ours.full_name());
    }
    let enums: Vec<_> =
        ours.all_enums().filter_map(|ours| Some((shim.get_enum_by_name(ours.full_name())?, ours))).collect();
    for (shim, ours) in &enums {
        assert_eq!(values(ours), values(shim), "{}", ours.full_name());
    }
    let services = ["protos.ChaincodeSupport", "protos.Chaincode"];
    for name in services {
        assert!(
            ours.get_service_by_name(name).is_some() && shim.get_service_by_name(name).is_some(),
            "{name}"
        );
    }
    assert_eq!((both.len(), enums.len()), (67, 10), "messages and enums that were compared");
}
