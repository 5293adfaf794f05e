//! The modules of a library or a program, with their names, and the resolution of paths to files.

use std::collections::BTreeMap;

/// The words of a path, such as `crate`, `tally`, `Tally`.
pub(crate) type Words = Vec<String>;

/// A module, in its own file or inline.
pub(crate) struct Module {
    /// The index of its file.
    pub(crate) file: usize,
    /// Its parent module; none for the root.
    pub(crate) parent: Option<usize>,
    /// The meanings of its names. A name can refer to both a module and a function.
    pub(crate) names: BTreeMap<String, Vec<Binding>>,
    /// Modules and enums from which it imports all names.
    pub(crate) globs: Vec<Words>,
    /// The paths in its product code.
    pub(crate) mentions: Vec<Mention>,
}

/// A meaning of a name.
#[derive(Clone)]
pub(crate) enum Binding {
    /// An item declared in the module.
    Declared,
    /// A child module.
    Module(usize),
    /// The target of this path.
    Import(Words),
}

/// A path in the code.
pub(crate) struct Mention {
    /// Its words.
    pub(crate) words: Words,
    /// The line.
    pub(crate) line: usize,
}

/// The target of a path.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Place {
    /// An item that this file declares.
    Item(usize),
    /// A module.
    Module(usize),
}

/// All modules; the root is the first.
#[derive(Default)]
pub(crate) struct Modules(pub(crate) Vec<Module>);

/// A limit longer than any chain of re-exports, for imports that refer to themselves.
const LONGEST_WAY: usize = 32;

impl Modules {
    /// Adds a module and binds its name in its parent.
    pub(crate) fn add(&mut self, name: &str, file: usize, parent: Option<usize>) -> usize {
        let position = self.0.len();
        self.0.push(Module { file, parent, names: BTreeMap::new(), globs: Vec::new(), mentions: Vec::new() });
        if let Some(parent) = parent {
            self.bind(parent, name, Binding::Module(position));
        }
        position
    }

    /// Adds a meaning to a name of a module.
    pub(crate) fn bind(&mut self, module: usize, name: &str, binding: Binding) {
        self.0[module].names.entry(name.to_owned()).or_default().push(binding);
    }

    /// Returns whether a file is that of a module that contains this one.
    pub(crate) fn is_around(&self, file: usize, module: usize) -> bool {
        let around = std::iter::successors(Some(module), |module| self.0[*module].parent);
        around.into_iter().any(|module| self.0[module].file == file)
    }

    /// Resolves a path in a module; returns nothing for other crates, the language and local names.
    pub(crate) fn resolve(&self, module: usize, words: &[String]) -> Option<Place> {
        self.from(module, words, LONGEST_WAY)
    }

    fn from(&self, module: usize, words: &[String], steps: usize) -> Option<Place> {
        let (first, rest) = words.split_first()?;
        let start = match first.as_str() {
            "crate" => Some(0),
            "self" => Some(module),
            "super" => self.0[module].parent,
            // A name alone matches only if this module has it.
            _ => return self.below(module, words, steps, false),
        };
        match rest.first().map(String::as_str) {
            Some("super") => self.from(start?, rest, steps),
            _ => self.below(start?, rest, steps, true),
        }
    }

    /// Resolves words downwards from a module.
    fn below(&self, module: usize, words: &[String], steps: usize, is_member: bool) -> Option<Place> {
        let steps = steps.checked_sub(1)?;
        let Some((name, rest)) = words.split_first() else { return Some(Place::Module(module)) };
        let bindings = self.0[module].names.get(name).map_or(&[][..], Vec::as_slice);
        let mut places: Vec<Place> =
            bindings.iter().filter_map(|binding| self.follow(module, binding, rest, steps)).collect();
        // `compare::compare` is the function: an item takes precedence over the module with its name.
        places.sort_by_key(|place| matches!(place, Place::Module(_)));
        if !bindings.is_empty() {
            return places.first().copied();
        }
        let globs = self.0[module].globs.iter();
        let taken = globs.filter_map(|glob| match self.from(module, glob, steps)? {
            Place::Module(other) if other != module && self.0[other].names.contains_key(name) => {
                self.below(other, words, steps, true)
            }
            _ => None,
        });
        // The name comes from a macro or is a variant, so it is in the module's own file.
        taken.into_iter().next().or(is_member.then_some(Place::Item(self.0[module].file)))
    }

    fn follow(&self, module: usize, binding: &Binding, rest: &[String], steps: usize) -> Option<Place> {
        match binding {
            Binding::Declared => Some(Place::Item(self.0[module].file)),
            Binding::Module(below) => self.below(*below, rest, steps, true),
            Binding::Import(path) => {
                // The name's own import is skipped while it is resolved: `use ring::digest; use digest::Digest;`.
                let way = [path, rest].concat();
                if way.first() == path.last() && path.len() == 1 {
                    None
                } else {
                    self.from(module, &way, steps)
                }
            }
        }
    }
}
