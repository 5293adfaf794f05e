//! A binary.json is either rejected with code 22, or each file that it names is in the package.
#![no_main]

use std::path::{Component, Path};

use ccs_launch::ExitCode;
use ccs_launch::binary::{Binary, Program, Target};
use libfuzzer_sys::fuzz_target;

fuzz_target!(|document: &[u8]| {
    let target = Target::here();
    let anything = Program { file: "chaincode".to_owned(), sha256: None };
    if let Err(failure) = anything.check(document, &target, || unreachable!("no SHA-256 is requested")) {
        assert_eq!(failure.code(), ExitCode::Binary);
    }
    match Binary::parse(document) {
        Ok(binary) => {
            let Ok(program) = binary.program(&target) else { return };
            let stays = |part| matches!(part, Component::Normal(_) | Component::CurDir);
            assert!(Path::new(&program.file).components().all(stays), "{:?}", program.file);
            assert!(binary.arguments.iter().all(|argument| !argument.contains('\0')));
        }
        Err(failure) => assert_eq!(failure.code(), ExitCode::Binary),
    }
});
