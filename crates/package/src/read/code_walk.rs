//! Walks through `code.tar.gz` while it is read from the package.

use std::io::{self, Read};

use super::{VisitError, Visited, Visitor, package_error, package_failure};
use crate::archive::Member;
use crate::archive::fault::{Failure, TarFault};
use crate::code::{self, CodeEntry, CodeFault};
use crate::header::GzipHeader;
use crate::layer::{self, Cause};
use crate::limits::{Layer, Limits, Tally};

/// The result of the walk. A fault is recorded and not returned at once, because a peer checks the metadata first.
#[derive(Debug, Default)]
pub(super) struct CodeWalk {
    entries: Vec<CodeEntry>,
    pub(super) gzip: GzipHeader,
    pub(super) fault: Option<CodeFault>,
}

/// The reason why the walk ends early.
enum Stop<E> {
    /// The stream of the code, or a lower layer, failed.
    Cause(Cause),
    /// The archive of the code is faulty.
    Tar(TarFault),
    Visitor(E),
}

impl<E> From<Failure> for Stop<E> {
    fn from(failure: Failure) -> Self {
        match failure {
            Failure::Tar(fault) => Self::Tar(fault),
            Failure::Io(error) => Self::Cause(Cause::of(error)),
        }
    }
}

impl CodeWalk {
    /// Walks by the rules of unpacking and calls the visitor with each entry.
    pub(super) fn unpack<E>(
        package: impl Read,
        limits: &Limits,
        visitor: &mut Visitor<'_, E>,
    ) -> Result<Self, VisitError<E>> {
        let mut walk = Self::default();
        let result = walk.members(package, limits, |walk, member, content| {
            if walk.fault.is_some() {
                return Ok(());
            }
            match CodeEntry::of(member) {
                Ok(entry) => {
                    visit(Visited::Code(&entry), content, visitor)?;
                    walk.entries.push(entry);
                }
                Err(fault) => walk.fault = Some(fault),
            }
            Ok(())
        });
        walk.settle(result)
    }

    /// Checks only that the archive can be read to its end.
    pub(super) fn check<E>(package: impl Read, limits: &Limits) -> Result<Self, VisitError<E>> {
        let mut walk = Self::default();
        let result = walk.members(package, limits, |_, _, _| Ok(()));
        walk.settle(result)
    }

    /// Returns the entries if a peer can unpack them.
    pub(super) fn finish(self) -> Result<Vec<CodeEntry>, CodeFault> {
        if let Some(fault) = self.fault {
            return Err(fault);
        }
        match code::conflict(&self.entries) {
            Some(path) => Err(CodeFault::Conflict { path: path.to_owned() }),
            None => Ok(self.entries),
        }
    }

    fn members<E>(
        &mut self,
        package: impl Read,
        limits: &Limits,
        mut each: impl FnMut(&mut Self, &Member, &mut dyn Read) -> Result<(), Stop<E>>,
    ) -> Result<(), Stop<E>> {
        let (gzip, mut archive) = layer::open(package, Layer::Code, limits).map_err(Stop::Cause)?;
        self.gzip = gzip;
        let mut tally = Tally::new(Layer::Code, limits);
        while let Some(member) = archive.next()? {
            tally.admit(&member).map_err(|limit| Stop::Cause(Cause::Limit(limit)))?;
            each(self, &member, &mut archive)?;
        }
        Ok(())
    }

    /// Records a fault of the code, and returns any other failure.
    fn settle<E>(mut self, result: Result<(), Stop<E>>) -> Result<Self, VisitError<E>> {
        let fault = match result {
            Ok(()) => return Ok(self),
            Err(Stop::Visitor(error)) => return Err(VisitError::Visitor(error)),
            Err(Stop::Tar(fault)) => fault.into(),
            Err(Stop::Cause(Cause::Gzip(fault))) => fault.into(),
            Err(Stop::Cause(Cause::Limit(limit))) => return Err(VisitError::Read(limit.into())),
            Err(Stop::Cause(Cause::Below(error))) => {
                let name = "code.tar.gz".to_owned();
                return Err(VisitError::Read(package_error(Cause::of(error), Some(name))));
            }
        };
        // A peer reads the whole archive before it unpacks the first entry.
        self.fault = Some(CodeFault::Archive(fault));
        Ok(self)
    }
}

/// Calls the visitor with a file of the outer archive that a peer ignores.
pub(super) fn visit_ignored<E>(
    member: &Member,
    content: &mut dyn Read,
    name: &str,
    visitor: &mut Visitor<'_, E>,
) -> Result<(), VisitError<E>> {
    let mut content = Content { inner: content, failure: None };
    let result = visitor(Visited::Ignored(member), &mut content);
    match content.failure {
        Some(failure) => Err(package_failure(Failure::Io(failure), Some(name.to_owned())).into()),
        None => result.map_err(VisitError::Visitor),
    }
}

/// Calls the visitor, and distinguishes its own failure from a failure of the content.
fn visit<E>(
    visited: Visited<'_>,
    content: &mut dyn Read,
    visitor: &mut Visitor<'_, E>,
) -> Result<(), Stop<E>> {
    let mut content = Content { inner: content, failure: None };
    let result = visitor(visited, &mut content);
    match content.failure {
        Some(failure) => Err(Stop::Cause(Cause::of(failure))),
        None => result.map_err(Stop::Visitor),
    }
}

/// A reader that records why reading failed.
struct Content<'a> {
    inner: &'a mut dyn Read,
    failure: Option<io::Error>,
}

impl Read for Content<'_> {
    fn read(&mut self, buffer: &mut [u8]) -> io::Result<usize> {
        self.inner.read(buffer).map_err(|error| {
            if error.kind() == io::ErrorKind::Interrupted {
                return error;
            }
            self.failure = Some(error);
            // Never shown: the caller of the visitor reports the recorded failure.
            io::Error::other("the package cannot be read")
        })
    }
}
