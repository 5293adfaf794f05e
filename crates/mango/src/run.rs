//! Runs a query on the states of a namespace.

use serde_json::Value;

use crate::bookmark::{self, Bookmark};
use crate::document::Document;
use crate::error::QueryError;
use crate::query::Query;

/// Result of a query.
#[derive(Debug, Clone, PartialEq)]
pub struct Row {
    /// Key of the state.
    pub key: String,
    /// Stored bytes; with `fields`, the encoded reduced object.
    pub value: Vec<u8>,
    sort_values: Vec<Value>,
}

/// Page of results.
#[derive(Debug, Clone, PartialEq)]
pub struct Page {
    /// Results, at most the requested number.
    pub rows: Vec<Row>,
    /// Bookmark of the next page. It is never empty: as with CouchDB, only a page without results is the end.
    pub bookmark: String,
}

impl Query {
    /// Returns the results after a bookmark, or all if it is empty.
    ///
    /// The documents must be sorted by the bytes of their keys. Without `sort`, documents are read only as far as the
    /// results are consumed. With `sort`, the first result reads all of them. An error from the documents is passed
    /// on, and ends the results.
    pub fn run<'a, I, E>(
        &'a self,
        documents: I,
        bookmark: &str,
    ) -> Result<Box<dyn Iterator<Item = Result<Row, E>> + 'a>, QueryError>
    where
        I: IntoIterator<Item = Result<(String, Vec<u8>), E>>,
        I::IntoIter: 'a,
        E: 'a,
    {
        let start = self.start(bookmark)?;
        let skip = usize::try_from(self.skip()).unwrap_or(usize::MAX);
        let found = documents.into_iter().filter_map(move |document| match document {
            Ok((key, value)) => self.find(key, value, start.as_ref()).map(Ok),
            Err(error) => Some(Err(error)),
        });
        Ok(if self.is_sorted() {
            Box::new(SkipOk { rows: self.sorted(found), skip })
        } else {
            Box::new(SkipOk { rows: UntilError { rows: found, failed: false }, skip })
        })
    }

    /// Returns one page of the results.
    pub fn page<I, E>(&self, documents: I, size: usize, bookmark: &str) -> Result<Page, E>
    where
        I: IntoIterator<Item = Result<(String, Vec<u8>), E>>,
        E: From<QueryError>,
    {
        let rows = self.run(documents, bookmark)?.take(size).collect::<Result<Vec<_>, _>>()?;
        let bookmark = match rows.last() {
            Some(last) => self.bookmark_after(last),
            None if bookmark.is_empty() => bookmark::NONE.to_owned(),
            None => bookmark.to_owned(),
        };
        Ok(Page { rows, bookmark })
    }

    /// Returns the bookmark of a page that ends with this result.
    #[must_use]
    pub fn bookmark_after(&self, row: &Row) -> String {
        self.write_bookmark(&row.sort_values, &row.key)
    }

    /// Returns the key after which the results of a bookmark continue, so that a caller can skip everything before
    /// it; `None` for all keys, which a query with `sort` always needs.
    pub fn resume_after(&self, bookmark: &str) -> Result<Option<String>, QueryError> {
        let start = self.start(bookmark)?;
        Ok(start.filter(|_| !self.is_sorted()).map(|start| start.key))
    }

    fn find(&self, key: String, value: Vec<u8>, start: Option<&Bookmark>) -> Option<Row> {
        let document = Document::read(key, &value)?;
        if !self.matches(&document) {
            return None;
        }
        let sort_values = self.sort_values(&document)?;
        let is_after = start.is_none_or(|start| {
            self.compare_values((&sort_values, document.key()), (&start.values, &start.key)).is_gt()
        });
        if !is_after {
            return None;
        }
        let value = match self.project(&document) {
            Some(shown) => Value::Object(shown).to_string().into_bytes(),
            None => value,
        };
        Some(Row { key: document.key().to_owned(), value, sort_values })
    }

    fn sorted<'a, E: 'a>(
        &'a self,
        rows: impl Iterator<Item = Result<Row, E>> + 'a,
    ) -> impl Iterator<Item = Result<Row, E>> + 'a {
        let mut rows = Some(rows);
        let mut sorted = Vec::new().into_iter();
        std::iter::from_fn(move || {
            if let Some(rows) = rows.take() {
                match rows.collect::<Result<Vec<Row>, E>>() {
                    Ok(mut rows) => {
                        rows.sort_by(|a, b| {
                            self.compare_values((&a.sort_values, &a.key), (&b.sort_values, &b.key))
                        });
                        sorted = rows.into_iter();
                    }
                    Err(error) => return Some(Err(error)),
                }
            }
            sorted.next().map(Ok)
        })
    }
}

/// Iterator that ends after an error.
struct UntilError<I> {
    rows: I,
    failed: bool,
}

impl<I: Iterator<Item = Result<Row, E>>, E> Iterator for UntilError<I> {
    type Item = Result<Row, E>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.failed {
            return None;
        }
        let row = self.rows.next()?;
        self.failed = row.is_err();
        Some(row)
    }
}

/// Iterator that skips the first results, but no errors among them.
struct SkipOk<I> {
    rows: I,
    skip: usize,
}

impl<I: Iterator<Item = Result<Row, E>>, E> Iterator for SkipOk<I> {
    type Item = Result<Row, E>;

    fn next(&mut self) -> Option<Self::Item> {
        loop {
            let row = self.rows.next()?;
            if row.is_ok() && self.skip > 0 {
                self.skip -= 1;
            } else {
                return Some(row);
            }
        }
    }
}
