//! Parses the files of a crate by following its `mod` lines. Skips code that is compiled only for tests and fuzz
//! targets.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, anyhow, bail};
use proc_macro2::{TokenStream, TokenTree};
use syn::spanned::Spanned as _;
use syn::visit::{self, Visit};
use syn::{Attribute, ImplItem, Item, ItemMod, ItemUse, Meta, UseTree, Visibility};

use crate::modules::{Binding, Mention, Modules, Words};
use crate::workspace::Member;

/// The product code of a crate.
pub(crate) struct Sources {
    /// Its library and its programs.
    pub(crate) targets: Vec<Target>,
}

/// A library or a program.
pub(crate) struct Target {
    /// Its files.
    pub(crate) files: Vec<SourceFile>,
    /// Its modules.
    pub(crate) modules: Modules,
}

/// A file.
pub(crate) struct SourceFile {
    /// Its path.
    pub(crate) path: PathBuf,
    /// The number of lines that are not part of a test.
    pub(crate) lines: usize,
}

impl Sources {
    /// Reads a crate.
    pub(crate) fn read(member: &Member) -> Result<Self> {
        Ok(Self { targets: member.roots.iter().map(|root| Target::read(root)).collect::<Result<_>>()? })
    }

    /// Returns the number of files.
    pub(crate) fn files(&self) -> usize {
        self.each_file().count()
    }

    /// Returns the number of product lines.
    pub(crate) fn lines(&self) -> usize {
        self.each_file().map(|(_, lines)| lines).sum()
    }

    /// Iterates over the files, each once, even if several programs use it.
    fn each_file(&self) -> impl Iterator<Item = (&Path, usize)> {
        let files: BTreeSet<_> = (self.targets.iter().flat_map(|target| &target.files))
            .map(|file| (file.path.as_path(), file.lines))
            .collect();
        files.into_iter()
    }
}

impl Target {
    fn read(root: &Path) -> Result<Self> {
        let mut target = Self { files: Vec::new(), modules: Modules::default() };
        let folder = root.parent().unwrap_or(root).to_path_buf();
        target.read_file("crate", None, root, folder)?;
        Ok(target)
    }

    /// Reads a file, which is one module, and the files of its child modules.
    fn read_file(&mut self, name: &str, parent: Option<usize>, path: &Path, folder: PathBuf) -> Result<()> {
        let text = fs::read_to_string(path).with_context(|| format!("cannot read {}", path.display()))?;
        let syntax = syn::parse_file(&text).map_err(|error| {
            anyhow!("cannot parse {}:{}: {error}", path.display(), error.span().start().line)
        })?;
        let position = self.files.len();
        self.files.push(SourceFile { path: path.to_path_buf(), lines: 0 });
        let module = self.modules.add(name, position, parent);
        let mut reader = Reader {
            modules: &mut self.modules,
            file: position,
            module,
            folder,
            below: Vec::new(),
            test_lines: 0,
        };
        reader.visit_file(&syntax);
        let (below, test_lines) = (reader.below, reader.test_lines);
        self.files[position].lines = text.lines().count().saturating_sub(test_lines);
        for Below { name, parent, folder, path } in below {
            let candidates = match path {
                Some(path) => vec![(self.files[position].path.with_file_name(path), folder)],
                None => vec![
                    (folder.join(format!("{name}.rs")), folder.join(&name)),
                    (folder.join(&name).join("mod.rs"), folder.join(&name)),
                ],
            };
            let Some((path, folder)) = candidates.into_iter().find(|(path, _)| path.is_file()) else {
                bail!(
                    "{} declares the module {name}, and has no file for it",
                    self.files[position].path.display()
                );
            };
            self.read_file(&name, Some(parent), &path, folder)?;
        }
        Ok(())
    }
}

/// A module in a file of its own that is not read yet.
struct Below {
    name: String,
    parent: usize,
    /// The folder of its file, unless `#[path]` overrides it.
    folder: PathBuf,
    path: Option<String>,
}

/// A walk through one file.
struct Reader<'a> {
    modules: &'a mut Modules,
    file: usize,
    /// The current module.
    module: usize,
    /// The folder for the files of child modules.
    folder: PathBuf,
    below: Vec<Below>,
    test_lines: usize,
}

impl Reader<'_> {
    fn mention(&mut self, words: Words, line: usize) {
        self.modules.0[self.module].mentions.push(Mention { words, line });
    }

    /// Binds the names of a `use` line, and counts it as a use unless it is a re-export.
    fn import(&mut self, tree: &UseTree, before: &Words, is_passed_on: bool) {
        let (name, path) = match tree {
            UseTree::Path(path) => {
                let before = [before.clone(), vec![path.ident.to_string()]].concat();
                return self.import(&path.tree, &before, is_passed_on);
            }
            UseTree::Group(group) => {
                for tree in &group.items {
                    self.import(tree, before, is_passed_on);
                }
                return;
            }
            UseTree::Glob(glob) => {
                self.modules.0[self.module].globs.push(before.clone());
                if !is_passed_on {
                    self.mention([before.clone(), vec!["*".to_owned()]].concat(), glob.span().start().line);
                }
                return;
            }
            UseTree::Name(name) if name.ident == "self" => (before.last().cloned(), before.clone()),
            UseTree::Name(name) => {
                (Some(name.ident.to_string()), [before.clone(), vec![name.ident.to_string()]].concat())
            }
            UseTree::Rename(rename) => {
                let mut path = before.clone();
                if rename.ident != "self" {
                    path.push(rename.ident.to_string());
                }
                (Some(rename.rename.to_string()), path)
            }
        };
        if let Some(name) = name {
            self.modules.bind(self.module, &name, Binding::Import(path.clone()));
        }
        if !is_passed_on {
            self.mention(path, tree.span().start().line);
        }
    }

    /// Finds paths in the tokens of a macro or an attribute, which syn does not parse.
    fn tokens(&mut self, tokens: TokenStream) {
        let mut words: Words = Vec::new();
        let (mut line, mut colons) = (0, 0);
        for token in tokens {
            match token {
                TokenTree::Ident(word) => {
                    if colons != 2 {
                        self.end_of_path(&mut words, line);
                        line = word.span().start().line;
                    }
                    words.push(word.to_string());
                    colons = 0;
                }
                TokenTree::Punct(punct) if punct.as_char() == ':' => colons += 1,
                other => {
                    self.end_of_path(&mut words, line);
                    colons = 0;
                    match other {
                        TokenTree::Group(group) => self.tokens(group.stream()),
                        TokenTree::Literal(literal) => self.path_in_text(&literal),
                        _ => {}
                    }
                }
            }
        }
        self.end_of_path(&mut words, line);
    }

    fn end_of_path(&mut self, words: &mut Words, line: usize) {
        let words = std::mem::take(words);
        if words.len() > 1 {
            self.mention(words, line);
        }
    }

    /// Parses the path in a text such as that of `#[serde(with = "super::hex")]`.
    fn path_in_text(&mut self, literal: &proc_macro2::Literal) {
        let text = syn::parse_str::<syn::LitStr>(&literal.to_string());
        if let Some(path) = text.ok().and_then(|text| text.parse::<syn::Path>().ok())
            && path.segments.len() > 1
        {
            self.mention(words(&path), literal.span().start().line);
        }
    }

    fn declares(&mut self, name: &syn::Ident) {
        self.modules.bind(self.module, &name.to_string(), Binding::Declared);
    }
}

impl<'ast> Visit<'ast> for Reader<'_> {
    fn visit_item(&mut self, item: &'ast Item) {
        if is_only_for_tests(attributes(item)) {
            let span = item.span();
            let first = attributes(item).first().map_or(span, syn::spanned::Spanned::span);
            self.test_lines += span.end().line + 1 - first.start().line;
            return;
        }
        match item {
            Item::Const(it) => self.declares(&it.ident),
            Item::Enum(it) => self.declares(&it.ident),
            Item::Fn(it) => self.declares(&it.sig.ident),
            Item::Static(it) => self.declares(&it.ident),
            Item::Struct(it) => self.declares(&it.ident),
            Item::Trait(it) => self.declares(&it.ident),
            Item::TraitAlias(it) => self.declares(&it.ident),
            Item::Type(it) => self.declares(&it.ident),
            Item::Union(it) => self.declares(&it.ident),
            Item::Macro(it) => {
                if let Some(name) = &it.ident {
                    self.declares(name);
                }
            }
            _ => {}
        }
        visit::visit_item(self, item);
    }

    fn visit_impl_item(&mut self, item: &'ast ImplItem) {
        let attributes = match item {
            ImplItem::Const(it) => &it.attrs,
            ImplItem::Fn(it) => &it.attrs,
            ImplItem::Type(it) => &it.attrs,
            _ => return visit::visit_impl_item(self, item),
        };
        if !is_only_for_tests(attributes) {
            visit::visit_impl_item(self, item);
        }
    }

    fn visit_item_mod(&mut self, item: &'ast ItemMod) {
        let name = item.ident.to_string();
        let Some((_, items)) = &item.content else {
            let path = item.attrs.iter().find_map(path_attribute);
            self.below.push(Below { name, parent: self.module, folder: self.folder.clone(), path });
            return;
        };
        let inside = self.modules.add(&name, self.file, Some(self.module));
        let around = std::mem::replace(&mut self.module, inside);
        self.folder.push(&name);
        for item in items {
            self.visit_item(item);
        }
        self.folder.pop();
        self.module = around;
    }

    fn visit_item_use(&mut self, item: &'ast ItemUse) {
        if item.leading_colon.is_none() {
            self.import(&item.tree, &Vec::new(), !matches!(item.vis, Visibility::Inherited));
        }
    }

    fn visit_path(&mut self, path: &'ast syn::Path) {
        if path.leading_colon.is_none() {
            self.mention(words(path), path.span().start().line);
        }
        visit::visit_path(self, path);
    }

    fn visit_macro(&mut self, call: &'ast syn::Macro) {
        self.tokens(call.tokens.clone());
        visit::visit_macro(self, call);
    }

    fn visit_attribute(&mut self, attribute: &'ast Attribute) {
        if let Meta::List(list) = &attribute.meta {
            self.tokens(list.tokens.clone());
        }
    }
}

fn words(path: &syn::Path) -> Words {
    path.segments.iter().map(|segment| segment.ident.to_string()).collect()
}

fn attributes(item: &Item) -> &[Attribute] {
    match item {
        Item::Const(it) => &it.attrs,
        Item::Enum(it) => &it.attrs,
        Item::Fn(it) => &it.attrs,
        Item::Impl(it) => &it.attrs,
        Item::Macro(it) => &it.attrs,
        Item::Mod(it) => &it.attrs,
        Item::Static(it) => &it.attrs,
        Item::Struct(it) => &it.attrs,
        Item::Trait(it) => &it.attrs,
        Item::Type(it) => &it.attrs,
        Item::Use(it) => &it.attrs,
        _ => &[],
    }
}

/// Parses `#[path = "FILE"]`.
fn path_attribute(attribute: &Attribute) -> Option<String> {
    match &attribute.meta {
        Meta::NameValue(pair) if pair.path.is_ident("path") => match &pair.value {
            syn::Expr::Lit(syn::ExprLit { lit: syn::Lit::Str(text), .. }) => Some(text.value()),
            _ => None,
        },
        _ => None,
    }
}

/// Returns whether code with these attributes is compiled only for tests: `cfg(test)`, `cfg(any(test, fuzzing))` and
/// the like.
fn is_only_for_tests(attributes: &[Attribute]) -> bool {
    let conditions = attributes.iter().filter(|attribute| attribute.path().is_ident("cfg"));
    conditions
        .filter_map(|attribute| attribute.parse_args::<Meta>().ok())
        .any(|condition| !Possible::of(&condition).holds)
}

/// Whether a condition can be true in a product, and whether it can be false.
#[derive(Clone, Copy)]
struct Possible {
    holds: bool,
    fails: bool,
}

impl Possible {
    fn of(condition: &Meta) -> Self {
        let Meta::List(list) = condition else {
            let is_test = ["test", "fuzzing"].iter().any(|name| condition.path().is_ident(name));
            return Self { holds: !is_test, fails: true };
        };
        let inner =
            list.parse_args_with(syn::punctuated::Punctuated::<Meta, syn::Token![,]>::parse_terminated);
        let inner: Vec<Self> = inner.iter().flatten().map(Self::of).collect();
        match list.path.get_ident().map(ToString::to_string).as_deref() {
            Some("not") => inner.first().map_or(Self::EITHER, |it| Self { holds: it.fails, fails: it.holds }),
            Some("all") => {
                Self { holds: inner.iter().all(|it| it.holds), fails: inner.iter().any(|it| it.fails) }
            }
            Some("any") => {
                Self { holds: inner.iter().any(|it| it.holds), fails: inner.iter().all(|it| it.fails) }
            }
            _ => Self::EITHER,
        }
    }

    const EITHER: Self = Self { holds: true, fails: true };
}
