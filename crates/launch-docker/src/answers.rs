//! Answers with states of containers that the library does not know.
//!
//! Podman reports states that Docker does not have: `stopped` from the end of a process until podman has cleaned up after it, and
//! `initialized` shortly before the start. The library rejects the whole answer because of one such word.

use bollard::errors::Error;
use bollard::models::{
    ContainerInspectResponse, ContainerStateStatusEnum, ContainerSummary, ContainerSummaryStateEnum,
};
use bollard::query_parameters::ListContainersOptions;
use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::connect::Engine;

/// Lists containers.
pub(crate) async fn list(
    engine: &Engine,
    options: ListContainersOptions,
) -> Result<Vec<ContainerSummary>, Error> {
    match engine.docker.list_containers(Some(options)).await {
        Err(error) => again(error, |answer| {
            for container in answer.as_array_mut().into_iter().flatten() {
                translate::<ContainerSummaryStateEnum>(container.pointer_mut("/State"));
            }
        }),
        found => found,
    }
}

/// Inspects a container by its name or ID.
pub(crate) async fn inspect(engine: &Engine, container: &str) -> Result<ContainerInspectResponse, Error> {
    match engine.docker.inspect_container(container, None).await {
        Err(error) => again(error, |answer| {
            translate::<ContainerStateStatusEnum>(answer.pointer_mut("/State/Status"));
        }),
        found => found,
    }
}

/// Reads an answer again, with a change, if the library could not read it. Returns the error of the library otherwise.
fn again<T: DeserializeOwned>(error: Error, change: impl FnOnce(&mut Value)) -> Result<T, Error> {
    let Error::JsonDataError { contents, .. } = &error else { return Err(error) };
    let Ok(mut answer) = serde_json::from_str(contents) else { return Err(error) };
    change(&mut answer);
    // From text again, as the library reads it: reading models of an engine from a `Value` adds 300 KiB of code.
    let text = answer.to_string();
    serde_json::from_slice(text.as_bytes()).map_err(|_| error)
}

/// Replaces a state that the library does not know by Docker's word, or by the empty one.
fn translate<S: DeserializeOwned>(state: Option<&mut Value>) {
    let Some(state) = state else { return };
    if serde_json::from_value::<S>(state.clone()).is_err() {
        let word = if state == "stopped" { "stopping" } else { "" };
        *state = word.into();
    }
}

#[cfg(test)]
mod tests {
    use std::io::{BufRead as _, BufReader, Write as _};
    use std::net::TcpListener;

    use bollard::{API_DEFAULT_VERSION, Docker};

    use super::*;
    use crate::end::End;
    use crate::{watch, workloads};

    /// Answers of podman 4.3.1 while a container is `stopped`. Only the folders of podman have other names here.
    const LIST: &str = include_str!("answers/podman-4.3.1-list.json");
    const INSPECTED: &str = include_str!("answers/podman-4.3.1-inspect.json");

    /// Returns an engine that answers every request with this text.
    fn engine(text: &'static str) -> Engine {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap().to_string();
        std::thread::spawn(move || {
            for mut stream in listener.incoming().flatten() {
                let request = BufReader::new(stream.try_clone().unwrap()).lines();
                request.map_while(Result::ok).take_while(|line| !line.is_empty()).for_each(drop);
                let length = text.len();
                let head = "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nConnection: close\r\n";
                write!(stream, "{head}Content-Length: {length}\r\n\r\n{text}").unwrap();
            }
        });
        let docker = Docker::connect_with_http(&address, 30, API_DEFAULT_VERSION).unwrap();
        Engine { patient: docker.clone(), docker, architecture: "amd64".to_owned() }
    }

    #[test]
    fn a_list_of_podman_is_read_while_a_container_is_stopped() {
        let found = crate::block_on(async { workloads::list(&engine(LIST), "fabric-ccs/run", None).await });
        let found = found.map_err(|failure| failure.line()).unwrap();
        let shown: Vec<_> = found
            .iter()
            .map(|found| {
                [&found.name, &found.run, &found.role, &found.state, &found.status].map(String::as_str)
            })
            .collect();
        assert_eq!(
            shown,
            [
                ["b", "0123456789abcdef", "", "running", "Up Less than a second"],
                ["a", "fedcba9876543210", "server", "stopping", "Exited (3) Less than a second ago"],
            ]
        );
    }

    fn inspected(text: &'static str) -> Result<ContainerInspectResponse, Error> {
        tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .unwrap()
            .block_on(inspect(&engine(text), "a"))
    }

    #[test]
    fn a_stopped_container_of_podman_may_be_started_again() {
        let found = inspected(INSPECTED).unwrap();
        let state = found.state.clone().unwrap();
        assert_eq!((state.status, state.exit_code), (Some(ContainerStateStatusEnum::STOPPING), Some(3)));
        assert_eq!(watch::judge(&found), None);
        let fourth = ContainerInspectResponse { restart_count: Some(4), ..found };
        assert_eq!(watch::judge(&fourth), Some(End::Exited { status: 3, out_of_memory: false }));
    }

    #[test]
    fn an_answer_that_is_wrong_elsewhere_is_rejected() {
        let found = |text| {
            inspected(text).map(|found| found.state.unwrap().status).map_err(|error| error.to_string())
        };
        assert_eq!(found(r#"{"State":{"Status":"initialized"}}"#), Ok(Some(ContainerStateStatusEnum::EMPTY)));
        let error = found(r#"{"State":{"Status":"stopped","Running":"no"}}"#).unwrap_err();
        assert!(error.contains("unknown variant `stopped`"), "{error}");
        let error = found("no JSON").unwrap_err();
        assert!(error.contains("expected ident at line 1"), "{error}");
    }
}
